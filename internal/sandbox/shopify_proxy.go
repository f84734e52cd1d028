package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// proxyPrefix is the address of the app's proxy in the store.
const proxyPrefix = "/apps/creator"

// Proxy sends what shoppers ask for below /apps/creator on to the app's proxy
// at the address.
func (s *Store) Proxy(app string) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.proxyTo = strings.TrimSuffix(app, "/")
}

// ProxyQuery signs a query as the app's proxy is sent it.
func (s *Store) ProxyQuery(q url.Values) url.Values {
	out := url.Values{}
	maps.Copy(out, q)
	out.Set("shop", s.opt.Domain)
	out.Set("logged_in_customer_id", "")
	out.Set("path_prefix", proxyPrefix)
	out.Set("timestamp", fmt.Sprint(s.Now().Unix()))
	var text strings.Builder
	for _, k := range slices.Sorted(maps.Keys(out)) {
		text.WriteString(k + "=" + strings.Join(out[k], ","))
	}
	s.shop.mu.Lock()
	m := hmac.New(sha256.New, []byte(s.shop.secret))
	s.shop.mu.Unlock()
	m.Write([]byte(text.String()))
	out.Set("signature", hex.EncodeToString(m.Sum(nil)))
	return out
}

// proxy forwards a shopper's request, without cookies in either direction.
func (h *shopifySide) proxy(rw http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	to := h.proxyTo
	h.mu.Unlock()
	if to == "" {
		http.NotFound(rw, r)
		return
	}
	ctx := r.Context()
	q := r.URL.Query()
	for _, own := range []string{"shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature", "hmac"} {
		q.Del(own) // a shopper's own do not get through
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, to+strings.TrimPrefix(r.URL.EscapedPath(), proxyPrefix)+"?"+h.s.ProxyQuery(q).Encode(), http.NoBody)
	if err != nil {
		http.Error(rw, "bad request", http.StatusBadRequest)
		return
	}
	req.Header.Set("User-Agent", r.UserAgent())
	if address, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		req.Header.Set("X-Forwarded-For", address)
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		http.Error(rw, "There was an error in the third-party application.", http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		http.Error(rw, "There was an error in the third-party application.", http.StatusBadGateway)
		return
	}
	if kind := res.Header.Get("Content-Type"); strings.HasPrefix(kind, "application/liquid") && res.StatusCode == http.StatusOK {
		h.liquid(rw, string(body))
		return
	}
	for _, k := range []string{"Content-Type", "Location", "Cache-Control", "X-Content-Type-Options"} {
		if v := res.Header.Get(k); v != "" {
			rw.Header().Set(k, v)
		}
	}
	rw.WriteHeader(res.StatusCode)
	_, _ = rw.Write(body)
}

// liquid renders the app's answer, in the theme's layout unless it says no.
func (h *shopifySide) liquid(rw http.ResponseWriter, source string) {
	bare := layoutNone.MatchString(source)
	out, err := newTheme().engine.ParseAndRenderString(layoutNone.ReplaceAllString(source, ""), map[string]any{
		"shop": map[string]any{"name": h.s.opt.Name, "domain": h.s.opt.Domain}, "customer": map[string]any{"email": "somebody@example.test"},
	})
	if err != nil {
		http.Error(rw, "Liquid error: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if bare {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(out))
		return
	}
	h.layout(rw, h.s.opt.Name, "", out)
}
