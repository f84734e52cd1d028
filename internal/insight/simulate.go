package insight

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/money"
	"tributary/internal/domain/terms"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Draft is what to simulate: terms, and what they are tried on.
type Draft struct {
	Terms *terms.Terms
	// InfluencerID keeps only what is this influencer's, AgreementID what came by
	// this agreement; 0 all. Stored history only.
	InfluencerID, AgreementID int64
	// Influencer is the same by handle, or for given orders by code; "" all.
	Influencer string
	// From and To keep what happened in [From, To): sales when they were paid, or,
	// where the store does not tell, made. Zero is open.
	From, To time.Time
	// HoldsNow leaves holds and payouts as they are. Else every hold counts as
	// over, and nothing as paid: what it all comes to in the end.
	HoldsNow bool
	// Limit is how many orders are listed; 0 all. The sums hold all of them.
	Limit int
}

// check refuses a span that holds nothing.
func (d *Draft) check() error {
	if !d.To.IsZero() && !d.From.Before(d.To) {
		return errs.New(errs.Invalid, "invalid_span", "The span holds nothing: it ends before it begins.", errs.Field{Path: "to", Msg: "must be later than from"})
	}
	return nil
}

func (d *Draft) covers(at time.Time) bool {
	return !at.Before(d.From) && (d.To.IsZero() || at.Before(d.To))
}

// tries tells whether the draft is tried on an agreement.
func (d *Draft) tries(influencer, agreement int64) bool {
	return (d.InfluencerID == 0 || d.InfluencerID == influencer) && (d.AgreementID == 0 || d.AgreementID == agreement)
}

// simulateChunk is how many stored orders are read at once.
const simulateChunk = 1000

// Simulate runs draft terms over what the shop has stored – orders, clicks,
// leads, posts, giveaway entries, fees and gifts that would have been due – in a
// transaction that sees one instant (store.DB.InSnapshot), and writes nothing.
// Whoever won an order keeps it: the draft's attribution section is not tried.
// Each agreement counts its own tiers, caps and milestones, as if the draft had
// been signed for all of it. progress, if not nil, hears how many orders are
// read.
func Simulate(ctx context.Context, tx *store.Tx, d Draft, progress func(done, total int64)) (*Simulation, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	book, err := earning.NewBook(ctx, tx)
	if err != nil {
		return nil, err
	}
	total, err := tx.CountSold(ctx, d.From, d.To)
	if err != nil {
		return nil, err
	}
	s := newSimulator(d, book.Shop.Zone)
	s.compares = true
	if d.Influencer != "" {
		if s.draft.InfluencerID, err = influencerByHandle(ctx, tx, d.Influencer); err != nil {
			return nil, err
		}
	}
	if err := s.addDeals(ctx, tx); err != nil {
		return nil, err
	}
	for after := int64(0); ; {
		rows, err := tx.OrdersSold(ctx, d.From, d.To, after, simulateChunk)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].ID
		if err := s.addStored(ctx, tx, rows); err != nil {
			return nil, err
		}
		if s.read += int64(len(rows)); progress != nil {
			progress(s.read, max(s.read, total))
		}
	}
	if err := s.addActivity(ctx, book); err != nil {
		return nil, err
	}
	if err := s.addPosted(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.addNames(ctx, tx); err != nil {
		return nil, err
	}
	return s.run("store", book.Shop.Domain)
}

// addDeals takes in the agreements that the draft is tried on.
func (s *simulator) addDeals(ctx context.Context, tx *store.Tx) error {
	signed, err := tx.AgreementsSigned(ctx, s.draft.InfluencerID, s.draft.AgreementID)
	if err != nil {
		return err
	}
	if len(signed) == 0 && s.draft.AgreementID != 0 {
		return errs.New(errs.NotFound, "no_such_agreement", "There is no such agreement here, or nobody has signed it.")
	}
	for _, a := range signed {
		s.deal(a.ID, a.InfluencerID)
	}
	return nil
}

