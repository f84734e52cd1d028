package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const termsOfAll = `{"currency":"USD","components":[{"id":"base","type":"percentage","rate_bps":1000}]}`

// addProgramme adds the shop and fifty influencers, each with signed terms and
// a code, all of it since before the first order.
func (s *stage) addProgramme(ctx context.Context, url string) (shopID int64, err error) {
	if _, err := store.Migrate(ctx, url, "", time.Now()); err != nil {
		return 0, err
	}
	then := since(time.Now()).AddDate(0, 0, -10)
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2, Now: func() time.Time { return then }})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	shop, err := tenant.AddShop(ctx, db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		return 0, err
	}
	return shop.ID, db.InTx(ctx, shop.ID, func(tx *store.Tx) error {
		name := "Benchmark"
		campaign, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &name})
		if err != nil {
			return err
		}
		for i := range influencers {
			if err := s.addInfluencer(ctx, tx, campaign.ID, i); err != nil {
				return fmt.Errorf("influencer %d: %w", i, err)
			}
		}
		return nil
	})
}

func (s *stage) addInfluencer(ctx context.Context, tx *store.Tx, campaignID int64, i int) error {
	handle, email := handleOf(i), handleOf(i)+"@example.com"
	inf, err := program.AddInfluencer(ctx, tx, s.keys, program.InfluencerFields{Handle: &handle, Name: &handle, Email: &email})
	if err != nil {
		return err
	}
	a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: inf.ID, CampaignID: campaignID, Terms: []byte(termsOfAll)})
	if err != nil {
		return err
	}
	if err := signed(ctx, tx, a.ID, email); err != nil {
		return err
	}
	_, err = program.AddCode(ctx, tx, program.NewCode{AgreementID: a.ID, Code: codeOf(i)})
	return err
}

// signed has an agreement's draft offered and signed by both.
func signed(ctx context.Context, tx *store.Tx, agreementID int64, email string) error {
	if err := program.Offer(ctx, tx, agreementID); err != nil {
		return err
	}
	vs, err := tx.Versions(ctx, agreementID)
	if err != nil {
		return err
	}
	for _, party := range []string{"merchant", "influencer"} {
		if err := program.Sign(ctx, tx, agreementID, program.NewSignature{Party: party, Signer: party, Email: email, IP: "203.0.113.7", Method: "api", Hash: vs[0].Hash}); err != nil {
			return err
		}
	}
	return nil
}

// insertDeliveries stores what the shop has sent, as the inbox would have.
func insertDeliveries(ctx context.Context, url string, shopID int64, ds []delivery) error {
	db, err := store.Open(ctx, url, store.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	const batch = 500
	rows := make([]*store.Delivery, 0, batch)
	for i, d := range ds {
		at := d.triggered.Truncate(time.Microsecond)
		rows = append(rows, &store.Delivery{
			ShopID: shopID, ID: shopify.DeliveryID(d.topic, d.webhookID), Day: platform.Day(at, at), Platform: order.Shopify, Topic: d.topic,
			Source: shopDomain, TriggeredAt: at, ReceivedAt: at, Body: s2.Encode(nil, d.body),
		})
		if len(rows) == batch || i == len(ds)-1 {
			if _, err := db.InsertDeliveries(ctx, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

// past is how many deliveries the shop has settled before any measuring
// begins. Without them every contender would keep plans that PostgreSQL made
// for empty tables: naive would read all orders for each of its look-ups.
const past = 2000

// stored is a database with the programme, a small past and n deliveries that
// wait.
func (s *stage) stored(ctx context.Context, n int) (base string, shopID int64, err error) {
	key := fmt.Sprintf("stored_%d", n)
	base, err = s.base(ctx, key, func(url string) error {
		id, err := s.addProgramme(ctx, url)
		if err != nil {
			return err
		}
		s.caches[key] = id
		ds, err := sell(ctx, s.Seed+1, past+n)
		if err != nil {
			return err
		}
		if err := insertDeliveries(ctx, url, id, ds[:past]); err != nil {
			return err
		}
		if _, err := s.job(ctx, task{Role: "settle-ours", DatabaseURL: url, ShopID: id}); err != nil {
			return err
		}
		return insertDeliveries(ctx, url, id, ds[past:])
	})
	if err != nil {
		return "", 0, err
	}
	return base, s.caches[key].(int64), nil
}
