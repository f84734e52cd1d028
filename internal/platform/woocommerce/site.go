package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Topics are the webhooks that we need of a store: refunds are told by
// order.updated, and a coupon's use by none.
var Topics = []string{"order.created", "order.updated", "order.deleted", "order.restored", "coupon.updated", "coupon.deleted"}

// Site is what a store says of itself.
type Site struct {
	HomeURL  string `json:"home_url"`
	Version  string `json:"version"` // of WooCommerce
	Currency string `json:"currency"`
	HPOS     bool   `json:"hpos"`
	// Way is how it took the keys: "header", "query" or "signature".
	Way string `json:"way"`
}

// Problem is something that a merchant has to mend, or should.
type Problem struct {
	Code string `json:"code"`
	Text string `json:"text"`
	// Stops tells that nothing goes until it is mended.
	Stops bool `json:"stops"`
}

// Look asks a store who it is, with its keys, and names what keeps them from
// working in words for its merchant. An error is trouble that may pass.
func (c *Client) Look(ctx context.Context, a Access) (*Site, []Problem, error) {
	doc, _, err := c.get(ctx, a, "system_status", nil, '{')
	var e *Error
	if errors.As(err, &e) {
		p, ok := c.explain(ctx, a, e)
		if !ok {
			return nil, nil, err
		}
		return nil, []Problem{p}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var in struct {
		Environment struct {
			HomeURL string `json:"home_url"`
			Version string `json:"version"`
		}
		Settings struct {
			Currency string `json:"currency"`
			HPOS     bool   `json:"HPOS_enabled"`
		}
	}
	if json.Unmarshal(doc, &in) != nil || in.Environment.HomeURL == "" {
		return nil, []Problem{{"no_status", "The store does not say who it is. Update WooCommerce.", true}}, nil //nolint:nilerr // what is wrong is told
	}
	s := &Site{HomeURL: strings.TrimRight(in.Environment.HomeURL, "/"), Version: in.Environment.Version, Currency: in.Settings.Currency, HPOS: in.Settings.HPOS}
	var problems []Problem
	w, _ := c.ways.Load(a)
	switch w {
	case byHeader:
		s.Way = "header"
	case byQuery:
		s.Way = "query"
		problems = append(problems, Problem{"authorization_dropped", "The web server keeps the Authorization header from WordPress, so the keys travel in addresses. Have it pass the header on.", false})
	case bySignature:
		s.Way = "signature"
		text := "The store does not know that it is reached over https: its proxy does not say so. Have the proxy send X-Forwarded-Proto and WordPress believe it."
		if strings.HasPrefix(a.BaseURL, "http://") {
			text = "The store is reached over http, so what it answers can be read on the way. Give it a certificate and connect it again with https."
		}
		problems = append(problems, Problem{"not_encrypted", text, false})
	}
	if !sameSite(a.BaseURL, s.HomeURL) {
		problems = append(problems, Problem{"other_address", fmt.Sprintf("The store calls itself %s, not %s. Connect it with its own address.", s.HomeURL, a.BaseURL), true})
	}
	return s, problems, nil
}

// Preflight looks without keys whether a store can be connected at an address;
// nil when nothing speaks against it.
func (c *Client) Preflight(ctx context.Context, base string) (*Problem, error) {
	a := Access{BaseURL: base}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath("wp-json/").String(), nil)
	if err != nil {
		return nil, err
	}
	doc, _, err := c.answer(req, '{', &Error{What: what(a, "wp-json")})
	var e *Error
	if errors.As(err, &e) {
		if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden && e.Code != "not_json" {
			return nil, nil // it is closed to strangers, as some plugins have it
		}
		p, ok := c.explain(ctx, a, e)
		if !ok {
			p = Problem{"no_answer", "The store does not answer as it should: " + e.Reason + ". Is this its address?", true}
		}
		return &p, nil
	}
	if err != nil {
		return nil, err
	}
	var in struct{ Namespaces []string }
	if json.Unmarshal(doc, &in) != nil || !slices.Contains(in.Namespaces, "wc/v3") {
		return &Problem{"no_woocommerce", "WordPress answers at this address, but WooCommerce does not. Is it active?", true}, nil //nolint:nilerr // what is wrong is told
	}
	return nil, nil
}

