package tracking_test

import (
	"context"
	"strings"
	"testing"

	"tributary/internal/platform"
	"tributary/internal/rail/payee"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking/content"
	"tributary/internal/tracking/giveaway"
)

// After keys were rotated the old one opens nothing that is needed: what people
// have said in forms, accounts and secrets are sealed with the new one.
func TestWhatPeopleSaidIsSealedAnewWhenKeysRotate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newShop(t)
	k2 := seal.Generate("k2")
	both, _ := seal.New([]seal.Key{k2, s.key})
	fresh, _ := seal.New([]seal.Key{k2})
	agreement := s.agreement("anna", leadFor12)
	s.take(s.form(agreement, false), "one@example.com", "two@example.com")
	var payeeOf int64
	g := s.planned(nil, agreement)
	s.clock.set(g.OpensAt.Add(day))
	s.mustEnter(g, giveaway.Form{Email: "three@example.com"})
	s.in(func(tx *store.Tx) error {
		_, err := content.Connect(ctx, tx, s.keys, content.NewAccount{Platform: content.YouTube, Token: "AIzaSy-secret"})
		return err
	})
	s.in(func(tx *store.Tx) error {
		a, err := tx.Agreement(ctx, agreement)
		if err != nil {
			return err
		}
		i, err := tx.Influencer(ctx, a.InfluencerID)
		if err != nil {
			return err
		}
		payeeOf = i.ID
		i.PayoutDetail = payee.Seal(s.keys, s.id, i.ID, payee.Method{Kind: "iban", Account: "DE89370400440532013000", Holder: "Anna Berg"})
		if err := tx.AddTaxForm(ctx, &store.TaxForm{InfluencerID: i.ID, Kind: "w9", Data: s.keys.Seal([]byte("{}"), platform.TaxPlace(s.id, i.ID))}); err != nil {
			return err
		}
		return tx.SetInfluencer(ctx, i)
	})
	sealed := func() (current, other int) {
		s.in(func(tx *store.Tx) error {
			for _, kind := range store.SealedKinds() {
				n, err := tx.SealedCurrent(ctx, kind, fresh.Prefix())
				if err != nil {
					return err
				}
				rest, err := tx.SealedOtherwise(ctx, kind, fresh.Prefix(), 100)
				if err != nil {
					return err
				}
				current, other = current+n, other+len(rest)
			}
			return nil
		})
		return current, other
	}
	_, all := sealed()
	r, err := tenant.Rotate(ctx, s.db, both)
	if err != nil || r.Sealed != all || all < 9 || len(r.Kept) != 0 { // hash key, twice address and answers, entry, account, payout method, tax form
		t.Errorf("%+v of %d: %v", r, all, err)
	}
	if current, other := sealed(); current != all || other != 0 {
		t.Errorf("%d of %d sealed anew, %d not", current, all, other)
	}
	s.tracker.Keys = fresh
	for _, l := range s.leads() {
		if c, err := s.tracker.Contact(s.id, &l); err != nil || c.Email == "" {
			t.Errorf("%+v %v", c, err)
		}
	}
	s.in(func(tx *store.Tx) error {
		i, err := tx.Influencer(ctx, payeeOf)
		if err != nil {
			return err
		}
		line, err := payee.Open(fresh, s.id, i.ID, i.PayoutDetail)
		if !strings.Contains(line, "DE89370400440532013000") {
			t.Errorf("%q", line)
		}
		return err
	})
	if again, err := tenant.Rotate(ctx, s.db, fresh); err != nil || again.Sealed != 0 || again.Current != all {
		t.Errorf("%+v %v", again, err)
	}
}
