package sandbox

import (
	"cmp"
	"net/http"
	"strings"
)

// wooHookJSON never shows the secret, as the real answer does not.
func (w *wooSide) wooHookJSON(h *wooHook) object {
	kind, event, _ := strings.Cut(h.Topic, ".")
	hook := "woocommerce_update_" + kind
	if kind == "action" {
		hook = event
	}
	return object{
		{"id", h.ID}, {"name", h.Name}, {"status", h.Status}, {"topic", h.Topic}, {"resource", kind}, {"event", event},
		{"hooks", list{hook}}, {"delivery_url", h.URL},
		{"date_created", w.s.local(h.Created)}, {"date_created_gmt", w.s.gmt(h.Created)},
		{"date_modified", w.s.local(h.Modified)}, {"date_modified_gmt", w.s.gmt(h.Modified)},
		{"_links", w.s.links("webhooks", h.ID)},
	}
}

func validTopic(topic string) bool {
	kind, event, _ := strings.Cut(topic, ".")
	switch kind {
	case "order", "coupon", "customer", "product":
		return event == "created" || event == "updated" || event == "deleted" || event == "restored" || topic == "product.published"
	case "action":
		return strings.HasPrefix(event, "woocommerce_") || strings.HasPrefix(event, "wc_")
	}
	return false
}

type wooHookInput struct {
	Name, Topic, Secret, Status *string
	DeliveryURL                 *string `json:"delivery_url"`
}

func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// createWebhook pings the delivery URL while the request is still open: the
// app gets the ping before it knows the webhook's id.
func (w *wooSide) createWebhook(rw http.ResponseWriter, r *http.Request) {
	var in wooHookInput
	if !wooBody(rw, r, &in) {
		return
	}
	url := deref(in.DeliveryURL)
	switch {
	case !validTopic(deref(in.Topic)):
		wooFail(rw, 400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
		return
	case !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://"):
		wooFail(rw, 400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Webhook delivery URL must be a valid URL starting with http:// or https://.")
		return
	}
	h := w.add(cmp.Or(deref(in.Name), "Webhook"), *in.Topic, url, deref(in.Secret))
	w.ping(h)
	w.mu.Lock()
	if st := deref(in.Status); st != "" {
		h.Status = st
	}
	out := w.wooHookJSON(h)
	w.mu.Unlock()
	wooOK(rw, 201, out)
}

func (w *wooSide) listWebhooks(rw http.ResponseWriter, r *http.Request) {
	want := cmp.Or(r.URL.Query().Get("status"), "all")
	w.mu.Lock()
	defer w.mu.Unlock()
	var hit []*wooHook
	for i := len(w.hooked) - 1; i >= 0; i-- {
		if h := w.hooked[i]; h.ID > 0 && (want == "all" || h.Status == want) {
			hit = append(hit, h)
		}
	}
	cut, ok := page(rw, r, hit)
	if !ok {
		return
	}
	out := list{}
	for _, h := range cut {
		out = append(out, w.wooHookJSON(h))
	}
	wooOK(rw, 200, out)
}

func (w *wooSide) withHook(rw http.ResponseWriter, r *http.Request, do func(*wooHook)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hook(pathID(r))
	if h == nil {
		wooFail(rw, 404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
		return
	}
	do(h)
}

func (w *wooSide) getWebhook(rw http.ResponseWriter, r *http.Request) {
	w.withHook(rw, r, func(h *wooHook) { wooOK(rw, 200, w.wooHookJSON(h)) })
}

// updateWebhook re-activates but keeps the failure count: one more failure
// disables the webhook again. It does not ping.
func (w *wooSide) updateWebhook(rw http.ResponseWriter, r *http.Request) {
	var in wooHookInput
	if !wooBody(rw, r, &in) {
		return
	}
	w.withHook(rw, r, func(h *wooHook) {
		if in.Topic != nil && !validTopic(*in.Topic) {
			wooFail(rw, 400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
			return
		}
		for _, f := range []struct {
			to   *string
			from *string
		}{{&h.Name, in.Name}, {&h.Topic, in.Topic}, {&h.Secret, in.Secret}, {&h.Status, in.Status}, {&h.URL, in.DeliveryURL}} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		h.Modified = w.s.Now()
		wooOK(rw, 200, w.wooHookJSON(h))
	})
}

func (w *wooSide) deleteWebhook(rw http.ResponseWriter, r *http.Request) {
	w.withHook(rw, r, func(h *wooHook) {
		out := w.wooHookJSON(h)
		for i := range w.hooked {
			if w.hooked[i] == h {
				w.hooked[i] = &wooHook{ID: -h.ID, Status: "gone"} // ids are never used again
			}
		}
		wooOK(rw, 200, out)
	})
}

// Webhook is what a test may ask about a WooCommerce webhook.
type Webhook struct {
	ID              int64
	Topic, URL      string
	Status          string
	FailureCount    int
	PendingDelivery bool
}

// Webhooks lists the store's webhooks.
func (s *Store) Webhooks() (out []Webhook) {
	s.woo.mu.Lock()
	defer s.woo.mu.Unlock()
	for _, h := range s.woo.hooked {
		if h.ID > 0 {
			out = append(out, Webhook{h.ID, h.Topic, h.URL, h.Status, h.FailureCount, h.PendingDelivery})
		}
	}
	return out
}
