package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

var one = Basket{Items: []Item{{0, 2}, {1, 1}}, Codes: []string{"ANNA15"}}

func TestShopifySignsAndNamesEveryDelivery(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s := open(t, options(Shopify), a)
	must(s.Checkout(one))(t)
	settle(t, s)
	if have := a.topics("X-Shopify-Topic"); len(have) != 3 {
		t.Fatalf("topics %v", have)
	}
	ids, events := map[string]bool{}, map[string]bool{}
	for _, g := range a.all() {
		h := g.header
		if h.Get("X-Shopify-Hmac-Sha256") != Sign("hush", g.body) {
			t.Error("signature does not verify")
		}
		if h.Get("X-Shopify-Shop-Domain") != "sandbox.myshopify.com" || h.Get("X-Shopify-API-Version") != "2026-10" {
			t.Errorf("headers %v", h)
		}
		if _, err := time.Parse(time.RFC3339Nano, h.Get("X-Shopify-Triggered-At")); err != nil {
			t.Error(err)
		}
		ids[h.Get("X-Shopify-Webhook-Id")], events[h.Get("X-Shopify-Event-Id")] = true, true
	}
	if len(ids) != 3 || len(events) != 1 {
		t.Errorf("%d webhook ids and %d event ids, want 3 and 1", len(ids), len(events))
	}
}

func TestShopifyRetriesTheOriginalPayloadUnderTheSameID(t *testing.T) {
	t.Parallel()
	a := newApp(t, func(n int, g got) int {
		if n < 5 {
			return []int{500, 503, 301, 404, 202}[n] // anything but 2xx is a failure; 202 is not
		}
		return 200
	})
	o := options(Shopify)
	o.Delivery.Workers = 1
	s := open(t, o, a)
	unpaid := one
	unpaid.Gateway = "bacs"
	order := must(s.Checkout(unpaid))(t)
	settle(t, s)
	ok(t, s.Pay(order.ID))
	first := a.all()[:5]
	for _, g := range first {
		if string(g.body) != string(first[0].body) || g.header.Get("X-Shopify-Webhook-Id") != first[0].header.Get("X-Shopify-Webhook-Id") {
			t.Error("a retry differs from the first attempt")
		}
		if !strings.Contains(string(g.body), `"financial_status":"pending"`) {
			t.Error("the payload is not the original one")
		}
	}
	settle(t, s)
	if st := s.Stats(); st.Retries != 4 || st.Lost != 0 || st.Failures != 4 || st.Delivered != 3 {
		t.Errorf("stats %+v", st)
	}
}

func TestShopifyGivesUpAfterEightRetries(t *testing.T) {
	t.Parallel()
	a := newApp(t, func(int, got) int { return 500 })
	s := open(t, options(Shopify), a)
	unpaid := one
	unpaid.Unpaid = true
	must(s.Checkout(unpaid))(t)
	settle(t, s)
	if st := s.Stats(); len(a.all()) != 9 || st.Lost != 1 || st.Retries != 8 {
		t.Errorf("%d attempts, stats %+v", len(a.all()), st)
	}
}