// addStored takes in stored orders under the shares that were decided.
func (s *simulator) addStored(ctx context.Context, tx *store.Tx, rows []store.OrderRow) error {
	ids := make([]int64, 0, len(rows))
	won := make([]*store.OrderRow, 0, len(rows))
	for i := range rows {
		if rows[i].InfluencerID == 0 {
			s.nobodys++
			continue
		}
		ids, won = append(ids, rows[i].ID), append(won, &rows[i])
	}
	decisions, err := tx.LatestDecisions(ctx, ids)
	if err != nil {
		return err
	}
	earnings, err := tx.EarningsOfOrders(ctx, ids)
	if err != nil {
		return err
	}
	posted := map[[2]int64]*store.EarningRow{} // order, agreement
	for i := range earnings {
		posted[[2]int64{earnings[i].Source, earnings[i].AgreementID}] = &earnings[i]
	}
	for _, row := range won {
		o, err := row.Order()
		if err != nil {
			return err
		}
		dec, err := attribution.Decode(decisions[row.ID].Bytes)
		if err != nil {
			return fmt.Errorf("order %d: %w", row.ID, err)
		}
		for i := range dec.Shares {
			share := &dec.Shares[i]
			if !s.draft.tries(share.InfluencerID, share.AgreementID) {
				continue
			}
			sale := s.add(o, &dec, i)
			if e := posted[[2]int64{row.ID, share.AgreementID}]; e != nil {
				sale.today, sale.todayIn, sale.lockedAt = e.Posted, money.Currency(e.Currency), e.LockedAt
			}
		}
	}
	return nil
}

// addActivity tries the draft on everything else that the agreements have behind
// them.
func (s *simulator) addActivity(ctx context.Context, book *earning.Book) error {
	if !earning.Tries(s.draft.Terms) {
		return nil
	}
	ids := sortedKeys(s.deals)
	var known earning.Terms
	versions, err := known.Versions(ctx, book.Tx, ids)
	if err != nil {
		return err
	}
	for len(versions) > 0 {
		n := 1
		for n < len(versions) && versions[n].ID == versions[0].ID {
			n++
		}
		d := s.deals[versions[0].ID]
		if d.rows, err = book.Try(ctx, versions[:n], s.draft.Terms, s.draft.From, s.draft.To); err != nil {
			return err
		}
		versions = versions[n:]
	}
	return nil
}

// addPosted adds what the ledger holds today for everything but orders, and when
// holds stay as they are, what ladders have had.
func (s *simulator) addPosted(ctx context.Context, tx *store.Tx) error {
	sums, err := tx.PostedByKind(ctx, s.draft.From, s.draft.To)
	if err != nil {
		return err
	}
	for i := range sums {
		d := s.deals[sums[i].AgreementID]
		if d == nil {
			continue
		}
		d.today.add(sums[i].Kind, money.Currency(sums[i].Currency), sums[i].Posted+sums[i].Cost)
	}
	if !s.draft.HoldsNow || !earning.HasMilestones(s.draft.Terms) {
		return nil
	}
	for _, id := range sortedKeys(s.deals) {
		have, err := tx.EarningsOfKind(ctx, id, store.EarningMilestone)
		if err != nil {
			return err
		}
		for i := range have {
			paid, err := tx.PaidOfEarning(ctx, have[i].ID)
			if err != nil {
				return err
			}
			s.deals[id].keeps(have[i].Rule, have[i].Source, kept{have[i].Posted, paid})
		}
	}
	return nil
}

// addNames names everybody of whom anything is shown.
func (s *simulator) addNames(ctx context.Context, tx *store.Tx) error {
	for _, d := range s.deals {
		if !d.empty() {
			s.person(d.person)
		}
	}
	for id, p := range s.people {
		inf, err := tx.Influencer(ctx, id)
		if err != nil {
			return err
		}
		p.handle, p.id = inf.Handle, fmt.Sprintf("inf_%d", id)
	}
	return nil
}

func influencerByHandle(ctx context.Context, tx *store.Tx, handle string) (int64, error) {
	handle = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
	found, err := tx.InfluencerByHandle(ctx, handle)
	if store.IsNotFound(err) {
		return 0, noInfluencer(handle)
	}
	if err != nil {
		return 0, err
	}
	return found.ID, nil
}
