package intake_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const shopBody = `{"id":954889,"name":"Anna's store","myshopify_domain":"anna-store.myshopify.com","domain":"anna.example.com","iana_timezone":"Europe/Berlin","currency":"USD","plan_name":"basic"}`

func (s *shop) shopNow() *store.Shop {
	s.t.Helper()
	var out *store.Shop
	if err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) (err error) {
		out, err = tx.Shop(context.Background())
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// deliveries lists those in one state, the newest first.
func (s *shop) deliveries(state store.DeliveryState) (ds []store.Delivery) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), s.id, func(tx *store.Tx) (err error) {
		ds, _, err = tx.ListDeliveries(context.Background(), state, store.Page{Limit: 10})
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return ds
}

func (s *shop) reinstall() (int64, error) {
	added, err := tenant.AddShop(context.Background(), s.db, s.keys, tenant.NewShop{Platform: order.Shopify, Domain: shopDomain, Currency: "USD", TimeZone: "America/New_York"})
	if err != nil {
		return 0, err
	}
	return added.ID, nil
}

func TestAShopThatUninstallsIsSettledAsBeforeAndComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	anna := s.agreement("anna", "ANNA10", tenPercent)
	o := sale{id: 7001, at: at(2, 9), code: "ANNA10", email: "b@example.com", updated: at(2, 9)}
	s.clock.set(at(2, 10))
	// The order is stored, but not settled when the app is uninstalled; what was
	// triggered before comes even later.
	if err := s.send(hook{"orders/create", "w1", o.order(5000), at(2, 9)}); err != nil {
		t.Fatal(err)
	}
	s.deliver(hook{"app/uninstalled", "w2", []byte(shopBody), at(2, 10)})
	if s.shopNow().UninstalledAt == nil {
		t.Fatal("still installed")
	}
	o.refunded = []refundOf{{id: 1, units: 1, at: at(2, 9), cents: 4500}}
	s.deliver(hook{"refunds/create", "w3", o.refund(o.refunded[0]), at(2, 9)})
	if got := s.earned()[anna]; got != 450 {
		t.Errorf("earned %d", got)
	}
	if due, err := s.db.DueShops(context.Background()); err != nil || len(due) != 0 {
		t.Errorf("%v %v", due, err)
	}
	// The compliance request comes 48 hours later.
	s.clock.set(at(4, 10))
	s.deliver(hook{"shop/redact", "w4", []byte(`{"shop_id":954889,"shop_domain":"anna-store.myshopify.com"}`), at(4, 10)})
	if got := s.deliveries(store.DeliveryDone); len(got) == 0 || got[0].Topic != "shop/redact" || got[0].Note != "privacy" {
		t.Errorf("%+v", got)
	}
	s.verify()
	s.replay()

	s.clock.set(at(5, 10))
	id, err := s.reinstall()
	if err != nil || id != s.id || s.shopNow().UninstalledAt != nil || !s.shopNow().InstalledAt.Equal(at(5, 10)) {
		t.Fatalf("shop %d, %v: %+v", id, err, s.shopNow())
	}
	if got := s.earned()[anna]; got != 450 {
		t.Errorf("earned %d before", got)
	}
	if _, err := s.reinstall(); errs.As(err) == nil || errs.As(err).Code != "shop_exists" {
		t.Errorf("an installed shop was added: %v", err)
	}
	// A retry of the first goodbye is stale; a second goodbye is not.
	s.clock.set(at(5, 11))
	s.deliver(hook{"app/uninstalled", "w2-again", []byte(shopBody), at(2, 10)})
	if s.shopNow().UninstalledAt != nil {
		t.Error("a goodbye from before the return uninstalled the shop")
	}
	s.deliver(hook{"app/uninstalled", "w5", []byte(shopBody), at(5, 11)})
	if got := s.shopNow().UninstalledAt; got == nil || !got.Equal(at(5, 11)) {
		t.Errorf("uninstalled at %v", got)
	}
}

func TestAShopIsWhatItLastSaidItIs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.clock.set(at(20, 0))
	s.deliver(
		hook{"shop/update", "w1", []byte(shopBody), at(4, 9)},
		hook{"shop/update", "w2", []byte(`{"id":954889,"name":"An older name","myshopify_domain":"anna-store.myshopify.com","iana_timezone":"Local"}`), at(3, 9)},
	)
	if got := s.shopNow(); got.Name != "Anna's store" || got.TimeZone != "Europe/Berlin" {
		t.Errorf("%+v", got)
	}
	s.deliver(hook{"shop/update", "w3", []byte(`{"id":954889,"name":"A newer name","myshopify_domain":"anna-store.myshopify.com","iana_timezone":"Mars/Olympus"}`), at(5, 9)})
	if got := s.shopNow(); got.Name != "A newer name" || got.TimeZone != "Europe/Berlin" {
		t.Errorf("%+v", got)
	}
}

func TestADeliveryForAShopWeDoNotKnowIsRecordedAndNothingIsDone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.clock.set(at(20, 0))
	body := sale{id: 1, at: at(2, 9), updated: at(2, 9)}.order(1000)
	h := http.Header{}
	for k, v := range map[string]string{"Topic": "orders/create", "Hmac-Sha256": platform.Sign(body, secret), "Shop-Domain": "Stranger.myshopify.com", "API-Version": "2026-10", "Webhook-Id": "w1"} {
		h.Set("X-Shopify-"+k, v)
	}
	for range 2 {
		if err := s.door.Shopify(context.Background(), h, body); err != nil {
			t.Fatal(err)
		}
	}
	var ds []store.Delivery
	if err := s.db.InTx(context.Background(), 0, func(tx *store.Tx) (err error) {
		ds, _, err = tx.ListDeliveries(context.Background(), store.DeliveryIgnored, store.Page{Limit: 10})
		return err
	}); err != nil || len(ds) != 1 || ds[0].Source != "stranger.myshopify.com" || ds[0].Note == "" {
		t.Errorf("%v %+v", err, ds)
	}
	if due, err := s.db.DueShops(context.Background()); err != nil || len(due) != 0 {
		t.Errorf("%v %v", due, err)
	}
}

// Only the body is signed: what is said to come from one shop and speaks of
// another is not taken for either.
func TestABodyAboutAnotherShopThanTheHeadersNameIsPutOff(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.clock.set(at(20, 0))
	if err := s.send(hook{"app/uninstalled", "w1", []byte(`{"id":1,"myshopify_domain":"other.myshopify.com","plan_name":"basic"}`), at(19, 0).Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if r := s.drain(); r.Failed != 1 || s.shopNow().UninstalledAt != nil {
		t.Errorf("%+v", r)
	}
}
