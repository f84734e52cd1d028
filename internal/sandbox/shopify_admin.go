package sandbox

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
)

// Embed shows the app at the address in the store's admin. A store whose app is
// not embedded has an admin that says so. Whoever opens the admin counts as its
// user 1, or as the one that ?user= names.
func (s *Store) Embed(app string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app = app
}

// The admin plays the frame around an embedded app: it opens it with the query
// Shopify signs, and its App Bridge gets id tokens from it.
func (h *shopifySide) adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /admin", func(w http.ResponseWriter, r *http.Request) {
		h.s.admin(w, h.s.OpenQuery(adminUser(r)), "/admin/id-token?user="+strconv.FormatInt(adminUser(r), 10))
	})
	mux.HandleFunc("GET /admin/frame.js", script(frameJS))
	mux.HandleFunc("GET /app-bridge.js", script(appBridgeJS))
	mux.HandleFunc("GET /admin/id-token", sessionFrom(func(r *http.Request) string { return h.s.SessionToken(adminUser(r)) }))
}

func adminUser(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.URL.Query().Get("user"), 10, 64)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func sessionFrom(of func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(of(r)))
	}
}

func script(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		_, _ = w.Write([]byte(text))
	}
}

var adminTmpl = template.Must(template.New("admin").Parse(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Name}} admin</title><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%}body{display:flex;flex-direction:column;font:14px/1.4 system-ui,sans-serif;background:#1a1a1a;color:#e3e3e3}
header{padding:.6rem 1rem;display:flex;gap:1rem;align-items:center}header a{color:#e3e3e3;margin-left:auto}iframe{flex:1;border:0;background:#f1f1f1;border-radius:12px 12px 0 0}</style>
<header><strong>{{.Name}}</strong> <span>admin of a sandbox store</span> <a href="/">Orders of the store</a></header>
{{if .Src}}<iframe title="The app" src="{{.Src}}" data-origin="{{.Origin}}" data-token="{{.Token}}" referrerpolicy="no-referrer"></iframe><script src="/admin/frame.js"></script>{{else}}<main>No app is embedded here.</main>{{end}}</html>`))

// admin shows the frame: query opens the app, and the page at tokens gives
// sessions.
func (s *Store) admin(w http.ResponseWriter, query url.Values, tokens string) {
	s.mu.Lock()
	app := s.app
	s.mu.Unlock()
	data := struct{ Name, Src, Origin, Token string }{Name: s.opt.Name, Token: tokens}
	if u, err := url.Parse(app); err == nil && app != "" {
		data.Src, data.Origin = app+"?"+query.Encode(), u.Scheme+"://"+u.Host
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = adminTmpl.Execute(w, data)
}

// Only the app's own page is answered.
const frameJS = `const frame = document.querySelector('iframe');
addEventListener('message', async (e) => {
  if (e.source !== frame.contentWindow || e.origin !== frame.dataset.origin) return;
  const shopify = e.data?.ask === 'id-token';
  if (!shopify && e.data?.type !== 'tributary:session') return;
  const token = await (await fetch(frame.dataset.token)).text();
  frame.contentWindow.postMessage(shopify ? { answer: e.data.number, token } : { type: 'tributary:session', number: e.data.number, token }, frame.dataset.origin);
});
`

// appBridgeJS is as much of App Bridge as the app calls: tokens, and going on
// from the page that was opened without one.
const appBridgeJS = `(() => {
  const admin = new URL(document.currentScript.src).origin, waiting = new Map();
  let number = 0;
  addEventListener('message', (e) => {
    if (e.origin !== admin || e.source !== parent) return;
    waiting.get(e.data.answer)?.(e.data.token);
    waiting.delete(e.data.answer);
  });
  window.shopify = {
    config: { apiKey: document.currentScript.dataset.apiKey },
    idToken: () => new Promise((resolve, reject) => {
      waiting.set(++number, resolve);
      parent.postMessage({ ask: 'id-token', number }, admin);
      setTimeout(() => reject(new Error('the admin does not answer')), 10000);
    }),
  };
  const on = new URLSearchParams(location.search).get('shopify-reload');
  if (on) window.shopify.idToken().then((token) => {
    const to = new URL(on, location.origin);
    to.searchParams.set('id_token', token);
    location.replace(to);
  });
})();
`
