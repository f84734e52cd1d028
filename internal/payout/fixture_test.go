package payout_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/period"
	"tributary/internal/domain/terms"
	"tributary/internal/payout"
	"tributary/internal/pgtest"
	"tributary/internal/store"
)

const newYork = "America/New_York"

// world is a shop with a clock that a test turns.
type world struct {
	t      testing.TB
	ctx    context.Context
	db     *store.DB
	closer *payout.Closer
	shop   int64
	now    *atomic.Int64 // unix microseconds
	source int64
}

func newWorld(t testing.TB, at string) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), now: &atomic.Int64{}}
	w.at(at)
	w.db = pgtest.Open(t, store.Options{Now: func() time.Time { return time.UnixMicro(w.now.Load()) }})
	w.closer = &payout.Closer{DB: w.db}
	w.shop = w.addShop("example.myshopify.com", newYork)
	return w
}

func (w *world) addShop(domain, zone string) (id int64) {
	w.t.Helper()
	w.in(0, func(tx *store.Tx) (err error) {
		id, err = tx.AddShop(w.ctx, store.NewShop{Platform: order.Shopify, Domain: domain, Name: domain, Currency: "USD", TimeZone: zone, HashKey: []byte{1}})
		return err
	})
	return id
}

func (w *world) at(s string)          { w.now.Store(instant(w.t, s).UnixMicro()) }
func (w *world) clock() time.Time     { return time.UnixMicro(w.now.Load()).UTC() }
func (w *world) tick(d time.Duration) { w.now.Add(d.Microseconds()) }

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at.UTC()
}

func (w *world) in(shop int64, f func(*store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.db.InTx(w.ctx, shop, f))
}

// influencer adds one who can be paid and has signed the threshold, "" none.
func (w *world) influencer(handle, threshold string) (id int64) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error {
		i := store.Influencer{Handle: handle, Name: handle, Email: handle + "@example.com", EmailHash: handle, PayoutMethod: "csv", PayoutDetail: "DE00 " + handle, TaxForm: "valid"}
		if err := tx.AddInfluencer(w.ctx, &i); err != nil {
			return err
		}
		id = i.ID
		if threshold == "" {
			return nil
		}
		return w.sign(tx, id, threshold, "USD")
	})
	return id
}

func (w *world) sign(tx *store.Tx, influencer int64, threshold string, c money.Currency) error {
	campaign := store.Campaign{Name: "c", State: "active"}
	if err := tx.AddCampaign(w.ctx, &campaign); err != nil {
		return err
	}
	a := store.Agreement{InfluencerID: influencer, CampaignID: campaign.ID}
	if err := tx.AddAgreement(w.ctx, &a); err != nil {
		return err
	}
	doc := terms.Default(c)
	doc.Threshold = threshold
	doc.Components = []terms.Component{{ID: "sale", Type: terms.Percentage, RateBps: 1000}}
	from := w.clock()
	return tx.AddVersion(w.ctx, &store.AgreementVersion{AgreementID: a.ID, Number: 1, State: store.VersionSigned, Terms: string(doc.Canonical()),
		Hash: doc.Hash(), EffectiveFrom: &from})
}

func (w *world) change(id int64, f func(*store.Influencer)) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error {
		i, err := tx.Influencer(w.ctx, id)
		if err != nil {
			return err
		}
		f(i)
		return tx.SetInfluencer(w.ctx, i)
	})
}

// earn records a pending earning that happened now, with its hold's end, as
// settling does.
func (w *world) earn(influencer, minor int64, release string, options ...func(*store.EarningRow)) *store.EarningRow {
	w.t.Helper()
	w.source++
	e := &store.EarningRow{Kind: store.EarningOrder, Source: w.source, InfluencerID: influencer, AgreementID: 1 + influencer, VersionID: 1, TermsHash: "h",
		Currency: "USD", Posted: minor, State: store.EarningPending, OccurredAt: w.clock(), ReleaseAt: instant(w.t, release), Detail: []byte(`{"rules":["sale"]}`)}
	for _, o := range options {
		o(e)
	}
	w.in(w.shop, func(tx *store.Tx) error {
		if err := tx.LockShop(w.ctx); err != nil {
			return err
		}
		if err := tx.UpsertEarnings(w.ctx, []*store.EarningRow{e}); err != nil {
			return err
		}
		_, err := tx.PostJournals(w.ctx, ledger.Record(w.event(tx, e), e.Posted))
		return err
	})
	return e
}

