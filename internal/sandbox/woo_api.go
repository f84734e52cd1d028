package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wooKey is one REST API key.
type wooKey struct {
	id               int64
	consumer, secret string
	write            bool
}

// AddKey makes a key as WooCommerce's settings page does.
func (s *Store) AddKey(write bool) (consumer, secret string) {
	k := s.woo.newKey(write)
	return k.consumer, k.secret
}

func (w *wooSide) newKey(write bool) *wooKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	hex := func() string {
		return fmt.Sprintf("%016x%016x%08x", w.rng.Uint64(), w.rng.Uint64(), w.rng.Uint32())
	}
	w.keyIDs++
	k := &wooKey{id: w.keyIDs, consumer: "ck_" + hex(), secret: "cs_" + hex(), write: write}
	w.keys[k.consumer] = k
	return k
}

func (w *wooSide) routes(mux *http.ServeMux) {
	w.adminRoutes(mux)
	const v3 = "/wp-json/wc/v3"
	handle := func(pattern string, h http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+v3+path, w.authed(h))
	}
	handle("GET /system_status", w.systemStatus)
	handle("GET /orders", w.listOrders)
	handle("GET /orders/{id}", w.getOrder)
	handle("GET /orders/{id}/refunds", w.orderRefunds)
	handle("GET /refunds", w.allRefunds)
	handle("GET /webhooks", w.listWebhooks)
	handle("POST /webhooks", w.createWebhook)
	handle("GET /webhooks/{id}", w.getWebhook)
	handle("PUT /webhooks/{id}", w.updateWebhook)
	handle("DELETE /webhooks/{id}", w.deleteWebhook)
	handle("GET /coupons", w.listCoupons)
	handle("POST /coupons", w.createCoupon)
	handle("POST /coupons/batch", w.batchCoupons)
	handle("GET /coupons/{id}", w.getCoupon)
	handle("PUT /coupons/{id}", w.updateCoupon)
	handle("DELETE /coupons/{id}", w.deleteCoupon)
	w.pluginRoutes(mux)
	if !w.s.opt.PlainPermalinks { // what WordPress rewrites
		mux.HandleFunc("GET /wc-auth/v1/authorize", w.authorize)
		mux.HandleFunc("GET /wc-auth/v1/access_granted/{$}", w.granted)
		mux.HandleFunc("GET /wp-json/{$}", w.index)
	}
	mux.HandleFunc("/wp-json/", func(rw http.ResponseWriter, _ *http.Request) {
		if w.s.opt.PlainPermalinks {
			notFoundPage(rw)
			return
		}
		wooFail(rw, 404, "rest_no_route", "No route was found matching the URL and request method.")
	})
}

// How a WooCommerce store lets keys in.
const (
	// WooTLS: in the header or in the query, as when it knows that it is reached
	// over TLS. The sandbox is plain HTTP on loopback and behaves as if it were not.
	WooTLS = ""
	// WooHeaderDropped: the web server keeps the header from PHP.
	WooHeaderDropped = "query"
	// WooPlain: it takes itself to be reached over http, and wants OAuth 1.0a.
	WooPlain = "oauth"
)

