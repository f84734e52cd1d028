package sandbox

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// shopPage is a page of the storefront. Body is markup that was escaped where it
// was made.
type shopPage struct {
	Store, Title, About string
	Body                string
	Styles, Scripts     []string
	Consent             bool // Shopify's Customer Privacy API is there
}

var shopTmpl = template.Must(template.New("shop").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Title}}</title>{{if .About}}<meta name="description" content="{{.About}}">{{end}}<link rel="icon" href="data:,">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#222}header,footer{padding:1rem;background:#f3f3f3}main{max-width:68rem;margin:0 auto;padding:1rem}img{background:#e5e5e5}</style>
{{range .Styles}}<link rel="stylesheet" href="{{.}}">{{end}}</head><body><header><a href="/">{{.Store}}</a>{{if .Consent}} <button id="allow">Allow marketing</button>{{end}}</header><main>{{.HTML}}</main>
{{if .Consent}}<script src="/shopify.js"></script>{{end}}{{range .Scripts}}<script src="{{.}}" defer></script>{{end}}</body></html>`))

// HTML is Body for the template.
func (p *shopPage) HTML() template.HTML { return template.HTML(p.Body) } //nolint:gosec // made of escaped parts

func storefrontPage(rw http.ResponseWriter, p shopPage) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = shopTmpl.Execute(rw, &p)
}

// consentJS plays Shopify's consent banner: the answer is a cookie of the store's.
const consentJS = `const said = () => document.cookie.includes('consent=yes');
window.Shopify = { customerPrivacy: { marketingAllowed: said } };
document.getElementById('allow').addEventListener('click', () => {
  document.cookie = 'consent=yes; path=/; SameSite=Lax';
  document.dispatchEvent(new CustomEvent('visitorConsentCollected'));
});`

var productTmpl = template.Must(template.New("product").Parse(`<h1>{{.Title}}</h1><p>{{.Price}}</p>
<form method="post" action="/checkout"><input type="hidden" name="product" value="{{.Index}}">
<p><label>Code <input name="code" value="{{.Code}}"></label></p><button>Buy it now</button></form>`))

// productPage is where a shopper buys one thing with what their cart carries.
func (s *Store) productPage(rw http.ResponseWriter, r *http.Request) {
	i, err := strconv.Atoi(r.PathValue("product"))
	if err != nil || i < 0 || i >= len(s.products) {
		http.NotFound(rw, r)
		return
	}
	p := s.products[i]
	code := r.URL.Query().Get("coupon")
	if c, err := r.Cookie("discount_code"); err == nil && code == "" {
		code = c.Value
	}
	var b strings.Builder
	_ = productTmpl.Execute(&b, map[string]any{"Title": p.Title, "Price": decimal(p.Price, s.exp) + " " + s.opt.Currency, "Index": i, "Code": code})
	if s.shop != nil {
		s.shop.layout(rw, p.Title, "", b.String())
		return
	}
	storefrontPage(rw, shopPage{Store: s.opt.Name, Title: p.Title, Body: b.String()})
}

// cart is what Shopify keeps for a shopper between pages.
type cart struct{ attributes map[string]string }

const cartCookie = "cart"

func (h *shopifySide) cartOf(rw http.ResponseWriter, r *http.Request) *cart {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c, err := r.Cookie(cartCookie); err == nil && h.carts[c.Value] != nil {
		return h.carts[c.Value]
	}
	id := strings.ReplaceAll(h.uuid(), "-", "")
	h.carts[id] = &cart{attributes: map[string]string{}}
	http.SetCookie(rw, &http.Cookie{Name: cartCookie, Value: id, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
	return h.carts[id]
}

// updateCart is POST /cart/update.js of the Ajax API: attributes are joined into
// those the cart has.
func (h *shopifySide) updateCart(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Attributes map[string]string `json:"attributes"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 64<<10)).Decode(&in); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		writeJSON(rw, 400, object{{"status", 400}, {"message", "Bad Request"}, {"description", "the cart cannot be updated with this"}})
		return
	}
	c := h.cartOf(rw, r)
	h.mu.Lock()
	for k, v := range in.Attributes {
		c.attributes[k] = v
	}
	out := object{}
	for k, v := range c.attributes {
		out = append(out, field{k, v})
	}
	h.mu.Unlock()
	writeJSON(rw, 200, object{{"attributes", out}})
}

// discountLink sets the discount's cookie and goes on to a page of the store.
func (h *shopifySide) discountLink(rw http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(r.URL.Query().Get("redirect"))
	if err != nil || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(to.Path, "/") {
		to = &url.URL{Path: "/"}
	}
	http.SetCookie(rw, &http.Cookie{Name: "discount_code", Value: r.PathValue("code"), Path: "/", Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(rw, r, to.String(), http.StatusFound)
}

// buy is a checkout: the order has what the cart carries, as the platform puts
// it there.
func (s *Store) buy(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	i, err := strconv.Atoi(r.PostFormValue("product"))
	if err != nil || i < 0 || i >= len(s.products) {
		http.Error(rw, "there is no such product", http.StatusBadRequest)
		return
	}
	b := Basket{Items: []Item{{i, 1}}, Attributes: map[string]string{}}
	if s.shop != nil {
		c := s.shop.cartOf(rw, r)
		s.shop.mu.Lock()
		for k, v := range c.attributes {
			b.Attributes[k] = v
		}
		s.shop.mu.Unlock()
	} else {
		b.Attributes = wooVisit(r)
	}
	if code := strings.TrimSpace(r.PostFormValue("code")); code != "" {
		b.Codes = []string{code}
	}
	o, err := s.Checkout(b)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	rw.Header().Set("X-Order-ID", strconv.FormatInt(o.ID, 10))
	storefrontPage(rw, shopPage{Store: s.opt.Name, Title: "Thank you", Body: "<h1>Thank you</h1><p>Order " + strconv.FormatInt(o.Number, 10) + ", " + o.CreatedAt.Format(time.RFC1123) + "</p>"})
}

// shopRoutes are the storefront.
func (s *Store) shopRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /products/{product}", s.productPage)
	mux.HandleFunc("POST /checkout", s.buy)
	h := s.shop
	if h == nil {
		return
	}
	mux.HandleFunc("GET /pages/{folder}/{handle}", h.entryPage)
	mux.HandleFunc("GET /extension/{name}", h.extensionAsset)
	mux.HandleFunc("GET /shopify.js", script(consentJS))
	mux.HandleFunc("POST /cart/update.js", h.updateCart)
	mux.HandleFunc("GET /discount/{code}", h.discountLink)
	mux.HandleFunc(proxyPrefix+"/", h.proxy)
}
