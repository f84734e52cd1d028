package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/insight"
	"tributary/internal/intake"
	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

const (
	wooSecret  = "a secret of sixteen"
	wooKey     = "ck_0123456789abcdef0123456789abcdef01234567"
	wooKeyPass = "cs_fedcba9876543210fedcba9876543210fedcba98"
)

// wooShop is a WooCommerce shop whose store answers the REST API.
type wooShop struct {
	*shop
	token      string
	connection int64
	rereader   *intake.Rereader
	sent       int

	mu     sync.Mutex
	answer func(w http.ResponseWriter, path string) // nil: the store is silent
	asked  atomic.Int64
}

func newWooShop(t testing.TB, withKeys bool) *wooShop {
	t.Helper()
	ctx := context.Background()
	w := &wooShop{shop: newTenant(t)}
	rest := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked.Add(1)
		if w.answer == nil {
			panic(http.ErrAbortHandler)
		}
		w.answer(rw, strings.TrimPrefix(r.URL.Path, "/wp-json/wc/v3/orders/"))
	}))
	t.Cleanup(rest.Close)
	w.home = rest.URL + "/"
	n := tenant.NewShop{Platform: order.WooCommerce, Domain: strings.TrimPrefix(rest.URL, "http://"), BaseURL: rest.URL, Currency: "USD", TimeZone: "America/New_York", Secret: wooSecret}
	if withKeys {
		n.RestKeys = tenant.RestKeys{Key: wooKey, Secret: wooKeyPass}
	}
	added, err := tenant.AddShop(ctx, w.db, w.keys, n)
	if err != nil {
		t.Fatal(err)
	}
	w.id, w.connection, w.token = added.ID, added.Connection.ID, strings.TrimPrefix(added.Connection.Path, "/webhooks/woocommerce/")
	w.rereader = intake.NewRereader(w.db, w.keys, woocommerce.NewClient("test", true), slog.New(slog.DiscardHandler), 1)
	return w
}

