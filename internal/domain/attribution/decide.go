package attribution

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
)

// whole is every basis point of an order.
const whole money.Bps = 10_000

// cand is a touch on its way to a verdict.
type cand struct {
	Candidate
	version  *Agreement
	eligible bool
	late     bool
	discount int64 // what the code of a code use took off, for R-6
}

func (c *cand) rules() *terms.Attribution { return &c.version.Terms.Attribution }

func (c *cand) lose(reason, detail string) {
	c.eligible = false
	c.Reason, c.Detail = reason, detail
}

// winner is a candidate with what it takes home.
type winner struct {
	*cand
	bps   money.Bps
	lines []int64
}

// Decide says whose the order is, and why every other touch lost. It depends on
// nothing but in, and not on the order of its touches.
//
// Where candidates' agreements differ in precedence, the one counts whose
// agreement would win under code_first, the default.
func Decide(in Input) Decision {
	d := Decision{OrderID: in.Order.ID, Outcome: None, Customer: customerOf(&in)}
	cands := judgeAll(&in)
	for _, f := range in.Flags {
		d.flag(f)
	}
	if len(cands) == 0 {
		return d
	}
	field := make([]*cand, 0, len(cands))
	for _, c := range cands {
		if c.eligible {
			field = append(field, c)
		}
	}
	field = dropLate(field, &in.Order.Snapshot)
	winners := pick(field, in.Order)
	settleLosers(field, winners)

	d.Candidates = make([]Candidate, len(cands))
	for _, w := range winners {
		w.Won, w.Reason, w.Detail = true, "won", wonDetail(w)
		d.Shares = append(d.Shares, shareOf(w))
	}
	for i, c := range cands {
		d.Candidates[i] = c.Candidate
	}
	if len(winners) == 0 {
		d.Reason = "no_eligible_touch"
		return d
	}
	for i, w := range winners {
		d.Shares[i].Outcome, d.Shares[i].Reason = verdict(&in, &d, w)
	}
	d.sumUp()
	return d
}

func shareOf(w winner) Share {
	via := w.Kind
	if w.SessionID != 0 {
		via = Live
	}
	return Share{
		InfluencerID: w.InfluencerID,
		AgreementID:  w.AgreementID,
		VersionID:    w.version.VersionID,
		TermsHash:    w.version.Hash,
		Bps:          w.bps,
		Lines:        w.lines,
		Via:          via,
		TouchID:      w.ID,
		LinkID:       w.LinkID,
		PageID:       w.PageID,
		Variant:      w.Variant,
		Code:         w.Code,
		SessionID:    w.SessionID,
	}
}

// verdict says whether a winner earns, and raises the flags about it.
func verdict(in *Input, d *Decision, w winner) (Outcome, string) {
	if w.late {
		d.flag("late_touch")
	}
	if w.TimeClaimed {
		d.flag("claimed_time")
	}
	o := in.Order
	if w.IPHash != "" && w.IPHash == o.Snapshot.Customer.IPHash {
		d.flag("same_ip")
	}
	inf := in.Influencers[w.InfluencerID]
	// Unless a person, or both parties, have looked at it.
	if w.rules().SelfReferral != terms.Allow && w.Kind != Manual && selfReferral(&inf, &o.Snapshot.Customer) {
		d.flag("self_referral")
		return Denied, "self_referral"
	}
	if w.rules().Customers == terms.NewOnly && d.Customer == terms.Returning {
		return Denied, "returning_customer"
	}
	switch {
	// Banned after the order: the row stays and waits, unless the touch is a
	// person's decision taken since.
	case !inf.BannedAt.IsZero() && (w.Kind != Manual || w.At.Before(inf.BannedAt)):
		return Held, "influencer_banned"
	case w.rules().Customers == terms.NewOnly && d.Customer == "unknown":
		return Held, "unknown_customer"
	}
	return "", ""
}

// sumUp makes the outcome of the whole: held while any share waits, denied when
// no share earns.
func (d *Decision) sumUp() {
	d.Outcome = Denied
	for _, s := range d.Shares {
		switch s.Outcome {
		case Held:
			d.Outcome, d.Reason = Held, s.Reason
			return
		case Denied:
			if d.Reason == "" {
				d.Reason = s.Reason
			}
		default:
			d.Outcome = Attributed
		}
	}
	if d.Outcome == Attributed {
		d.Reason = ""
	}
}

func (d *Decision) flag(f string) {
	i, ok := slices.BinarySearch(d.Flags, f)
	if !ok {
		d.Flags = slices.Insert(d.Flags, i, f)
	}
}

// compareTouch is a total order: by time, then precedence, then id.
func compareTouch(a, b *Touch) int {
	return cmp.Or(
		a.At.Compare(b.At),
		cmp.Compare(rank(a.Kind), rank(b.Kind)),
		strings.Compare(a.ID, b.ID),
		compareRest(a, b),
	)
}

// compareRest orders accounts of one touch that differ, which they should not.
func compareRest(a, b *Touch) int {
	if *a == *b {
		return 0
	}
	return cmp.Or(
		strings.Compare(string(a.Kind), string(b.Kind)),
		cmp.Compare(a.InfluencerID, b.InfluencerID),
		cmp.Compare(a.AgreementID, b.AgreementID),
		cmp.Compare(a.LinkID, b.LinkID),
		cmp.Compare(a.SessionID, b.SessionID),
		cmp.Compare(a.PageID, b.PageID),
		strings.Compare(a.Variant, b.Variant),
		strings.Compare(a.Code, b.Code),
		strings.Compare(a.IPHash, b.IPHash),
		cmp.Compare(strconv.FormatBool(a.TimeClaimed), strconv.FormatBool(b.TimeClaimed)),
	)
}

// customerOf is new, returning or unknown: by the store's own count, or
// by any earlier paid order of the same customer that we know.
func customerOf(in *Input) string {
	c := &in.Order.Snapshot.Customer
	if c.OrderIndex > 1 {
		return terms.Returning
	}
	for i := range in.Past {
		if in.Past[i].Paid && before(&in.Past[i], in) {
			return terms.Returning
		}
	}
	if c.OrderIndex == 1 || c.ID != 0 || c.EmailHash != "" || c.PhoneHash != "" {
		return terms.New
	}
	return "unknown"
}

// before tells whether p is really earlier than the order in hand.
func before(p *PastOrder, in *Input) bool {
	at := in.Order.Snapshot.CreatedAt
	return p.CreatedAt.Before(at) || p.CreatedAt.Equal(at) && p.OrderID < in.Order.ID
}

func (s Span) holds(at time.Time) bool {
	return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
}