// authed asks for the key as the store is set up.
func (w *wooSide) authed(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if f, ok := w.fault(r); ok {
			if f.After {
				next(discard{http.Header{}}, r)
			}
			f.write(rw)
			return
		}
		if w.s.opt.PlainPermalinks {
			notFoundPage(rw)
			return
		}
		q := r.URL.Query()
		ck, cs, ok := r.BasicAuth()
		if !ok || w.s.opt.WooAuth == WooHeaderDropped {
			ck, cs = q.Get("consumer_key"), q.Get("consumer_secret")
		}
		if w.s.opt.WooAuth == WooPlain {
			ck = q.Get("oauth_consumer_key")
		}
		w.mu.Lock()
		w.calls++
		k, noRight := w.keys[ck], w.noRight
		w.mu.Unlock()
		switch {
		case k == nil, noRight:
			wooFail(rw, 401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
		case w.s.opt.WooAuth == WooPlain && w.signature(k, r) != "":
			wooFail(rw, 401, "woocommerce_rest_authentication_error", w.signature(k, r))
		case w.s.opt.WooAuth != WooPlain && subtle.ConstantTimeCompare([]byte(cs), []byte(k.secret)) != 1:
			wooFail(rw, 401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
		case !k.write && r.Method != http.MethodGet:
			wooFail(rw, 401, "woocommerce_rest_authentication_error", "The API key provided does not have write permissions.")
		default:
			next(rw, r)
		}
	}
}

// signature says what is wrong with a request's OAuth 1.0a signature; "" nothing.
// A nonce is good for one request.
func (w *wooSide) signature(k *wooKey, r *http.Request) string {
	q := r.URL.Query()
	var pairs []string
	for name, values := range q {
		if name == "oauth_signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, percent(name)+"%3D"+percent(percent(v)))
		}
	}
	slices.Sort(pairs)
	base := r.Method + "&" + percent("http://"+r.Host+r.URL.Path) + "&" + strings.Join(pairs, "%26")
	m := hmac.New(sha256.New, []byte(k.secret+"&"))
	m.Write([]byte(base))
	at, err := strconv.ParseInt(q.Get("oauth_timestamp"), 10, 64)
	switch {
	case q.Get("oauth_signature_method") != "HMAC-SHA256":
		return "Invalid signature - signature method is invalid."
	case q.Get("oauth_signature") != base64.StdEncoding.EncodeToString(m.Sum(nil)):
		return "Invalid signature - provided signature does not match."
	case err != nil || time.Since(time.Unix(at, 0)).Abs() > 15*time.Minute:
		return "Invalid timestamp."
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	nonce := q.Get("oauth_nonce")
	if nonce == "" || w.nonces[nonce] != nil && w.nonces[nonce] != r {
		return "Invalid nonce - nonce has already been used."
	}
	w.nonces[nonce] = r
	return ""
}

// percent is RFC 3986's encoding.
func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// index is the REST API's own page: which namespaces there are.
func (w *wooSide) index(rw http.ResponseWriter, r *http.Request) {
	if f, ok := w.fault(r); ok {
		f.write(rw)
		return
	}
	wooOK(rw, 200, object{{"name", w.s.opt.Name}, {"home", w.s.home()}, {"namespaces", list{"oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc-analytics", "wp/v2"}}})
}

func notFoundPage(rw http.ResponseWriter) {
	rw.Header().Set("Content-Type", "text/html; charset=UTF-8")
	rw.WriteHeader(http.StatusNotFound)
	_, _ = rw.Write([]byte("<!doctype html><title>Page not found</title><p>Nothing is here."))
}

// fault takes the first one that matches.
func (w *wooSide) fault(r *http.Request) (Fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.faults {
		if f.Only == "" || strings.Contains(r.Method+" "+r.URL.RequestURI(), f.Only) {
			w.faults = append(w.faults[:i:i], w.faults[i+1:]...)
			return f, true
		}
	}
	return Fault{}, false
}

func wooErrorBody(code, msg string, status int) []byte {
	return encode(nil, object{{"code", code}, {"message", msg}, {"data", object{{"status", status}}}}, php)
}

func wooFail(rw http.ResponseWriter, status int, code, msg string) {
	rw.Header().Set("Content-Type", "application/json; charset=UTF-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(wooErrorBody(code, msg, status))
}

func wooOK(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=UTF-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(encode(nil, v, php))
}

// body decodes a JSON request body; false when it has answered already.
func wooBody(rw http.ResponseWriter, r *http.Request, into any) bool {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		wooFail(rw, 400, "rest_invalid_json", "Invalid JSON body passed.")
		return false
	}
	return true
}

func pathID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	return id
}

// page cuts a list and sets the paging headers; false when per_page is wrong.
func page[T any](rw http.ResponseWriter, r *http.Request, all []T) ([]T, bool) {
	per, n := 10, 1
	if v := r.URL.Query().Get("per_page"); v != "" {
		per, _ = strconv.Atoi(v)
	}
	if v := r.URL.Query().Get("page"); v != "" {
		n, _ = strconv.Atoi(v)
	}
	if per < 1 || per > 100 || n < 1 {
		wooFail(rw, 400, "rest_invalid_param", "Invalid parameter(s): per_page")
		return nil, false
	}
	rw.Header().Set("X-WP-Total", strconv.Itoa(len(all)))
	rw.Header().Set("X-WP-TotalPages", strconv.Itoa((len(all)+per-1)/per))
	from := min((n-1)*per, len(all))
	return all[from:min(from+per, len(all))], true
}

func (w *wooSide) systemStatus(rw http.ResponseWriter, _ *http.Request) {
	s := w.s
	wooOK(rw, 200, object{
		{"environment", object{
			{"home_url", s.home()}, {"site_url", s.home()}, {"version", wooVersion}, {"wp_version", "7.1"}, {"wp_multisite", false},
			{"wp_cron", true}, {"language", "en_US"}, {"default_timezone", s.opt.Zone.String()},
		}},
		{"active_plugins", list{object{{"plugin", "woocommerce/woocommerce.php"}, {"name", "WooCommerce"}, {"version", wooVersion}}}},
		{"settings", object{
			{"api_enabled", false}, {"force_ssl", false}, {"currency", s.opt.Currency}, {"currency_symbol", symbol(s.opt.Currency)},
			{"number_of_decimals", s.exp}, {"HPOS_enabled", true}, {"HPOS_sync_enabled", false},
		}},
	})
}