func TestShopifyTimesOutSlowApps(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	a := newApp(t, func(n int, _ got) int {
		switch n {
		case 0:
			<-second
		case 1:
			close(second)
		}
		return 200
	})
	o := options(Shopify)
	o.Delivery.Timeout = 100 * time.Millisecond
	s := open(t, o, a)
	unpaid := one
	unpaid.Unpaid = true
	must(s.Checkout(unpaid))(t)
	settle(t, s)
	if st := s.Stats(); st.Retries < 1 || st.Delivered != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestShopifySendsDuplicatesAndDisorderWhenAsked(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	o := options(Shopify)
	o.Delivery.Duplicates, o.Delivery.Disorder, o.Delivery.Workers = 500, 400, 1
	s := open(t, o, a)
	for range 20 {
		must(s.Checkout(one))(t)
	}
	settle(t, s)
	seen, firstTopic := map[string]int{}, map[string]string{}
	for _, g := range a.all() {
		seen[g.header.Get("X-Shopify-Webhook-Id")]++
		id := fmt.Sprint(parse(t, g.body)["id"])
		if firstTopic[id] == "" {
			firstTopic[id] = g.header.Get("X-Shopify-Topic")
		}
	}
	twice, early := 0, 0
	for _, n := range seen {
		if n == 2 {
			twice++
		}
	}
	for _, topic := range firstTopic {
		if topic != "orders/create" {
			early++
		}
	}
	if st := s.Stats(); len(seen) != 60 || twice != st.Duplicates || twice < 10 || early < 3 || st.HeldBack < 10 {
		t.Errorf("%d ids, %d twice, %d orders not created first, stats %+v", len(seen), twice, early, st)
	}
}

func TestShopifyRotationSignsWithTheOldSecretUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s := open(t, options(Shopify), a)
	s.RotateSecret("new")
	s.Fire("app/uninstalled", []byte(`{"id":1}`))
	settle(t, s)
	s.RevokeOldSecret()
	s.Fire("app/uninstalled", []byte(`{"id":2}`))
	settle(t, s)
	for i, secret := range []string{"hush", "new"} {
		if g := a.all()[i]; g.header.Get("X-Shopify-Hmac-Sha256") != Sign(secret, g.body) {
			t.Errorf("delivery %d is not signed with %q", i, secret)
		}
	}
}

func TestShopifyTellsOfEveryMishap(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	o := options(Shopify)
	o.Delivery.Workers = 1
	s := open(t, o, a)
	order := must(s.Checkout(one))(t)
	ok(t, s.RemoveItem(order.ID, 0, 1))
	ok(t, s.RefundLine(order.ID, 1, 1))
	ok(t, s.Cancel(order.ID))
	ok(t, s.Delete(order.ID))
	settle(t, s)
	want := []string{
		"orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/updated", "refunds/create", "orders/updated",
		"orders/cancelled", "refunds/create", "orders/updated", "orders/delete",
	}
	if have := a.topics("X-Shopify-Topic"); !slices.Equal(have, want) {
		t.Errorf("topics\n %v, want\n %v", have, want)
	}
	all := a.all()
	if have := string(all[len(all)-1].body); have != fmt.Sprintf(`{"id":%d}`, order.ID) {
		t.Errorf("orders/delete says %s", have)
	}
}

func TestWooCommercePingsThenDeliversUpdatedBeforeCreated(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	o := options(WooCommerce)
	o.Delivery.Workers = 1
	s := open(t, o, a)
	if g := a.all()[0]; string(g.body) != "webhook_id=1" || g.header.Get("X-Wc-Webhook-Signature") != "" ||
		g.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("ping %s %v", g.body, g.header)
	}
	first := 0
	for range 20 {
		must(s.Checkout(one))(t)
		from := len(a.all())
		settle(t, s)
		if a.topics("X-Wc-Webhook-Topic")[from] == "order.updated" {
			first++
		}
	}
	if first < 15 {
		t.Errorf("updated came first %d times of 20", first)
	}
	ids := map[string]bool{}
	for _, g := range a.all()[5:] {
		if g.header.Get("X-Wc-Webhook-Signature") != Sign("s3cr&t", g.body) || g.header.Get("X-Wc-Webhook-Source") != s.URL()+"/" {
			t.Errorf("headers %v", g.header)
		}
		ids[g.header.Get("X-Wc-Webhook-Delivery-ID")] = true
	}
	if len(ids) != 2 { // one second on the store's clock, two webhooks
		t.Errorf("%d delivery ids", len(ids))
	}
}

