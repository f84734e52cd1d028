package sandbox

import (
	"html/template"
	"net/http"
	"net/url"
)

// Embed shows the app at the address in the store's admin. A store whose app is
// not embedded has an admin that says so.
func (s *Store) Embed(app string) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.app = app
}

// The admin plays the frame around an embedded app: it opens it with the query
// Shopify signs, and its App Bridge gets id tokens from it.
func (h *shopifySide) adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /admin", h.admin)
	mux.HandleFunc("GET /admin/frame.js", script(frameJS))
	mux.HandleFunc("GET /app-bridge.js", script(appBridgeJS))
	mux.HandleFunc("GET /admin/id-token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(h.s.SessionToken(1)))
	})
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
{{if .Src}}<iframe title="The app" src="{{.Src}}" data-origin="{{.Origin}}"></iframe><script src="/admin/frame.js"></script>{{else}}<main>No app is embedded here.</main>{{end}}</html>`))

func (h *shopifySide) admin(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	app := h.app
	h.mu.Unlock()
	data := struct{ Name, Src, Origin string }{Name: h.s.opt.Name}
	if u, err := url.Parse(app); err == nil && app != "" {
		data.Src, data.Origin = app+"?"+h.s.OpenQuery(1).Encode(), u.Scheme+"://"+u.Host
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = adminTmpl.Execute(w, data)
}

// Only the app's own page is answered.
const frameJS = `const frame = document.querySelector('iframe');
addEventListener('message', async (e) => {
  if (e.source !== frame.contentWindow || e.origin !== frame.dataset.origin || e.data?.ask !== 'id-token') return;
  const token = await (await fetch('/admin/id-token')).text();
  frame.contentWindow.postMessage({ answer: e.data.number, token }, frame.dataset.origin);
});
`

// appBridgeJS is as much of App Bridge as the app calls.
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
})();
`