// moment parses a date parameter: UTC with dates_are_gmt, else site-local.
func (w *wooSide) moment(r *http.Request, name string) (time.Time, bool) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return time.Time{}, false
	}
	zone := w.s.opt.Zone
	if r.URL.Query().Get("dates_are_gmt") == "true" || r.URL.Query().Get("dates_are_gmt") == "1" {
		zone = time.UTC
	}
	v = strings.TrimSuffix(v, "Z")
	t, err := time.ParseInLocation("2006-01-02T15:04:05", v, zone)
	return t, err == nil
}

func (w *wooSide) listOrders(rw http.ResponseWriter, r *http.Request) {
	s, q := w.s, r.URL.Query()
	var include []string
	if v := q.Get("include"); v != "" {
		include = strings.Split(v, ",")
	}
	status := q.Get("status")
	after := func(name string, t time.Time, want int) bool {
		limit, ok := w.moment(r, name)
		return !ok || t.Compare(limit) == want
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit []*Order
	for _, o := range s.orders {
		hidden := o.Status == "trash" || o.Status == "checkout-draft"
		if o.Gone || status == "" && hidden || status == "any" && hidden || status != "" && status != "any" && !slices.Contains(strings.Split(status, ","), o.Status) {
			continue
		}
		if include != nil && !slices.Contains(include, fmt.Sprint(o.ID)) {
			continue
		}
		if after("modified_after", o.UpdatedAt, 1) && after("modified_before", o.UpdatedAt, -1) && after("after", o.CreatedAt, 1) && after("before", o.CreatedAt, -1) {
			hit = append(hit, o)
		}
	}
	by := q.Get("orderby")
	slices.SortFunc(hit, func(a, b *Order) int {
		n := 0
		switch by {
		case "modified":
			n = a.UpdatedAt.Compare(b.UpdatedAt)
		case "", "date":
			n = a.CreatedAt.Compare(b.CreatedAt)
		}
		n = cmp.Or(n, cmp.Compare(a.ID, b.ID))
		if q.Get("order") != "asc" {
			n = -n
		}
		return n
	})
	cut, ok := page(rw, r, hit)
	if !ok {
		return
	}
	out := list{}
	for _, o := range cut {
		out = append(out, only(s.wooOrder(o), q.Get("_fields")))
	}
	wooOK(rw, 200, out)
}

// only keeps the fields that were asked for, as WordPress does.
func only(o object, fields string) object {
	if fields == "" {
		return o
	}
	kept := object{}
	for _, f := range o {
		if slices.Contains(strings.Split(fields, ","), f.key) {
			kept = append(kept, f)
		}
	}
	return kept
}

// found calls do with the order of the path, under the store's lock.
func (w *wooSide) found(rw http.ResponseWriter, r *http.Request, do func(*Order)) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	o, err := w.s.order(pathID(r))
	if err != nil {
		wooFail(rw, 404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
		return
	}
	do(o)
}

func (w *wooSide) getOrder(rw http.ResponseWriter, r *http.Request) {
	w.found(rw, r, func(o *Order) { wooOK(rw, 200, w.s.wooOrder(o)) })
}

func (w *wooSide) orderRefunds(rw http.ResponseWriter, r *http.Request) {
	w.found(rw, r, func(o *Order) {
		newest := slices.Clone(o.Refunds)
		slices.Reverse(newest)
		cut, ok := page(rw, r, newest)
		if !ok {
			return
		}
		out := list{}
		for _, rf := range cut {
			out = append(out, w.s.wooRefund(o, rf, false))
		}
		wooOK(rw, 200, out)
	})
}

func (w *wooSide) allRefunds(rw http.ResponseWriter, r *http.Request) {
	type pair struct {
		o *Order
		r *Refund
	}
	limit, limited := w.moment(r, "after")
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	var all []pair
	for _, o := range w.s.orders {
		for _, rf := range o.Refunds {
			if !o.Gone && (!limited || rf.At.After(limit)) {
				all = append(all, pair{o, rf})
			}
		}
	}
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(b.r.ID, a.r.ID) })
	cut, ok := page(rw, r, all)
	if !ok {
		return
	}
	out := list{}
	for _, p := range cut {
		out = append(out, w.s.wooRefund(p.o, p.r, true))
	}
	wooOK(rw, 200, out)
}
