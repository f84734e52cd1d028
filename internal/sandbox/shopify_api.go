package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokens are the offline tokens a shop has given out, by access token.
type tokens map[string]*token

// token is one pair. The refresh token that was used before stays good until
// the app first uses its replacement.
type token struct {
	access, refresh  string
	previous         string // refresh token this pair was made from
	expires, refends time.Time
	used             bool
}

const grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

func (h *shopifySide) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /admin/oauth/access_token", h.accessToken)
	mux.HandleFunc("POST /admin/api/"+APIVersion+"/graphql.json", h.graphql)
	mux.HandleFunc("GET /bulk/{file}", h.bulkFile)
	h.adminRoutes(mux)
}

// SessionToken mints the id token App Bridge would: HS256, good for a minute.
func (s *Store) SessionToken(user int64) string {
	now := s.Now()
	enc := base64.RawURLEncoding
	s.shop.mu.Lock()
	jti, secret := s.shop.uuid(), cmp.Or(s.shop.next, s.shop.secret)
	s.shop.mu.Unlock()
	head := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	claims := enc.EncodeToString(encode(nil, object{
		{"iss", "https://" + s.opt.Domain + "/admin"}, {"dest", "https://" + s.opt.Domain}, {"aud", s.opt.ClientID},
		{"sub", fmt.Sprint(user)}, {"exp", now.Unix() + 60}, {"nbf", now.Unix()}, {"iat", now.Unix()}, {"jti", jti}, {"sid", jti[:8]},
	}, php))
	return head + "." + claims + "." + jwtSign(secret, head+"."+claims)
}

func jwtSign(secret, text string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// OpenQuery is the query Shopify opens an embedded app with, signed.
func (s *Store) OpenQuery(user int64) url.Values {
	return s.sign(url.Values{
		"embedded": {"1"}, "shop": {s.opt.Domain}, "locale": {"en"}, "session": {"s"}, "id_token": {s.SessionToken(user)},
		"host":      {base64.RawStdEncoding.EncodeToString([]byte("admin.shopify.com/store/" + strings.TrimSuffix(s.opt.Domain, ".myshopify.com")))},
		"timestamp": {fmt.Sprint(s.Now().Unix())},
	})
}

// Consent is a merchant who lets the app in at the address it sent them to: the
// query they come back with, signed.
func (s *Store) Consent(authorize string) (url.Values, error) {
	u, err := url.Parse(authorize)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	if u.Path != "/admin/oauth/authorize" || q.Get("client_id") != s.opt.ClientID || q.Get("state") == "" || q.Get("redirect_uri") == "" || q.Get("scope") == "" {
		return nil, fmt.Errorf("sandbox: the merchant cannot consent at %s", authorize)
	}
	s.shop.mu.Lock()
	code := strings.ReplaceAll(s.shop.uuid(), "-", "")
	s.shop.grants[code] = true
	s.shop.mu.Unlock()
	return s.sign(url.Values{"code": {code}, "shop": {s.opt.Domain}, "state": {q.Get("state")}, "timestamp": {fmt.Sprint(s.Now().Unix())},
		"host": {base64.StdEncoding.EncodeToString([]byte("admin.shopify.com/store/" + strings.TrimSuffix(s.opt.Domain, ".myshopify.com")))}}), nil
}

func (s *Store) sign(q url.Values) url.Values {
	s.shop.mu.Lock()
	secret := s.shop.secret
	s.shop.mu.Unlock()
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(strings.ReplaceAll(q.Encode(), "+", "%20")))
	q.Set("hmac", hex.EncodeToString(m.Sum(nil)))
	return q
}

func (h *shopifySide) redeemable(code string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ok := h.grants[code]
	delete(h.grants, code)
	return ok
}

// RevokeTokens ends all access tokens without a word, as an uninstall does
// before its webhook comes.
func (s *Store) RevokeTokens() { s.shop.revokeAll() }

// validSession checks an id token as the token endpoint does.
func (h *shopifySide) validSession(jwt string) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 || !h.knows(func(secret string) bool {
		return hmac.Equal([]byte(jwtSign(secret, parts[0]+"."+parts[1])), []byte(parts[2]))
	}) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c struct {
		Dest, Aud string
		Exp       int64
	}
	return err == nil && json.Unmarshal(raw, &c) == nil && c.Aud == h.s.opt.ClientID && c.Dest == "https://"+h.s.opt.Domain &&
		h.s.Now().Unix() < c.Exp+10
}

func (h *shopifySide) knows(is func(secret string) bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return is(h.secret) || h.next != "" && is(h.next)
}

func (h *shopifySide) accessToken(rw http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.calls["token"]++
	h.mu.Unlock()
	if f, ok := h.fault(r.URL.Path, ""); ok {
		if f.After {
			h.accessTokenTo(discard{http.Header{}}, r)
		}
		f.write(rw)
		return
	}
	h.accessTokenTo(rw, r)
}

