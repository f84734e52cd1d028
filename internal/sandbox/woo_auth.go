package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var consentTmpl = template.Must(template.New("consent").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Connect</title>
<h1>{{.App}} would like to connect to your store</h1><p>Approving will share credentials with {{.Host}}. Do not proceed if this looks suspicious.</p>
<p><a class="wc-auth-approve" href="{{.Approve}}">Approve</a> <a class="wc-auth-deny" href="{{.Deny}}">No thanks</a></p></html>`))

var (
	approveHref = regexp.MustCompile(`wc-auth-approve" href="([^"]+)"`)
	denyHref    = regexp.MustCompile(`wc-auth-deny" href="([^"]+)"`)
)

// authorize is the consent page of /wc-auth/v1. Whoever opens it counts as a
// logged-in shop manager.
func (w *wooSide) authorize(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, p := range []string{"app_name", "user_id", "return_url", "callback_url", "scope"} {
		if q.Get(p) == "" {
			authError(rw, "Missing parameter "+p)
			return
		}
	}
	switch q.Get("scope") {
	case "read", "write", "read_write":
	default:
		authError(rw, "Invalid scope "+q.Get("scope"))
		return
	}
	callback, err := url.Parse(q.Get("callback_url"))
	if err != nil || !secure(callback) {
		authError(rw, "The callback_url needs to be over SSL")
		return
	}
	back, err := url.Parse(q.Get("return_url"))
	if err != nil || back.Host == "" {
		authError(rw, "The return_url is not a valid URL")
		return
	}
	approve := url.Values{}
	for k, v := range q {
		approve[k] = v
	}
	approve.Set("wc_auth_nonce", w.nonce(q))
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentTmpl.Execute(rw, map[string]any{
		"App": q.Get("app_name"), "Host": callback.Host,
		"Approve": "/wc-auth/v1/access_granted/?" + approve.Encode(), "Deny": returnTo(back, "0", q.Get("user_id")),
	})
}

// secure is https, or plain HTTP to loopback: the one rule the sandbox relaxes,
// because the app it talks to runs beside it.
func secure(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (w *wooSide) nonce(q url.Values) string {
	return Sign(fmt.Sprint("nonce", w.s.opt.Seed), []byte(q.Get("user_id")+"|"+q.Get("callback_url")+"|"+q.Get("scope")))
}

func returnTo(u *url.URL, success, user string) string {
	back := *u
	q := back.Query()
	q.Set("success", success)
	q.Set("user_id", user)
	back.RawQuery = q.Encode()
	return back.String()
}

// granted makes a key, posts it to the app and waits. Anything but exactly 200
// deletes the key again. Opening the page twice makes two keys.
func (w *wooSide) granted(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("return_url"))
	if err != nil || q.Get("wc_auth_nonce") != w.nonce(q) {
		authError(rw, "Invalid nonce verification")
		return
	}
	k := w.newKey(q.Get("scope") != "read")
	body := encode(nil, object{
		{"key_id", k.id}, {"user_id", q.Get("user_id")}, {"consumer_key", k.consumer}, {"consumer_secret", k.secret},
		{"key_permissions", q.Get("scope")},
	}, php)
	code := w.s.out.post(q.Get("callback_url"), map[string]string{
		"User-Agent": "WordPress/7.1; " + w.s.home(), "Accept": "*/*", "Accept-Encoding": "deflate, gzip, br, zstd",
		"Content-Type": "application/json;charset=UTF-8",
	}, body)
	if code != http.StatusOK {
		w.mu.Lock()
		delete(w.keys, k.consumer)
		w.mu.Unlock()
		authError(rw, "An error occurred in the request and at the time were unable to send the consumer data")
		return
	}
	http.Redirect(rw, r, returnTo(back, "1", q.Get("user_id")), http.StatusFound)
}

func authError(rw http.ResponseWriter, msg string) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(http.StatusUnauthorized)
	_, _ = fmt.Fprintf(rw, "<!doctype html><title>Error</title><p>Error: %s.</p>", html.EscapeString(msg))
}

func (s *Store) browse(ctx context.Context, u string) (status int, body, location string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return 0, "", "", err
	}
	res, err := s.out.client.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	_, err = io.Copy(&b, io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, b.String(), res.Header.Get("Location"), err
}

// Deny plays the merchant who does not want to, and returns the URL they are
// sent back to.
func (s *Store) Deny(ctx context.Context, authorizeURL string) (string, error) {
	_, body, _, err := s.browse(ctx, authorizeURL)
	if err != nil {
		return "", fmt.Errorf("open consent page: %w", err)
	}
	m := denyHref.FindStringSubmatch(body)
	if m == nil {
		return "", fmt.Errorf("consent page refuses: %s", strings.TrimSpace(body))
	}
	return html.UnescapeString(m[1]), nil
}

// Approve plays the merchant: it opens the authorize URL of this store that the
// app made, approves, and returns the URL the merchant is sent back to.
func (s *Store) Approve(ctx context.Context, authorizeURL string) (string, error) {
	get := func(u string) (int, string, string, error) { return s.browse(ctx, u) }
	_, body, _, err := get(authorizeURL)
	if err != nil {
		return "", fmt.Errorf("open consent page: %w", err)
	}
	m := approveHref.FindStringSubmatch(body)
	if m == nil {
		return "", fmt.Errorf("consent page refuses: %s", strings.TrimSpace(body))
	}
	code, body, location, err := get(s.URL() + html.UnescapeString(m[1]))
	if err != nil {
		return "", fmt.Errorf("approve: %w", err)
	}
	if code != http.StatusFound {
		return "", fmt.Errorf("approve: store answered %d: %s", code, strings.TrimSpace(body))
	}
	return location, nil
}
