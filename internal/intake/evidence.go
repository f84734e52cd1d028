package intake

import (
	"slices"
	"strconv"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// programme is what the shop's programme says about a set of orders.
type programme struct {
	codes       map[string][]store.CodeSpan
	refs        map[string][]store.LinkRef
	clicks      map[[16]byte]store.ClickRef
	evidence    map[int64][]store.EvidenceRow
	sessions    map[int64][]attribution.Session // live, by agreement
	owners      map[int64]int64                 // agreement → influencer
	agreements  map[int64][]attribution.Agreement
	versions    map[int64]*attribution.Agreement // by version id
	influencers map[int64]attribution.Influencer
}

// loadProgramme reads everything about the programme that the evidence on
// these orders can point at.
func (w *work) loadProgramme(list []*entry) error {
	p := &w.prog
	codes, names := set{}, set{}
	var clicks [][16]byte
	versions := map[int64]bool{}
	var ids []int64
	for _, e := range list {
		ids = append(ids, e.o.ID)
		for _, c := range e.o.Snapshot.Codes {
			codes.add(c.Text)
		}
		for _, c := range e.o.Snapshot.Claims {
			if id, _, ours := w.s.clicks.Open(w.tx.ShopID, c.Value); ours {
				clicks = append(clicks, id)
			} else if c.Kind != order.ClaimClick {
				names.add(c.Value)
			}
		}
		for _, past := range w.past[customerKey(e.o)] {
			if past.VersionID != 0 {
				versions[past.VersionID] = true
			}
		}
		for _, er := range e.earnings { // what was earned before stays explainable
			versions[er.VersionID] = true
		}
	}
	agreements := map[int64]bool{}

	spans, err := w.tx.CodeSpans(w.ctx, codes.list())
	if err != nil {
		return err
	}
	p.codes = map[string][]store.CodeSpan{}
	for _, c := range spans {
		p.codes[c.Code] = append(p.codes[c.Code], c)
		agreements[c.AgreementID] = true
	}
	refs, err := w.tx.LinkRefs(w.ctx, names.list())
	if err != nil {
		return err
	}
	p.refs = map[string][]store.LinkRef{}
	for _, r := range refs {
		p.refs[r.Name] = append(p.refs[r.Name], r)
		agreements[r.AgreementID] = true
	}
	if p.clicks, err = w.tx.ClickRefs(w.ctx, clicks); err != nil {
		return err
	}
	for _, c := range p.clicks {
		agreements[c.AgreementID] = true
	}
	extra, err := w.tx.EvidenceOf(w.ctx, ids)
	if err != nil {
		return err
	}
	p.evidence = map[int64][]store.EvidenceRow{}
	for _, x := range extra {
		p.evidence[x.OrderID] = append(p.evidence[x.OrderID], x)
		agreements[x.AgreementID] = true
	}
	if err := w.loadSessions(list, keysOf(agreements), codes.list()); err != nil {
		return err
	}
	if len(versions) > 0 {
		list, err := w.tx.AgreementsOfVersions(w.ctx, keysOf(versions))
		if err != nil {
			return err
		}
		for _, a := range list {
			agreements[a] = true
		}
	}
	return w.loadAgreements(keysOf(agreements))
}

// loadSessions loads the live sessions that the orders can belong to.
func (w *work) loadSessions(list []*entry, agreements []int64, codes []string) error {
	var from, to time.Time
	for _, e := range list {
		at := e.o.Snapshot.CreatedAt
		if from.IsZero() || at.Before(from) {
			from = at
		}
		if at.After(to) {
			to = at
		}
	}
	found, err := w.tx.SessionsForAttribution(w.ctx, agreements, codes, from, to)
	w.prog.sessions = map[int64][]attribution.Session{}
	for _, s := range found {
		w.prog.sessions[s.AgreementID] = append(w.prog.sessions[s.AgreementID], s)
	}
	return err
}

// liveSessions is those of the agreements that have a touch.
func (w *work) liveSessions(touches []attribution.Touch) (out []attribution.Session) {
	if len(w.prog.sessions) == 0 {
		return nil
	}
	seen := map[int64]bool{}
	for i := range touches {
		if a := touches[i].AgreementID; !seen[a] {
			seen[a] = true
			out = append(out, w.prog.sessions[a]...)
		}
	}
	return out
}

func (w *work) loadAgreements(ids []int64) (err error) {
	p := &w.prog
	p.agreements, p.versions, p.influencers = map[int64][]attribution.Agreement{}, map[int64]*attribution.Agreement{}, map[int64]attribution.Influencer{}
	if p.owners, err = w.tx.AgreementOwners(w.ctx, ids); err != nil || len(ids) == 0 {
		return err
	}
	versions, err := w.s.terms.Versions(w.ctx, w.tx, ids)
	if err != nil {
		return err
	}
	for _, v := range versions {
		p.agreements[v.ID] = append(p.agreements[v.ID], v)
	}
	for _, vs := range p.agreements {
		for i := range vs {
			p.versions[vs[i].VersionID] = &vs[i]
		}
	}
	people := map[int64]bool{}
	for _, i := range p.owners {
		people[i] = true
	}
	signals, err := w.tx.InfluencersForAttribution(w.ctx, keysOf(people))
	if err != nil {
		return err
	}
	for _, s := range signals {
		inf := attribution.Influencer{ID: s.ID, BannedAt: s.BannedAt, CustomerID: s.CustomerID, AddressHash: s.AddressHash}
		if s.EmailHash != "" {
			inf.EmailHashes = []string{s.EmailHash}
		}
		if s.PhoneHash != "" {
			inf.PhoneHashes = []string{s.PhoneHash}
		}
		for i := range s.ActiveFrom {
			inf.Active = append(inf.Active, attribution.Span{From: s.ActiveFrom[i], To: s.ActiveTo[i]})
		}
		p.influencers[s.ID] = inf
	}
	return nil
}

// evidence gathers all that speaks for somebody about one order.
func (w *work) evidence(e *entry) attribution.Input {
	p, sn := &w.prog, &e.o.Snapshot
	in := attribution.Input{Order: e.o, Influencers: p.influencers, Agreements: p.agreements, Zone: w.shop.Zone}
	add := func(t attribution.Touch) {
		t.InfluencerID = p.owners[t.AgreementID]
		in.Touches = append(in.Touches, t)
	}
	for _, c := range sn.Codes {
		for _, span := range p.codes[c.Text] { // the mapping when the order was created
			if !sn.CreatedAt.Before(span.From) && (span.To.IsZero() || sn.CreatedAt.Before(span.To)) {
				add(attribution.Touch{ID: "code:" + c.Text, Kind: attribution.CodeUse, AgreementID: span.AgreementID, Code: c.Text, At: sn.CreatedAt})
			}
		}
	}
	touches, flags, awaits := w.clickTouches(sn.Claims)
	in.Flags, e.awaits = flags, awaits
	known := map[int64]bool{} // influencers of whom we have a click: a name in an address says nothing more
	for _, t := range touches {
		add(t)
		known[p.owners[t.AgreementID]] = true
	}
	seen := map[string]bool{}
	for _, c := range timedFirst(sn.Claims) {
		if c.Kind == order.ClaimClick {
			continue
		}
		// A name in the order's address is a claim: its time is the store's,
		// or the order's own when the store gives none. Of one name with a time
		// and without, the time is what is known.
		at := c.At
		if at.IsZero() {
			at = sn.CreatedAt
		}
		for _, r := range w.liveRefs(c.Value, at) {
			id := "claim:" + c.Value
			if len(p.refs[c.Value]) > 1 {
				id += ":" + strconv.FormatInt(r.AgreementID, 10)
			}
			if seen[id] || known[p.owners[r.AgreementID]] {
				continue
			}
			seen[id] = true
			add(attribution.Touch{ID: id, Kind: attribution.Click, AgreementID: r.AgreementID, LinkID: r.LinkID, At: at, TimeClaimed: true})
		}
	}
	for _, x := range p.evidence[e.o.ID] {
		add(attribution.Touch{ID: "evidence:" + strconv.FormatInt(x.ID, 10), Kind: attribution.Kind(x.Kind), AgreementID: x.AgreementID, LinkID: x.LinkID, At: x.At})
	}
	in.Touches = attribution.InSessions(in.Touches, w.liveSessions(in.Touches), sn.CreatedAt)
	for _, c := range w.past[customerKey(e.o)] {
		if !before(c.CreatedAt, c.ID, sn.CreatedAt, e.o.ID) {
			break
		}
		in.Past = append(in.Past, attribution.PastOrder{OrderID: c.ID, CreatedAt: c.CreatedAt, Paid: order.Payment(c.Payment) == order.PaymentPaid,
			InfluencerID: c.InfluencerID, VersionID: c.VersionID, Via: attribution.Kind(c.Via)})
	}
	return in
}

// clickTouches are the clicks and visits of ours whose signed ids came back with
// the order: they have a time of their own, not a claimed one. Ids that we did
// not sign for this shop, or know no click of, are flagged and passed over.
// Those that we signed and know no click of may still come.
func (w *work) clickTouches(claims []order.Claim) (touches []attribution.Touch, flags []string, awaits [][16]byte) {
	seen := map[[16]byte]bool{}
	for _, c := range claims {
		id, looks, ours := w.s.clicks.Open(w.tx.ShopID, c.Value)
		if c.Kind != order.ClaimClick && !looks {
			continue
		}
		k, found := w.prog.clicks[id]
		switch {
		case !ours:
			flags = append(flags, "forged_click_id")
			continue
		case !found:
			flags = append(flags, "unknown_click_id")
			awaits = append(awaits, id)
			continue
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		t := attribution.Touch{ID: "click:" + k.ID, Kind: attribution.Click, AgreementID: k.AgreementID, LinkID: k.LinkID, At: k.At, IPHash: k.IPHash}
		if k.Kind == store.ClickVisit || k.PageID != 0 { // who clicks on a page's button has visited it
			t.ID, t.Kind, t.PageID, t.Variant = "visit:"+k.ID, attribution.Visit, k.PageID, k.Variant
		}
		touches = append(touches, t)
	}
	return touches, flags, awaits
}

// timedFirst is the claims that have a time before those that have none.
func timedFirst(claims []order.Claim) []order.Claim {
	var timed, others []order.Claim
	for _, c := range claims {
		if c.At.IsZero() {
			others = append(others, c)
		} else {
			timed = append(timed, c)
		}
	}
	return append(timed, others...)
}

// liveRefs resolves a name. A handle stands for its influencer's agreements;
// of several, the first one under signed terms at that time is meant.
func (w *work) liveRefs(name string, at time.Time) []store.LinkRef {
	refs := w.prog.refs[name]
	if len(refs) < 2 {
		return refs
	}
	for i, r := range refs {
		for _, v := range w.prog.agreements[r.AgreementID] {
			if !at.Before(v.Effective.From) && (v.Effective.To.IsZero() || at.Before(v.Effective.To)) {
				return refs[i : i+1]
			}
		}
	}
	return refs[:1]
}

type set map[string]bool

func (s set) add(v string) {
	if v != "" {
		s[v] = true
	}
}

func (s set) list() []string {
	out := make([]string, 0, len(s))
	for v := range s {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

func keysOf(m map[int64]bool) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