func TestWooCommerceMergesRepeatsAndShowsTheLatestState(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s := open(t, options(WooCommerce), a)
	order := must(s.Checkout(one))(t)
	ok(t, s.RefundAll(order.ID))
	ok(t, s.Trash(order.ID))
	settle(t, s)
	for _, g := range a.all()[5:] {
		m := parse(t, g.body)
		switch g.header.Get("X-Wc-Webhook-Topic") {
		case "order.deleted":
			if string(g.body) != fmt.Sprintf(`{"id":%d}`, order.ID) {
				t.Errorf("order.deleted says %s", g.body)
			}
		default:
			if m["status"] != "trash" || len(m.list("refunds")) != 1 {
				t.Errorf("%s shows status %v", g.header.Get("X-Wc-Webhook-Topic"), m["status"])
			}
		}
	}
	if st := s.Stats(); st.Merged != 2 || len(a.all()) != 5+3 {
		t.Errorf("%d requests, stats %+v", len(a.all()), st)
	}
}

func TestWooCommerceDisablesAWebhookOnTheSeventhFailureInARow(t *testing.T) {
	t.Parallel()
	a := newApp(t, func(_ int, g got) int {
		if g.header.Get("X-Wc-Webhook-Topic") == "order.updated" {
			return 500
		}
		return 301 // a redirect counts as success and is not followed
	})
	o := options(WooCommerce)
	o.Delivery.Workers = 1
	s := open(t, o, a)
	id := must(s.Checkout(one))(t).ID
	settle(t, s)
	hook := func() Webhook { return s.Webhooks()[1] }
	for n := 2; n <= 6; n++ {
		ok(t, s.Touch(id))
		settle(t, s)
		if h := hook(); h.Status != "active" || h.FailureCount != n {
			t.Fatalf("after failure %d: %+v", n, h)
		}
	}
	ok(t, s.Touch(id))
	settle(t, s)
	if h := hook(); h.Status != "disabled" || h.FailureCount != 6 {
		t.Fatalf("after the seventh failure: %+v", h)
	}
	before := len(a.all())
	ok(t, s.Touch(id))
	settle(t, s)
	if len(a.all()) != before || s.Stats().Dropped != 1 {
		t.Error("a disabled webhook must queue nothing")
	}
	if h := s.Webhooks()[0]; h.FailureCount != 0 || h.Status != "active" {
		t.Errorf("redirected webhook %+v", h)
	}
	if st := s.Stats(); st.Retries != 0 || st.Lost != 7 {
		t.Errorf("stats %+v", st)
	}
	for _, g := range a.all() {
		if g.path == "/elsewhere" {
			t.Error("a redirect was followed")
		}
	}
}

func TestWooCommerceSignsErrorsWhenItsUserLostRights(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s := open(t, options(WooCommerce), a)
	s.LoseRights(true)
	must(s.Checkout(one))(t)
	settle(t, s)
	for _, g := range a.all()[5:] {
		if parse(t, g.body)["code"] != "woocommerce_rest_cannot_view" || g.header.Get("X-Wc-Webhook-Signature") != Sign("s3cr&t", g.body) {
			t.Errorf("body %s", g.body)
		}
	}
}

func TestWooCommerceSaysNothingOfDeletedRefundsAndOrders(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s := open(t, options(WooCommerce), a)
	order := must(s.Checkout(one))(t)
	ok(t, s.RefundLine(order.ID, 0, 1))
	settle(t, s)
	before, stamp := len(a.all()), order.UpdatedAt
	ok(t, s.DeleteRefund(order.ID, order.Refunds[0].ID))
	if !order.UpdatedAt.Equal(stamp) {
		t.Error("the order must not look modified")
	}
	ok(t, s.Delete(order.ID))
	settle(t, s)
	if len(a.all()) != before {
		t.Error("something was sent")
	}
}

func TestClosedStoresStopSending(t *testing.T) {
	t.Parallel()
	s := open(t, options(Shopify), nil)
	s.Subscribe("http://127.0.0.1:1/nobody", OrderTopics...)
	must(s.Checkout(one))(t)
	ok(t, s.Close())
	settle(t, s)
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("the server still answers")
	}
}