// explain finds out why the store's API does not let us in.
func (c *Client) explain(ctx context.Context, a Access, e *Error) (Problem, bool) {
	switch {
	case e.Status == http.StatusNotFound || e.Code == "not_json" && e.Status == http.StatusOK:
		if c.answersPlainly(ctx, a) {
			return Problem{"plain_permalinks", "The store's permalinks are plain, so it has no address for its API. Choose any other under Settings, Permalinks.", true}, true
		}
		return Problem{"no_api", "There is no WooCommerce API at this address. Is WooCommerce active, and is this the address of the store?", true}, true
	case e.Status == http.StatusUnauthorized && e.Code == codeWrongKey:
		return Problem{"wrong_keys", "The store does not accept its own keys any more. Connect it again.", true}, true
	case e.Status == http.StatusUnauthorized && strings.HasSuffix(e.Code, "_cannot_view"):
		return Problem{"no_rights", "The store knows the keys no more, or the user who gave them may not manage WooCommerce any more. Connect it again as a shop manager or an administrator.", true}, true
	case e.Status == http.StatusForbidden, e.Code == "not_json" && e.Status == http.StatusUnauthorized:
		return Problem{"firewall", "A firewall or a security plugin of the store refuses our calls. Let the agent " + c.agent + " reach /wp-json/wc/.", true}, true
	case e.Code == "redirected":
		return Problem{"redirected", "The store's address leads elsewhere: " + e.Reason + ".", true}, true
	case e.Code == "not_allowed":
		return Problem{"not_allowed", "The store cannot be called: " + e.Reason + ".", true}, true
	}
	return Problem{}, false
}

// answersPlainly tells whether the store has a REST API behind ?rest_route=,
// which is all that plain permalinks leave. Keys do not open it, so none are
// sent.
func (c *Client) answersPlainly(ctx context.Context, a Access) bool {
	u, err := url.Parse(a.BaseURL)
	if err != nil {
		return false
	}
	u.RawQuery = "rest_route=/"
	u.Path += "/"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return false
	}
	doc, _, err := c.answer(req, '{', &Error{What: what(a, "?rest_route=/")})
	var in struct{ Namespaces []string }
	return err == nil && json.Unmarshal(doc, &in) == nil && len(in.Namespaces) > 0
}

// sameSite compares two addresses of a store without scheme and www.
func sameSite(a, b string) bool {
	short := func(s string) string {
		_, rest, _ := strings.Cut(strings.ToLower(strings.TrimRight(s, "/")), "://")
		return strings.TrimPrefix(rest, "www.")
	}
	return short(a) == short(b)
}

// Hook is a webhook as the store shows it. Its secret is never shown.
type Hook struct {
	ID     int64
	Topic  string
	Status string // "active", "paused", "disabled"
	URL    string
}

type hookWire struct {
	ID     int64  `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Topic  string `json:"topic,omitempty"`
	Status string `json:"status,omitempty"`
	URL    string `json:"delivery_url,omitempty"`
	Secret string `json:"secret,omitempty"`
}

// Hooks lists all webhooks of a store, whatever their state.
func (c *Client) Hooks(ctx context.Context, a Access) ([]Hook, error) {
	doc, err := c.listAll(ctx, a, "webhooks", url.Values{"status": {"all"}}, 1000)
	if err != nil {
		return nil, err
	}
	var in []hookWire
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, &Error{What: what(a, "webhooks"), Code: "unexpected", Reason: "the store's list cannot be read", cause: err}
	}
	out := make([]Hook, len(in))
	for i, h := range in {
		out[i] = Hook{h.ID, h.Topic, h.Status, h.URL}
	}
	return out, nil
}

// MakeHook makes a webhook. The store calls its address, without a signature,
// before it answers.
func (c *Client) MakeHook(ctx context.Context, a Access, topic, deliveryURL, secret string) (Hook, error) {
	return c.saveHook(ctx, a, http.MethodPost, "webhooks", hookWire{Name: "Tributary " + topic, Topic: topic, URL: deliveryURL, Secret: secret, Status: "active"})
}

// MendHook switches a webhook on again and gives it back what it should be. The
// store keeps its count of failures: one more, and it is off again.
func (c *Client) MendHook(ctx context.Context, a Access, id int64, topic, deliveryURL, secret string) (Hook, error) {
	return c.saveHook(ctx, a, http.MethodPut, fmt.Sprintf("webhooks/%d", id), hookWire{Topic: topic, URL: deliveryURL, Secret: secret, Status: "active"})
}

func (c *Client) saveHook(ctx context.Context, a Access, method, path string, h hookWire) (Hook, error) {
	content, err := json.Marshal(h)
	if err != nil {
		return Hook{}, err
	}
	doc, _, err := c.do(ctx, a, method, path, nil, content, '{')
	if err != nil {
		return Hook{}, err
	}
	var in hookWire
	if err := json.Unmarshal(doc, &in); err != nil || in.ID == 0 {
		return Hook{}, &Error{What: what(a, path), Code: "unexpected", Reason: "the store's webhook cannot be read", cause: err}
	}
	return Hook{in.ID, in.Topic, in.Status, in.URL}, nil
}

// DropHook deletes a webhook for good. One that is gone is fine.
func (c *Client) DropHook(ctx context.Context, a Access, id int64) error {
	_, _, err := c.do(ctx, a, http.MethodDelete, fmt.Sprintf("webhooks/%d", id), url.Values{"force": {"true"}}, nil, '{')
	var e *Error
	if errors.As(err, &e) && e.Gone() {
		return nil
	}
	return err
}
