package sandbox

import (
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// wooSide is what makes a store WooCommerce: its webhooks, the queue of
// actions that delivers them, and its API keys.
type wooSide struct {
	s *Store

	mu      sync.Mutex
	hooked  []*wooHook
	queue   []queued        // in the order they were scheduled
	pending map[queued]bool // one waiting action per (webhook, resource)
	rng     *rand.Rand
	noRight bool // the webhooks' user lost its rights
	keys    map[string]*wooKey
	keyIDs  int64
	plugin  *plugin                  // nil: it is not installed
	nonces  map[string]*http.Request // of OAuth 1.0a, each good for one request
	faults  []Fault
	calls   int // of the REST API
}

// wooHook is one webhook as the store keeps it.
type wooHook struct {
	ID              int64
	Name, Topic     string
	URL, Secret     string
	Status          string // active, paused, disabled
	FailureCount    int
	PendingDelivery bool
	Created         time.Time
	Modified        time.Time
}

type action struct {
	topic string
	arg   int64
}

type queued struct {
	hook int64
	arg  int64
}

// maxFailures is woocommerce_max_webhook_delivery_failures: the failure after
// it is exceeded disables the webhook.
const maxFailures = 5

func newWooSide(s *Store) *wooSide {
	return &wooSide{s: s, pending: map[queued]bool{}, rng: rand.New(rand.NewPCG(s.opt.Seed, 4)), keys: map[string]*wooKey{}, nonces: map[string]*http.Request{}}
}

// hooks says which topics fire for what happened, in the order they are
// queued: nearly always updated before created.
func (w *wooSide) hooks(o *Order, what happening) []action {
	on := func(topics ...string) (out []action) {
		for _, t := range topics {
			out = append(out, action{t, o.ID})
		}
		return out
	}
	switch what {
	case silent:
		return nil
	case placed:
		if o.Status == "checkout-draft" {
			return on("order.updated")
		}
		if w.s.rng.IntN(100) < 8 {
			return on("order.created", "order.updated")
		}
		return on("order.updated", "order.created")
	case trashed:
		return on("order.updated", "order.deleted")
	case restored:
		return on("order.restored", "order.updated")
	case touched, edited:
		return on("order.updated")
	case refundedSome:
		r := o.Refunds[len(o.Refunds)-1]
		part := "action.woocommerce_order_partially_refunded"
		if r.Full {
			part = "action.woocommerce_order_fully_refunded"
		}
		return append(on("order.updated", "action.woocommerce_order_refunded", part), action{"action.woocommerce_refund_created", r.ID})
	}
	return on("order.updated", "action.woocommerce_order_status_changed")
}

// fire queues actions for the active webhooks and merges what already waits.
// It reports whether the queue was empty, so that somebody must run it.
func (w *wooSide) fire(acts []action) (first bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := len(w.queue)
	for _, a := range acts {
		for _, h := range w.hooked {
			if h.Topic != a.topic || h.Status != "active" {
				if h.Topic == a.topic && h.Status == "disabled" {
					w.s.out.count(func(st *Stats) { st.Dropped++ })
				}
				continue
			}
			q := queued{h.ID, a.arg}
			if w.pending[q] {
				w.s.out.count(func(st *Stats) { st.Merged++ })
				continue
			}
			w.pending[q] = true
			w.queue = append(w.queue, q)
		}
	}
	return was == 0 && len(w.queue) > 0
}

func (w *wooSide) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue) > 0
}

// cronDelay is how long WP-Cron takes to come by.
func (w *wooSide) cronDelay() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(15+w.rng.IntN(75)) * time.Second
}

// cron runs the queue.
func (w *wooSide) cron() {
	w.mu.Lock()
	run := w.queue
	w.queue = nil
	w.mu.Unlock()
	for _, q := range run {
		w.s.out.submit(func() { w.deliver(q) })
	}
}

