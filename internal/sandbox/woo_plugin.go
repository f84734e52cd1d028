package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"strings"
)

// plugin is the companion plugin of a WooCommerce store, as far as the app
// meets it. The real one is PHP, in integrations/woocommerce.
type plugin struct {
	api   string
	pages map[string]*pluginPage
	moved map[string]string
}

type pluginPage struct {
	slug  string
	shown bool
	data  pageData
}

// pageData is what the plugin shows of a page: texts are escaped markup.
type pageData struct {
	Title, Description, Lang, Disclosure string
	Sections                             []struct {
		Type, Heading, Image, Alt, Button, Link, Code string
		Text                                          []string
		Products                                      []struct{ Title, Price, Link string }
		Reviews                                       []struct {
			Author string
			Text   []string
		}
		Questions []struct {
			Question string
			Answer   []string
		}
	}
}

const pluginVersion = "1.0.0"

// InstallPlugin puts the companion plugin into the store.
func (s *Store) InstallPlugin() {
	s.woo.mu.Lock()
	defer s.woo.mu.Unlock()
	s.woo.plugin = &plugin{pages: map[string]*pluginPage{}, moved: map[string]string{}}
}

// PluginKey is what the plugin was paired with; nothing before.
func (s *Store) PluginKey() (kid string, key []byte, api string) {
	s.woo.mu.Lock()
	if p := s.woo.plugin; p != nil {
		api = p.api
	}
	s.woo.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.kid, s.link.key, api
}

func (w *wooSide) pluginRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /wp-json/wc-tributary/v1/link", w.withPlugin(w.pairPlugin))
	mux.HandleFunc("POST /wp-json/wc-tributary/v1/pages", w.withPlugin(w.putPluginPage))
	mux.HandleFunc("GET /creators/{slug}/{$}", w.showPluginPage)
}

// withPlugin answers as WordPress does when the plugin is not there, which it
// finds out before it looks at keys.
func (w *wooSide) withPlugin(next http.HandlerFunc) http.HandlerFunc {
	authed := w.authed(next)
	return func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		there := w.plugin != nil
		w.mu.Unlock()
		if !there {
			wooFail(rw, 404, "rest_no_route", "No route was found matching the URL and request method.")
			return
		}
		authed(rw, r)
	}
}

var (
	pluginKid  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	pluginSlug = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
)

func (w *wooSide) pairPlugin(rw http.ResponseWriter, r *http.Request) {
	var in struct{ Kid, Key, Store, API string }
	if !wooBody(rw, r, &in) {
		return
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(in.Key)
	if err != nil || len(key) != sha256.Size || !pluginKid.MatchString(in.Kid) || !strings.HasPrefix(in.API, "http") || in.Store != w.s.home() {
		wooFail(rw, 400, "rest_invalid_param", "Invalid parameter(s): kid, key, store, api")
		return
	}
	w.s.mu.Lock()
	w.s.link = link{in.Kid, key}
	w.s.mu.Unlock()
	w.mu.Lock()
	w.plugin.api = in.API
	w.mu.Unlock()
	wooOK(rw, 200, object{{"home_url", w.s.home()}, {"version", pluginVersion}})
}

func (w *wooSide) putPluginPage(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Slug, Was, State, Shown string
		Data                    json.RawMessage
	}
	if !wooBody(rw, r, &in) {
		return
	}
	p := &pluginPage{slug: in.Slug, shown: in.State == "shown"}
	bad := ""
	switch {
	case !pluginSlug.MatchString(in.Slug):
		bad = "slug"
	case in.Was != "" && !pluginSlug.MatchString(in.Was):
		bad = "was"
	case in.State != "shown" && in.State != "hidden":
		bad = "state"
	case p.shown && (json.Unmarshal(in.Data, &p.data) != nil || p.data.Title == ""):
		bad = "data"
	}
	if bad != "" {
		wooFail(rw, 400, "rest_invalid_param", "Invalid parameter(s): "+bad)
		return
	}
	kid := w.s.connection()
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.Was != "" && in.Was != in.Slug {
		delete(w.plugin.pages, in.Was)
		w.plugin.moved[in.Was] = in.Slug
	}
	if had := w.plugin.pages[in.Slug]; had != nil && !p.shown {
		p.data = had.data
	}
	delete(w.plugin.moved, in.Slug)
	w.plugin.pages[in.Slug] = p
	wooOK(rw, 200, object{{"url", w.s.home() + "/creators/" + in.Slug + "/"}, {"kid", kid}})
}

// The data is escaped already, as Flatten leaves it: it is printed as it is.
var pluginTmpl = template.Must(template.New("page").Funcs(template.FuncMap{
	"raw": func(s string) template.HTML { return template.HTML(s) },                    //nolint:gosec // escaped by Flatten
	"at":  func(s string) template.URL { return template.URL(html.UnescapeString(s)) }, //nolint:gosec // an address that was checked when it was stored
}).Parse(`<div class="tributary" lang="{{.Lang}}"><p><b>Ad</b> {{raw .Disclosure}}</p>
{{- range .Sections}}<section class="tributary-{{.Type}}">{{if .Heading}}<h2>{{raw .Heading}}</h2>{{end}}{{range .Text}}<p>{{raw .}}</p>{{end}}
{{- if .Image}}<img src="{{at .Image}}" alt="{{raw .Alt}}">{{end}}{{if .Code}}<code>{{raw .Code}}</code>{{end}}
{{- range .Products}}<h3><a href="{{at .Link}}" rel="sponsored nofollow">{{raw .Title}}</a></h3>{{if .Price}}<p>{{raw .Price}}</p>{{end}}{{end}}
{{- range .Reviews}}<blockquote>{{range .Text}}<p>{{raw .}}</p>{{end}}</blockquote><p>{{raw .Author}}</p>{{end}}
{{- range .Questions}}<details><summary>{{raw .Question}}</summary>{{range .Answer}}<p>{{raw .}}</p>{{end}}</details>{{end}}
{{- if .Link}}<p><a href="{{at .Link}}" rel="sponsored nofollow">{{if .Button}}{{raw .Button}}{{else}}Go{{end}}</a></p>{{end}}</section>{{end}}</div>`))

func (w *wooSide) showPluginPage(rw http.ResponseWriter, r *http.Request) {
	slug := r.PathValue("slug")
	w.mu.Lock()
	var p *pluginPage
	to := ""
	if w.plugin != nil {
		p, to = w.plugin.pages[slug], w.plugin.moved[slug]
	}
	w.mu.Unlock()
	switch {
	case to != "":
		http.Redirect(rw, r, "/creators/"+to+"/", http.StatusMovedPermanently)
		return
	case p == nil || !p.shown:
		http.NotFound(rw, r)
		return
	}
	var b strings.Builder
	if err := pluginTmpl.Execute(&b, &p.data); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	storefrontPage(rw, shopPage{Store: w.s.opt.Name, Title: html.UnescapeString(p.data.Title), About: html.UnescapeString(p.data.Description), Body: b.String()})
}

var visitCookie = regexp.MustCompile(`^([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{0,80})$`)

// wooVisit is what the plugin writes to an order of what its script kept.
func wooVisit(r *http.Request) map[string]string {
	out := map[string]string{}
	if c, err := r.Cookie("tributary_visit"); err == nil {
		if m := visitCookie.FindStringSubmatch(c.Value); m != nil {
			out["_tributary_click_id"] = m[1]
			if m[2] != "" {
				out["_tributary_ref"] = m[2]
			}
		}
	}
	return out
}