func (h *shopifySide) accessTokenTo(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		GrantType    string `json:"grant_type"`
		SubjectToken string `json:"subject_token"`
		Requested    string `json:"requested_token_type"`
		Expiring     string `json:"expiring"`
		Refresh      string `json:"refresh_token"`
		Code         string `json:"code"`
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<16)).Decode(&in) != nil {
			oauthFail(rw, "invalid_request", "The request body is not JSON")
			return
		}
	} else {
		in.ClientID, in.ClientSecret, in.GrantType = r.FormValue("client_id"), r.FormValue("client_secret"), r.FormValue("grant_type")
		in.SubjectToken, in.Requested, in.Expiring = r.FormValue("subject_token"), r.FormValue("requested_token_type"), r.FormValue("expiring")
		in.Refresh = r.FormValue("refresh_token")
	}
	if in.ClientID != h.s.opt.ClientID || !h.knows(func(s string) bool { return s == in.ClientSecret }) {
		oauthFail(rw, "invalid_client", "Client authentication failed")
		return
	}
	switch {
	case in.GrantType == grantExchange && !h.validSession(in.SubjectToken):
		oauthFail(rw, "invalid_subject_token", "Subject token is invalid")
	case in.GrantType == grantExchange && (in.Expiring != "1" || !strings.HasSuffix(in.Requested, ":offline-access-token")):
		oauthFail(rw, "invalid_request", "Public apps must ask for expiring offline tokens")
	case in.GrantType == grantExchange:
		h.grant(rw, "")
	case in.GrantType == "refresh_token" && h.refreshable(in.Refresh):
		h.grant(rw, in.Refresh)
	case in.GrantType == "refresh_token":
		oauthFail(rw, "invalid_grant", "The refresh token is invalid or expired")
	case in.GrantType == "" && in.Code != "" && in.Expiring != "1":
		oauthFail(rw, "invalid_request", "Public apps must ask for expiring offline tokens")
	case in.GrantType == "" && h.redeemable(in.Code):
		h.grant(rw, "")
	case in.GrantType == "" && in.Code != "":
		oauthFail(rw, "invalid_request", "The authorization code was not found or was already used")
	default:
		oauthFail(rw, "unsupported_grant_type", "Unknown grant type")
	}
}

// refreshable: the token is the newest, or the one before it whose replacement
// nobody has used yet.
func (h *shopifySide) refreshable(refresh string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tokens {
		fresh := h.s.Now().Before(t.refends)
		if refresh != "" && fresh && (t.refresh == refresh || t.previous == refresh && !t.used) {
			return true
		}
	}
	return false
}

func (h *shopifySide) grant(rw http.ResponseWriter, from string) {
	now := h.s.Now()
	h.mu.Lock()
	t := &token{
		access: "shpat_" + strings.ReplaceAll(h.uuid(), "-", ""), refresh: "shprt_" + strings.ReplaceAll(h.uuid(), "-", ""),
		previous: from, expires: now.Add(time.Hour), refends: now.Add(90 * 24 * time.Hour),
	}
	for k, old := range h.tokens {
		if from != "" && (old.previous == from || old.refresh == from) {
			old.refresh = "" // replaced; its access token runs out by itself
			if old.previous == from {
				delete(h.tokens, k)
			}
		}
		if old.previous != "" && old.refresh == "" {
			old.used = true
		}
	}
	h.tokens[t.access] = t
	h.mu.Unlock()
	writeJSON(rw, 200, object{
		{"access_token", t.access}, {"scope", h.s.opt.Scopes}, {"expires_in", 3600},
		{"refresh_token", t.refresh}, {"refresh_token_expires_in", 7776000},
	})
}

func (h *shopifySide) revokeAll() {
	h.mu.Lock()
	h.tokens = tokens{}
	h.mu.Unlock()
}

func oauthFail(rw http.ResponseWriter, code, msg string) {
	writeJSON(rw, 400, object{{"error", code}, {"error_description", msg}})
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(encode(nil, v, rails))
}

// authorised looks the access token up and marks its pair as used.
func (h *shopifySide) authorised(r *http.Request) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.tokens[r.Header.Get("X-Shopify-Access-Token")]
	if t == nil || !h.s.Now().Before(t.expires) {
		return false
	}
	t.used = true
	return true
}

// shopifyShop is the Shop resource as app/uninstalled carries it.
func (s *Store) shopifyShop() object {
	var o object
	for _, k := range []string{
		"id", "name", "email", "domain", "province", "country", "address1", "zip", "city", "source", "phone", "latitude", "longitude",
		"primary_locale", "address2", "created_at", "updated_at", "country_code", "country_name", "currency", "customer_email", "timezone",
		"iana_timezone", "shop_owner", "money_format", "money_with_currency_format", "weight_unit", "province_code", "taxes_included",
		"auto_configure_tax_inclusivity", "tax_shipping", "county_taxes", "plan_display_name", "plan_name", "has_discounts", "has_gift_cards",
		"myshopify_domain", "google_apps_domain", "google_apps_login_enabled", "money_in_emails_format", "money_with_currency_in_emails_format",
		"eligible_for_payments", "requires_extra_payments_agreement", "password_enabled", "has_storefront", "finances", "primary_location_id",
		"checkout_api_supported", "multi_location_enabled", "setup_required", "pre_launch_enabled", "enabled_presentment_currencies",
		"marketing_sms_consent_enabled_at_checkout", "transactional_sms_disabled",
	} {
		var v any // most of it is null; the domain too, so that only the header names the shop
		switch k {
		case "id":
			v = shopNumber(s.opt.Domain)
		case "name":
			v = s.opt.Name
		case "currency":
			v = s.opt.Currency
		case "country", "country_code":
			v = s.opt.Country
		case "iana_timezone":
			v = s.opt.Zone.String()
		case "taxes_included":
			v = s.opt.TaxesIncluded
		case "enabled_presentment_currencies":
			v = list{s.opt.Currency}
		}
		o = append(o, field{k, v})
	}
	return o
}