func (w *wooShop) answers(f func(rw http.ResponseWriter, path string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// send sends one webhook; every call is a delivery of its own.
func (w *wooShop) send(topic string, body string) {
	w.t.Helper()
	w.sent++
	w.sendAs(fmt.Sprintf("%032x", w.sent), topic, body)
}

func (w *wooShop) sendAs(id, topic, body string) {
	w.t.Helper()
	h := http.Header{}
	h.Set("X-WC-Webhook-Topic", topic)
	h.Set("X-WC-Webhook-ID", "1")
	h.Set("X-WC-Webhook-Delivery-ID", id)
	h.Set("X-WC-Webhook-Signature", platform.Sign([]byte(body), wooSecret))
	if err := w.door.WooCommerce(context.Background(), w.token, h, []byte(body)); err != nil {
		w.t.Fatalf("send %s: %v", topic, err)
	}
}

// reread reads what is due, settles it and returns how many orders were read.
func (w *wooShop) reread() int {
	w.t.Helper()
	n, err := w.rereader.Shop(context.Background(), w.id)
	if err != nil {
		w.t.Fatal(err)
	}
	w.drain()
	return n
}

func (w *wooShop) connectionNow() store.Connection {
	w.t.Helper()
	var all []store.Connection
	if err := w.db.InTx(context.Background(), w.id, func(tx *store.Tx) (err error) {
		all, err = tx.Connections(context.Background())
		return err
	}); err != nil || len(all) != 1 {
		w.t.Fatal(all, err)
	}
	return all[0]
}

func (w *wooShop) orderNow(id int64) *order.Order {
	w.t.Helper()
	var rows []store.OrderRow
	if err := w.db.InTx(context.Background(), w.id, func(tx *store.Tx) (err error) {
		rows, err = tx.OrdersByID(context.Background(), []int64{id})
		return err
	}); err != nil || len(rows) != 1 {
		w.t.Fatal(rows, err)
	}
	b, err := store.Unpack(rows[0].State)
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := order.Decode(b)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// wooOrder is order 16: $60.00 of product 1, $40.00 of product 2, and $10.00
// for shipping, by Anna's code.
func wooOrder(status string, modified time.Time, refunds ...string) string {
	return fmt.Sprintf(`{"id":16,"number":"16","status":%q,"currency":"USD","date_created_gmt":"2026-08-02T09:00:00","date_modified_gmt":%q,"date_paid_gmt":"2026-08-02T09:00:05",
		"total":"110.00","total_tax":"0.00","shipping_total":"10.00","shipping_tax":"0.00","billing":{"email":"buyer@example.com"},"coupon_lines":[{"code":"anna10","discount":"0.00"}],
		"line_items":[{"id":1,"product_id":1,"quantity":1,"subtotal":"60.00","total":"60.00","total_tax":"0.00"},{"id":2,"product_id":2,"quantity":1,"subtotal":"40.00","total":"40.00","total_tax":"0.00"}],
		"refunds":[%s]}`, status, modified.Format("2006-01-02T15:04:05"), strings.Join(refunds, ","))
}

// A name that the store dates and that stands elsewhere without a date is one
// touch at the store's time, so that a code does not beat it as too late.
func TestAnUndatedClaimDoesNotHideADatedOne(t *testing.T) {
	t.Parallel()
	const dated = `{"key":"_wc_order_attribution_session_start_time","value":"2026-08-02 08:00:00"},{"key":"_wc_order_attribution_session_entry","value":"https://x.example/?ref=ben"}`
	for name, meta := range map[string]string{
		"dated only":           dated,
		"the same name twice":  `{"key":"_tributary_ref","value":"ben"},` + dated,
		"dated last":           `{"key":"_wc_order_attribution_utm_source","value":"ben"},{"key":"_tributary_ref","value":"ben"},` + dated,
		"as a campaign's name": `{"key":"_tributary_ref","value":"ben"},{"key":"_wc_order_attribution_session_start_time","value":"2026-08-02 08:00:00"},{"key":"_wc_order_attribution_utm_source","value":"ben"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWooShop(t, false)
			w.agreement("ben", "BEN10", tenPercent)
			w.clock.set(at(20, 0))
			body := strings.Replace(wooOrder("processing", at(2, 9)), `"coupon_lines":[{"code":"anna10","discount":"0.00"}]`, `"coupon_lines":[],"meta_data":[`+meta+`]`, 1)
			w.send("order.created", body)
			w.drain()
			w.in(func(tx *store.Tx) error {
				_, ds, err := insight.Why(context.Background(), tx, 16)
				if err != nil {
					return err
				}
				if len(ds) != 1 || len(ds[0].Candidates) != 1 || !ds[0].Candidates[0].Won || !ds[0].Candidates[0].At.Equal(time.Date(2026, 8, 2, 8, 0, 0, 0, time.UTC)) {
					t.Errorf("decided %+v, want Ben by his visit of 2 August, 08:00", ds)
				}
				return nil
			})
		})
	}
}

// The refund gives back line 2 and the shipping: $50.00.
const (
	refundSum  = `{"id":17,"reason":"","total":"-50.00","total_tax":"0.00"}`
	refundFull = `{"id":17,"date_created_gmt":"2026-08-03T09:00:00","amount":"50.00","line_items":[{"id":9,"quantity":-1,"total":"-40.00","total_tax":"0.00",
		"meta_data":[{"key":"_refunded_item_id","value":"2"}]}],"shipping_lines":[{"id":10,"total":"-10.00","total_tax":"0.00"}]}`
)

// A life with the bin in it, sent in any order, any of it twice, settled in dribs
// and drabs: the ledger ends where the store is.
func TestTheBinEndsRightInWhateverOrderItIsHeardOf(t *testing.T) {
	t.Parallel()
	type delivery struct{ topic, body string }
	created := delivery{"order.created", wooOrder("processing", at(2, 9))}
	gone := delivery{"order.deleted", `{"id":16}`}
	tables := []delivery{created, {"order.updated", wooOrder("trash", at(4, 9))}, gone,
		{"order.restored", wooOrder("processing", at(5, 9))}, {"order.updated", wooOrder("processing", at(5, 9))}}
	posts := []delivery{created, gone, {"order.restored", wooOrder("processing", at(5, 9))}}
	for name, c := range map[string]struct {
		sent []delivery
		want int64
	}{
		"restored":                          {tables, 1000},
		"restored, only the update came":    {slices.Delete(slices.Clone(tables), 3, 4), 1000},
		"restored, all of it merged":        {slices.Delete(slices.Clone(tables), 1, 2), 1000},
		"put there again":                   {append(slices.Clone(tables), delivery{"order.updated", wooOrder("trash", at(6, 9))}, gone), 0},
		"kept as posts, restored":           {posts, 1000},
		"kept as posts, put there again":    {append(slices.Clone(posts), gone), 0},
		"kept as posts, and restored again": {append(slices.Clone(posts), gone, delivery{"order.restored", wooOrder("processing", at(7, 9))}), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(2) {
				rng := rand.New(rand.NewPCG(seed, 3))
				w := newWooShop(t, false)
				anna := w.agreement("anna", "ANNA10", tenPercent)
				w.clock.set(at(20, 0))
				for _, i := range rng.Perm(len(c.sent)) {
					d := c.sent[i]
					w.sendAs(fmt.Sprint(i), d.topic, d.body)
					if rng.IntN(3) == 0 {
						w.drain()
					}
					w.clock.set(w.clock.now().Add(time.Duration(rng.IntN(48)) * time.Hour))
					if rng.IntN(3) == 0 {
						w.sendAs(fmt.Sprint(i), d.topic, d.body)
					}
				}
				w.drain()
				if got := w.earned()[anna]; got != c.want {
					t.Errorf("seed %d: earned %d, want %d\n%s", seed, got, c.want, order.Encode(w.orderNow(16)))
				}
				w.verify()
				if seed == 0 {
					w.replay()
				}
			}
		})
	}
}

func TestAConnectionIsUnhealthyUntilTheNextOrderItBrings(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, false)
	w.clock.set(at(20, 0))
	const lost = `{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot view this resource.","data":{"status":401}}`
	step := func(topic, body, want string) {
		t.Helper()
		w.clock.set(w.clock.now().Add(time.Minute))
		w.send(topic, body)
		w.drain()
		if c := w.connectionNow(); c.Health != want {
			t.Errorf("after %s %.40s: %q", topic, body, c.Health)
		}
	}
	sick := "woocommerce_rest_cannot_view: Sorry, you cannot view this resource."
	step("order.updated", wooOrder("processing", at(2, 9)), "ok")
	step("order.updated", lost, sick)
	step("order.deleted", `{"id":99}`, sick) // needs no right
	step("coupon.updated", `{"id":12,"code":"anna10"}`, sick)
	step("product.updated", `{"id":12}`, sick)
	step("order.updated", wooOrder("completed", at(3, 9)), "ok")
	step("coupon.updated", lost, sick)
	step("order.updated", wooOrder("completed", at(4, 9)), "ok")
	if c := w.connectionNow(); !c.HealthAt.Equal(w.clock.now()) {
		t.Errorf("since %v", c.HealthAt)
	}
	// What is said together is heard in the order in which it came.
	w.send("order.updated", wooOrder("completed", at(5, 9)))
	w.clock.set(w.clock.now().Add(time.Minute))
	w.send("order.updated", lost)
	w.drain()
	if c := w.connectionNow(); c.Health != sick {
		t.Errorf("%q", c.Health)
	}
}

func TestNoWebhookCanPassForAReadingOfOurs(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, false)
	body := woocommerce.Read{OrderID: 16, Order: []byte(wooOrder("processing", at(2, 9)))}.Body()
	h := http.Header{}
	h.Set("X-WC-Webhook-Topic", woocommerce.TopicRead)
	h.Set("X-WC-Webhook-ID", "1")
	h.Set("X-WC-Webhook-Delivery-ID", "1")
	h.Set("X-WC-Webhook-Signature", platform.Sign(body, wooSecret))
	err := w.door.WooCommerce(context.Background(), w.token, h, body)
	if e := errs.As(err); e == nil || e.Kind != errs.BadRequest {
		t.Errorf("%v", err)
	}
	if r := w.drain(); r.Deliveries != 0 {
		t.Errorf("%+v", r)
	}
}

func TestNotesOfStrangersWordsAreFitToBeStored(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.clock.set(at(20, 0))
	var o map[string]any
	if err := json.Unmarshal(sale{id: 1, at: at(2, 9), updated: at(2, 9)}.order(1000), &o); err != nil {
		t.Fatal(err)
	}
	o["currency"] = "x\x00" + strings.Repeat("ä", 300)
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	s.deliver(hook{"orders/create", "w1", []byte(strings.ReplaceAll(string(b), `\u0000`, "\x00")), at(2, 9)})
	if ds := s.deliveries(store.DeliveryRetry); len(ds) != 1 || !strings.Contains(ds[0].Note, "currency") {
		t.Errorf("%+v", ds)
	}
}

// A status alone is not the truth: what an order earns follows status, payment
// and refunds together, forwards and backwards.
func TestEveryStatusEarnsWhatItShould(t *testing.T) {
	t.Parallel()
	const full = `{"id":19,"total":"-110.00","total_tax":"0.00"}`
	unpaid := func(status string, hour int) string {
		return strings.Replace(wooOrder(status, at(2, hour)), `"date_paid_gmt":"2026-08-02T09:00:05"`, `"date_paid_gmt":null`, 1)
	}
	for name, steps := range map[string][]struct {
		body  string
		want  int64
		state string
	}{
		"cash on delivery": {
			{unpaid("processing", 9), 0, "unpaid"}, {wooOrder("completed", at(5, 9)), 1000, "pending"},
		},
		"a bank transfer that never comes": {
			{unpaid("on-hold", 9), 0, "unpaid"}, {unpaid("cancelled", 10), 0, "void"},
		},
		"failed, then paid": {
			{unpaid("failed", 9), 0, "void"}, {wooOrder("processing", at(2, 10)), 1000, "pending"},
		},
		"refunded by its status, and set back to completed": {
			{wooOrder("completed", at(2, 9)), 1000, "pending"}, {wooOrder("refunded", at(3, 9), full), 0, "pending"}, {wooOrder("completed", at(4, 9), full), 0, "pending"},
			{wooOrder("completed", at(5, 9)), 1000, "pending"}, // the refund was deleted, and then the order saved
		},
		"a status of a plugin is neither paid nor void": {
			{wooOrder("processing", at(2, 9)), 1000, "pending"}, {wooOrder("in-the-oven", at(3, 9)), 1000, "held"}, {wooOrder("completed", at(4, 9)), 1000, "pending"},
		},
		"an unfinished checkout, then an order": {
			{unpaid("checkout-draft", 8), 0, ""}, {wooOrder("processing", at(2, 9)), 1000, "pending"},
		},
		"cancelled after it was paid, and taken up again": {
			{wooOrder("processing", at(2, 9)), 1000, "pending"}, {wooOrder("cancelled", at(3, 9)), 0, "void"}, {wooOrder("processing", at(4, 9)), 1000, "pending"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWooShop(t, false)
			anna := w.agreement("anna", "ANNA10", tenPercent)
			w.clock.set(at(20, 0))
			for i, s := range steps {
				w.send("order.updated", s.body)
				w.drain()
				state := ""
				if err := w.db.InTx(context.Background(), w.id, func(tx *store.Tx) error {
					es, err := tx.EarningsOfOrders(context.Background(), []int64{16})
					if len(es) == 1 {
						state = es[0].State
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if got := w.earned()[anna]; got != s.want || state != s.state {
					t.Errorf("step %d: earned %d and is %q, want %d and %q", i, got, state, s.want, s.state)
				}
			}
			w.verify()
		})
	}
}

func TestAnOrderOfManyLinesEarnsToTheCent(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, false)
	anna := w.agreement("anna", "ANNA10", tenPercent)
	w.clock.set(at(20, 0))
	var lines []string
	for i := range 400 {
		lines = append(lines, fmt.Sprintf(`{"id":%d,"product_id":%d,"quantity":1,"subtotal":"3.35","total":"3.350000","total_tax":0}`, i+1, i+1))
	}
	o := wooOrder("completed", at(2, 9))
	a, b := strings.Index(o, `"line_items":[`), strings.Index(o, `"refunds"`)
	w.send("order.updated", o[:a]+`"line_items":[`+strings.Join(lines, ",")+`],`+o[b:])
	w.drain()
	if got := w.earned()[anna]; got != 13400 { // 10 % of 1,340.00, rounded once
		t.Errorf("earned %d", got)
	}
	w.verify()
}