// deliver renders the resource as it is now and sends it, once and never again.
func (w *wooSide) deliver(q queued) {
	defer w.s.out.done()
	w.mu.Lock()
	delete(w.pending, q)
	h := w.hook(q.hook)
	if h == nil {
		w.mu.Unlock()
		return
	}
	hook, noRight := *h, w.noRight
	w.mu.Unlock()

	body := w.body(hook.Topic, q.arg, noRight)
	code := w.s.out.post(hook.URL, w.headers(&hook, body), body)
	ok := code >= 200 && code <= 302 // a redirect is a success, and is not followed

	w.mu.Lock()
	if h := w.hook(q.hook); h != nil {
		switch {
		case ok:
			h.FailureCount = 0
		case h.FailureCount > maxFailures:
			h.Status = "disabled"
		default:
			h.FailureCount++
		}
	}
	w.mu.Unlock()
	w.s.out.count(func(st *Stats) {
		st.Attempts++
		if ok {
			st.Delivered++
			st.ByTopic[hook.Topic]++
		} else {
			st.Failures++
			st.Lost++
		}
	})
}

func (w *wooSide) body(topic string, arg int64, noRight bool) []byte {
	kind, event, _ := strings.Cut(topic, ".")
	switch {
	case kind == "action":
		return encode(nil, object{{"action", event}, {"arg", arg}}, php)
	case event == "deleted":
		return encode(nil, object{{"id", arg}}, php)
	case noRight:
		return wooErrorBody("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.", 401)
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if kind == "coupon" {
		if d := w.s.codeByID(arg); d != nil {
			return encode(nil, w.s.wooCoupon(d), php)
		}
		return wooErrorBody("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID.", 404)
	}
	o, err := w.s.order(arg)
	if err != nil {
		return wooErrorBody("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
	}
	return encode(make([]byte, 0, 8<<10), w.s.wooOrder(o), php)
}

func (w *wooSide) headers(h *wooHook, body []byte) map[string]string {
	kind, event, _ := strings.Cut(h.Topic, ".")
	head := w.plainHeaders()
	head["Content-Type"] = "application/json"
	head["X-WC-Webhook-Source"] = w.s.home() + "/"
	head["X-WC-Webhook-Topic"] = h.Topic
	head["X-WC-Webhook-Resource"] = kind
	head["X-WC-Webhook-Event"] = event
	head["X-WC-Webhook-Signature"] = Sign(h.Secret, body)
	head["X-WC-Webhook-ID"] = fmt.Sprint(h.ID)
	// The id is a hash of webhook and second: not unique.
	head["X-WC-Webhook-Delivery-ID"] = fmt.Sprintf("%x", md5.Sum(fmt.Appendf(nil, "%d%d", h.ID, w.s.Now().Unix())))
	return head
}

func (w *wooSide) plainHeaders() map[string]string {
	return map[string]string{
		"User-Agent": "WooCommerce/" + wooVersion + " Hookshot (WordPress/7.1)", "Accept": "*/*",
		"Accept-Encoding": "deflate, gzip, br, zstd",
	}
}

// ping is what a new webhook sends before anything else: a form, unsigned.
func (w *wooSide) ping(h *wooHook) {
	head := w.plainHeaders()
	head["Content-Type"] = "application/x-www-form-urlencoded"
	code := w.s.out.post(h.URL, head, fmt.Appendf(nil, "webhook_id=%d", h.ID))
	w.s.out.count(func(st *Stats) { st.Pings++ })
	if code == 200 {
		w.mu.Lock()
		h.PendingDelivery = false
		w.mu.Unlock()
	}
}

// hook finds a webhook. Call with mu held.
func (w *wooSide) hook(id int64) *wooHook {
	i := slices.IndexFunc(w.hooked, func(h *wooHook) bool { return h.ID == id })
	if i < 0 {
		return nil
	}
	return w.hooked[i]
}

// LoseRights makes the user behind webhooks and keys lose (or regain) its
// rights: bodies become signed errors and the API answers 401.
func (s *Store) LoseRights(lost bool) {
	s.woo.mu.Lock()
	s.woo.noRight = lost
	s.woo.mu.Unlock()
}

// SubscribeWoo creates a webhook as POST /webhooks does, ping included, and
// returns its id.
func (s *Store) SubscribeWoo(topic, url, secret string) int64 {
	h := s.woo.add(topic, topic, url, secret)
	s.woo.ping(h)
	return h.ID
}

func (w *wooSide) add(name, topic, url, secret string) *wooHook {
	now := w.s.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &wooHook{
		ID: int64(len(w.hooked)) + 1, Name: name, Topic: topic, URL: url, Secret: secret,
		Status: "active", PendingDelivery: true, Created: now, Modified: now,
	}
	w.hooked = append(w.hooked, h)
	return h
}
