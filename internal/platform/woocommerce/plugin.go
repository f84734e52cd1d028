package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// pluginAPI is where the companion plugin answers. WooCommerce takes REST keys
// for namespaces that begin like this.
const pluginAPI = "wc-tributary/v1"

// PluginPairing is what the plugin is told when it is paired with us.
type PluginPairing struct {
	Kid   string `json:"kid"`   // names Key in the tokens it signs
	Key   string `json:"key"`   // base64url
	Store string `json:"store"` // the address of the store, as we know it
	API   string `json:"api"`   // where we are
}

// Plugin is what it says of itself and its site.
type Plugin struct{ HomeURL, Version string }

// PluginPage is a page as the plugin keeps it.
type PluginPage struct {
	Slug  string `json:"slug"`
	Was   string `json:"was,omitempty"` // its slug before, whose address then leads here
	State string `json:"state"`         // "shown", with Data; "hidden"
	Shown string `json:"shown,omitempty"`
	Data  any    `json:"data,omitempty"`
}

// ErrNoPlugin says that the store does not have the companion plugin, or has it
// switched off.
var ErrNoPlugin = errors.New("the companion plugin is not active in this store")

// Pair gives the plugin its key. It takes the place of any before.
func (c *Client) Pair(ctx context.Context, a Access, p PluginPairing) (Plugin, error) {
	var in struct {
		HomeURL string `json:"home_url"`
		Version string `json:"version"`
	}
	err := c.plugin(ctx, a, "link", p, &in)
	return Plugin(in), err
}

// KeptPage is what the plugin answers about a page.
type KeptPage struct {
	URL string `json:"url"` // its address in the store
	Kid string `json:"kid"` // of the pairing it knows; "": none
}

// PutPage shows a page in the store, or hides it.
func (c *Client) PutPage(ctx context.Context, a Access, p PluginPage) (k KeptPage, err error) {
	err = c.plugin(ctx, a, "pages", p, &k)
	return k, err
}

func (c *Client) plugin(ctx context.Context, a Access, path string, content, into any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	answer, _, err := c.call(ctx, a, pluginAPI, http.MethodPost, path, nil, body, '{')
	var e *Error
	switch {
	case errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code == "rest_no_route":
		return errors.Join(ErrNoPlugin, err)
	case err != nil:
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &Error{What: what(a, path), Status: http.StatusOK, Code: "unexpected", Reason: "the plugin's answer cannot be read", cause: err}
	}
	return nil
}

// Origin is scheme and host of an address in lower case; false for what is none.
func Origin(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(u.Host, " ;,'\"*") {
		return "", false
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), true
}