func (w *world) event(tx *store.Tx, e *store.EarningRow) ledger.Event {
	shop, err := tx.Shop(w.ctx)
	require.NoError(w.t, err)
	return ledger.Event{InfluencerID: e.InfluencerID, EarningID: e.ID, Currency: money.Currency(e.Currency), OriginAt: w.clock(), OpenFrom: shop.OpenFrom}
}

// adjust moves a locked earning by delta, as a refund after the hold does.
func (w *world) adjust(id, delta int64, origin time.Time) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error {
		if err := tx.LockShop(w.ctx); err != nil {
			return err
		}
		e := w.earningRow(tx, id)
		e.Posted += delta
		if err := tx.UpsertEarnings(w.ctx, []*store.EarningRow{e}); err != nil {
			return err
		}
		ev := w.event(tx, e)
		ev.OriginAt = origin
		_, err := tx.PostJournals(w.ctx, ledger.Adjust(ev, delta))
		return err
	})
}

func (w *world) earningRow(tx *store.Tx, id int64) *store.EarningRow {
	w.t.Helper()
	for s := w.source; s > 0; s-- {
		es, err := tx.EarningsOfOrders(w.ctx, []int64{s})
		require.NoError(w.t, err)
		for i := range es {
			if es[i].ID == id {
				return &es[i]
			}
		}
	}
	w.t.Fatalf("no earning %d", id)
	return nil
}

func (w *world) earning(id int64) (e *store.EarningRow) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error { e = w.earningRow(tx, id); return nil })
	return e
}

func (w *world) close(month period.Month) *payout.Closed {
	w.t.Helper()
	c, err := w.closer.Close(w.ctx, w.shop, month, "anna", nil)
	require.NoError(w.t, err)
	w.sound()
	return c
}

// lines are the lines of a batch by influencer.
func (w *world) lines(batch int64) map[int64]store.PayoutLine {
	w.t.Helper()
	out := map[int64]store.PayoutLine{}
	w.in(w.shop, func(tx *store.Tx) error {
		ls, _, err := tx.PayoutLines(w.ctx, store.LineFilter{BatchID: batch}, store.Page{})
		for _, l := range ls {
			out[l.InfluencerID] = l
		}
		return err
	})
	return out
}

func (w *world) pay(batch int64) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error {
		if _, err := payout.Approve(w.ctx, tx, batch, "ben"); err != nil {
			return err
		}
		_, err := payout.StartPaying(w.ctx, tx, batch)
		return err
	})
}

func (w *world) settle(batch int64, file string) (s *payout.Settled, err error) {
	w.t.Helper()
	err = w.db.InTx(w.ctx, w.shop, func(tx *store.Tx) (err error) {
		s, err = payout.Settle(w.ctx, tx, batch, []byte(file))
		return err
	})
	w.sound()
	return s, err
}

func (w *world) statement(influencer int64, month period.Month) (s *payout.Statement) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) (err error) {
		s, err = payout.MakeStatement(w.ctx, tx, influencer, "USD", month)
		return err
	})
	return s
}

func (w *world) payable(influencer int64) (minor int64) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) (err error) {
		minor, err = tx.PayableNow(w.ctx, influencer, "USD")
		return err
	})
	return minor
}

// account is the balance of an account from the ledger alone: of all entries
// effective before the instant, or of all when it is zero.
func (w *world) account(a ledger.Account, influencer int64, before time.Time) (minor int64) {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) (err error) {
		minor, err = tx.AccountBalance(w.ctx, a, influencer, "USD", before)
		return err
	})
	return minor
}

// sound fails the test when an invariant of the books is broken.
func (w *world) sound() {
	w.t.Helper()
	w.in(w.shop, func(tx *store.Tx) error {
		broken, err := tx.BrokenInvariants(w.ctx)
		require.Empty(w.t, broken)
		return err
	})
}

func row(line store.PayoutLine, status, reference string) string {
	return fmt.Sprintf("pln_%d,%s,%s\n", line.ID, status, reference)
}

const heading = "payout_id,status,reference\n"
