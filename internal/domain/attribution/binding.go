package attribution

import (
	"strconv"
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
)

// bond is a customer bound to an influencer by an earlier order.
type bond struct {
	past    *PastOrder
	version *Agreement
	until   time.Time // zero: for life
}

func (b *bond) holds(at time.Time) bool { return b.until.IsZero() || !at.After(b.until) }

// bindingOf is the touch the customer's binding makes: the first paid,
// attributed order under terms with a binding binds. Another influencer's
// explicit touch takes its own order only, unless the bond says rebind_on_touch;
// after a bond has run out the next attributed order may bind anew.
func bindingOf(in *Input) (cand, bool) {
	var b *bond
	for i := range in.Past {
		p := &in.Past[i]
		if p.InfluencerID == 0 || !p.Paid || !before(p, in) {
			continue
		}
		if b != nil && b.holds(p.CreatedAt) {
			rebinds := b.version.Terms.Attribution.Binding.RebindOnTouch &&
				p.InfluencerID != b.past.InfluencerID && p.Via != Bound
			if !rebinds {
				continue
			}
		}
		if next := bind(in, p); next != nil {
			b = next
		}
	}
	if b == nil {
		return cand{}, false
	}
	v := b.termsNow(in)
	c := cand{version: v, Candidate: Candidate{VersionID: v.VersionID, Touch: Touch{
		ID:           "binding:" + strconv.FormatInt(b.past.OrderID, 10),
		Kind:         Bound,
		InfluencerID: b.past.InfluencerID,
		AgreementID:  v.ID,
		At:           b.past.CreatedAt,
	}}}
	if !b.holds(in.Order.Snapshot.CreatedAt) {
		c.lose("binding_expired", "The customer was bound until "+b.until.Format(time.DateOnly)+".")
	}
	return c, true
}

func bind(in *Input, p *PastOrder) *bond {
	v := versionByID(in.Agreements, p.VersionID)
	if v == nil || v.Terms == nil || v.Terms.Attribution.Binding == nil {
		return nil
	}
	b := &bond{past: p, version: v}
	if m := v.Terms.Attribution.Binding.Months; m > 0 {
		zone := in.Zone
		if zone == nil {
			zone = time.UTC
		}
		b.until = period.AddMonthsClamped(p.CreatedAt, m, zone)
	}
	return b
}

// termsNow is the version a renewal earns by: the first order's, unless the
// version in force at the renewal says "current".
func (b *bond) termsNow(in *Input) *Agreement {
	now := versionAt(in.Agreements[b.version.ID], in.Order.Snapshot.CreatedAt)
	if now == nil {
		return b.version
	}
	word := b.version.Terms.Attribution.Binding.Terms
	if n := now.Terms.Attribution.Binding; n != nil {
		word = n.Terms
	}
	if word == terms.Current {
		return now
	}
	return b.version
}

func versionByID(agreements map[int64][]Agreement, id int64) *Agreement {
	for _, versions := range agreements {
		for i := range versions {
			if versions[i].VersionID == id {
				return &versions[i]
			}
		}
	}
	return nil
}
