// Package giveaway is the use case of giveaways: people enter by buying
// or by a free form with equal odds, the list is frozen, and a draw that anyone
// can check names the winners.
package giveaway

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/draw"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Fields is what people may say about a giveaway. In a change, nil leaves a field
// as it is.
type Fields struct {
	Title, Prize      *string
	Winners           *int
	OpensAt, ClosesAt *time.Time
	Countries         *[]string // ISO 3166-1 alpha-2; empty: all
	Ways              *[]string
	Terms             *string
	AgreementIDs      *[]int64
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// Add plans a giveaway for a campaign.
func Add(ctx context.Context, tx *store.Tx, campaignID int64, f Fields) (*store.Giveaway, error) {
	if _, err := tx.Campaign(ctx, campaignID); err != nil {
		return nil, missing(err, "campaign")
	}
	g := store.Giveaway{CampaignID: campaignID, Winners: 1, Countries: []string{}, Ways: []string{draw.ByPurchase, draw.ByFree}, AgreementIDs: []int64{}}
	empty, never := "", time.Time{}
	for _, s := range []**string{&f.Title, &f.Prize, &f.Terms} {
		if *s == nil {
			*s = &empty
		}
	}
	for _, t := range []**time.Time{&f.OpensAt, &f.ClosesAt} {
		if *t == nil {
			*t = &never
		}
	}
	if err := f.apply(ctx, tx, &g); err != nil {
		return nil, err
	}
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	if err := tx.AddGiveaway(ctx, &g); err != nil {
		return nil, err
	}
	return &g, enterOrders(ctx, tx, &g)
}

// Change changes a giveaway that has not opened yet: people rely on what they
// have read.
func Change(ctx context.Context, tx *store.Tx, id int64, f Fields) (*store.Giveaway, error) {
	g, err := lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if g.State != store.GiveawayPlanned || !tx.Now.Before(g.OpensAt) {
		return nil, errs.New(errs.Conflict, "giveaway_open", "A giveaway that has opened stays as people have read it. It can be cancelled until it is frozen.")
	}
	before := g.AgreementIDs
	if err := f.apply(ctx, tx, g); err != nil {
		return nil, err
	}
	if err := tx.SetGiveaway(ctx, g); err != nil {
		return nil, err
	}
	if err := tx.MarkDue(ctx, tx.Now, slices.Concat(before, g.AgreementIDs)...); err != nil {
		return nil, err
	}
	return g, enterOrders(ctx, tx, g)
}

// Cancel takes a giveaway back; nobody is paid for its entries.
func Cancel(ctx context.Context, tx *store.Tx, id int64) (*store.Giveaway, error) {
	g, err := lock(ctx, tx, id)
	if err != nil || g.State == store.GiveawayCancelled {
		return g, err
	}
	if g.State != store.GiveawayPlanned {
		return nil, errs.New(errs.Conflict, "giveaway_frozen", "The list of this giveaway is frozen: it must be drawn.")
	}
	g.State = store.GiveawayCancelled
	if err := tx.SetGiveaway(ctx, g); err != nil {
		return nil, err
	}
	return g, tx.MarkDue(ctx, tx.Now, g.AgreementIDs...)
}

// lock takes the shop's lock, which settling holds too, and then the giveaway's.
func lock(ctx context.Context, tx *store.Tx, id int64) (*store.Giveaway, error) {
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	g, err := tx.LockGiveaway(ctx, id)
	return g, missing(err, "giveaway")
}

// apply checks f, reports every wrong field, and writes it to g.
func (f *Fields) apply(ctx context.Context, tx *store.Tx, g *store.Giveaway) error {
	var w errs.Wrong
	if f.Title != nil {
		g.Title = w.Text("title", *f.Title, 1, 200)
	}
	if f.Prize != nil {
		g.Prize = w.Text("prize", *f.Prize, 1, 2000)
	}
	if f.Terms != nil {
		g.Terms = w.Text("terms", *f.Terms, 1, 50_000)
	}
	if f.Winners != nil {
		g.Winners = *f.Winners
		w.When(g.Winners < 1 || g.Winners > 1000, "winners", "must be 1 to 1000")
	}
	if f.OpensAt != nil {
		g.OpensAt = f.OpensAt.UTC().Truncate(time.Microsecond)
		w.When(f.OpensAt.IsZero(), "opens_at", "is missing")
	}
	if f.ClosesAt != nil {
		g.ClosesAt = f.ClosesAt.UTC().Truncate(time.Microsecond)
		switch {
		case f.ClosesAt.IsZero():
			w.When(true, "closes_at", "is missing")
		default:
			w.When(!g.ClosesAt.After(tx.Now), "closes_at", "must not be past")
		}
	}
	if !g.ClosesAt.IsZero() && !g.OpensAt.IsZero() {
		w.When(!g.ClosesAt.After(g.OpensAt), "closes_at", "must be later than opens_at")
		w.When(g.ClosesAt.Sub(g.OpensAt) > 366*24*time.Hour, "closes_at", "must be within a year of opens_at")
	}
	if f.Countries != nil {
		g.Countries = []string{}
		for i, c := range *f.Countries {
			c = strings.ToUpper(strings.TrimSpace(c))
			w.When(!country.MatchString(c), fmt.Sprintf("countries[%d]", i), "must be two letters such as US")
			if !slices.Contains(g.Countries, c) {
				g.Countries = append(g.Countries, c)
			}
		}
		slices.Sort(g.Countries)
		w.When(len(g.Countries) > 250, "countries", "are more than there are")
	}
	if f.Ways != nil {
		g.Ways = []string{}
		for i, way := range *f.Ways {
			w.When(!slices.Contains(draw.Ways, way), fmt.Sprintf("ways[%d]", i), "must be one of: "+strings.Join(draw.Ways, ", "))
			if !slices.Contains(g.Ways, way) {
				g.Ways = append(g.Ways, way)
			}
		}
		w.When(len(g.Ways) == 0, "ways", "must not be empty")
	}
	w.When(draw.Lottery(g.Ways, g.Countries), "ways",
		"must have free beside purchase: where people in the United States may enter, a prize by chance for a purchase is a lottery")
	if f.AgreementIDs != nil {
		g.AgreementIDs = slices.Compact(slices.Sorted(slices.Values(*f.AgreementIDs)))
		w.When(len(g.AgreementIDs) > 500, "agreement_ids", "must be 500 at most")
		owners, err := tx.AgreementOwners(ctx, g.AgreementIDs)
		if err != nil {
			return err
		}
		for i, id := range *f.AgreementIDs {
			_, ours := owners[id]
			w.When(!ours, fmt.Sprintf("agreement_ids[%d]", i), "is none of this shop")
		}
	}
	return w.Err("invalid_giveaway", "The giveaway cannot be like this.")
}

// enterOrders writes what the orders that are there already make of their buyers:
// those placed since the giveaway opened.
func enterOrders(ctx context.Context, tx *store.Tx, g *store.Giveaway) error {
	var after int64
	for {
		rows, err := tx.GiveawayOrders(ctx, g.OpensAt, g.ClosesAt, after, 500)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		versions := make([]int64, len(rows))
		for i := range rows {
			versions[i] = rows[i].VersionID
		}
		agreements, err := tx.AgreementOfVersion(ctx, versions)
		if err != nil {
			return err
		}
		ps := make([]store.Purchase, len(rows))
		for i := range rows {
			o, err := rows[i].Order()
			if err != nil {
				return err
			}
			var agreement int64
			if rows[i].Outcome == string(attribution.Attributed) {
				agreement = agreements[rows[i].VersionID]
			}
			ps[i] = earning.PurchaseOf(g, o, agreement)
		}
		if err := tx.UpsertPurchases(ctx, ps); err != nil {
			return err
		}
		if err := tx.MarkDue(ctx, tx.Now, g.AgreementIDs...); err != nil {
			return err
		}
	}
}

func missing(err error, what string) error {
	if store.IsNotFound(err) {
		return errs.New(errs.NotFound, what+"_not_found", "There is no such "+what+" in this shop.")
	}
	return err
}
