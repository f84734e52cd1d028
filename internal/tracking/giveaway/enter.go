package giveaway

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/draw"
	"tributary/internal/domain/order"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Form is what a person sends in to enter without buying.
type Form struct {
	Email   string
	Way     string // draw.BySignup, draw.ByFree
	Country string
	Agreed  bool   // to the giveaway's terms
	Click   string // signed id of the click that led them here
	Ref     string // slug of a link, or handle, that they came by
	Code    string // an influencer's code that they know
}

// ErrClosed says that nobody can enter now.
var ErrClosed = errs.New(errs.Conflict, "giveaway_closed", "This giveaway is not open.")

// Open tells whether people may enter now.
func Open(tx *store.Tx, g *store.Giveaway) bool {
	return g.State == store.GiveawayPlanned && !tx.Now.Before(g.OpensAt) && tx.Now.Before(g.ClosesAt)
}

// Enter enters a person by a form and returns the id of their entry, which is
// the same however often, and by whatever way, they enter: the answer does not
// tell whether somebody was in already.
func Enter(ctx context.Context, tx *store.Tx, keys *seal.Keys, giveawayID int64, f Form) (entry int64, err error) {
	g, err := tx.ShareGiveaway(ctx, giveawayID)
	if err != nil {
		return 0, missing(err, "giveaway")
	}
	if !Open(tx, g) {
		return 0, ErrClosed
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return 0, err
	}
	hash, err := platform.OpenHash(keys, shop.Platform, shop.Domain, shop.HashKey)
	if err != nil {
		return 0, err
	}
	var w errs.Wrong
	f.Email, f.Country = strings.TrimSpace(f.Email), strings.ToUpper(strings.TrimSpace(f.Country))
	a, err := mail.ParseAddress(f.Email)
	person := hash.Email(f.Email)
	w.When(err != nil || a.Address != f.Email || len(f.Email) > 254 || person == "" || !strings.Contains(f.Email, "."), "email", "must be an e-mail address such as anna@example.com")
	w.When(f.Way == draw.ByPurchase || !slices.Contains(g.Ways, f.Way), "way", "is no way into this giveaway")
	w.When(!country.MatchString(f.Country), "country", "must be two letters such as US")
	w.When(country.MatchString(f.Country) && len(g.Countries) > 0 && !slices.Contains(g.Countries, f.Country), "country", "is none in which this giveaway is held")
	w.When(!f.Agreed, "agreed", "must be ticked: the terms are the rules of the giveaway")
	if err := w.Err("invalid_entry", "This is not complete yet."); err != nil {
		return 0, err
	}
	agreement, via, err := cameBy(ctx, tx, keys, g, &f, person)
	if err != nil {
		return 0, err
	}
	added, err := tx.AddEntryForm(ctx, &store.EntryForm{GiveawayID: g.ID, Person: person, Email: keys.Seal([]byte(f.Email), platform.EntryPlace(tx.ShopID, g.ID)),
		Way: f.Way, Country: f.Country, AgreementID: agreement, Via: via})
	if err != nil {
		return 0, err
	}
	if added { // it may take the place of a purchase that another agreement brought
		if err := tx.MarkDue(ctx, tx.Now, g.AgreementIDs...); err != nil {
			return 0, err
		}
	}
	return draw.EntryID(g.ID, person), nil
}

// cameBy tells which of the giveaway's agreements a person came by: by a code
// they know, or else by the click that we know of, or else by the link they say
// they followed. An influencer who is not active
// or who enters themselves, is paid for nobody.
func cameBy(ctx context.Context, tx *store.Tx, keys *seal.Keys, g *store.Giveaway, f *Form, person string) (agreement int64, via string, err error) {
	var candidates []int64
	if code := order.Fold(f.Code); code != "" && len(code) <= 255 {
		spans, err := tx.CodeSpans(ctx, []string{code})
		if err != nil {
			return 0, "", err
		}
		for _, s := range spans {
			if !tx.Now.Before(s.From) && (s.To.IsZero() || tx.Now.Before(s.To)) {
				candidates, via = append(candidates, s.AgreementID), "code"
			}
		}
	}
	if len(candidates) == 0 {
		if candidates, err = clickedFor(ctx, tx, keys, f.Click); err != nil {
			return 0, "", err
		}
		if len(candidates) > 0 {
			via = "click"
		}
	}
	if ref := strings.TrimSpace(f.Ref); len(candidates) == 0 && ref != "" && len(ref) <= 128 {
		links, err := tx.LinkRefs(ctx, []string{ref})
		if err != nil {
			return 0, "", err
		}
		for _, l := range links {
			if candidates = append(candidates, l.AgreementID); l.LinkID != 0 {
				via = "link"
			} else {
				via = "ref"
			}
		}
	}
	candidates = slices.DeleteFunc(candidates, func(id int64) bool { return !slices.Contains(g.AgreementIDs, id) })
	if len(candidates) == 0 {
		return 0, "", nil
	}
	agreement = slices.Min(candidates)
	a, err := tx.Agreement(ctx, agreement)
	if err != nil {
		return 0, "", err
	}
	influencer, err := tx.Influencer(ctx, a.InfluencerID)
	if err != nil {
		return 0, "", err
	}
	spans, err := tx.InfluencerSpans(ctx, a.InfluencerID)
	if err != nil {
		return 0, "", err
	}
	active := slices.ContainsFunc(spans[a.InfluencerID], func(s store.InfluencerSpan) bool {
		return !tx.Now.Before(s.ActiveFrom) && (s.ActiveTo == nil || tx.Now.Before(*s.ActiveTo))
	})
	if !active || influencer.EmailHash == person {
		return 0, "", nil
	}
	return agreement, via, nil
}

// clickedFor is the agreement of a click of ours that happened within its
// window; none for what we did not sign for this shop.
func clickedFor(ctx context.Context, tx *store.Tx, keys *seal.Keys, signed string) ([]int64, error) {
	id, _, ours := platform.NewClickIDs(keys).Open(tx.ShopID, signed)
	if !ours {
		return nil, nil
	}
	clicks, err := tx.ClickRefs(ctx, [][16]byte{id})
	if err != nil || len(clicks) == 0 {
		return nil, err
	}
	c := clicks[id]
	versions, err := new(earning.Terms).Versions(ctx, tx, []int64{c.AgreementID})
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		inForce := !c.At.Before(v.Effective.From) && (v.Effective.To.IsZero() || c.At.Before(v.Effective.To))
		window := time.Duration(v.Terms.Attribution.WindowDays) * 24 * time.Hour
		if inForce && !c.At.After(tx.Now) && !c.At.Before(tx.Now.Add(-window)) {
			return []int64{c.AgreementID}, nil
		}
	}
	return nil, nil
}
