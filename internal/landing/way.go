package landing

import (
	"net/url"
	"strings"

	"tributary/internal/domain/order"
)

// Way is where a button leads: to its address in the store, with the click's id
// where the store keeps it, and the discount applied.
func (o *Out) Way(click string) string {
	u, err := url.Parse(o.URL)
	if err != nil {
		return o.URL // it was checked when it was stored
	}
	var q []string
	if u.RawQuery != "" {
		q = append(q, u.RawQuery)
	}
	if click != "" {
		for _, p := range [][2]string{{"utm_source", o.Handle}, {"utm_medium", "influencer"}, {"utm_id", click}, {"ref", o.Handle}, {"clk", click}} {
			if !u.Query().Has(p[0]) {
				q = append(q, p[0]+"="+url.QueryEscape(p[1]))
			}
		}
	}
	switch {
	case o.Code == "":
	case o.Platform == order.WooCommerce:
		q = append(q, "coupon="+url.QueryEscape(o.Code))
	case o.Platform == order.Shopify:
		u.RawQuery = strings.Join(q, "&")
		to := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/discount/" + o.Code,
			RawQuery: "redirect=" + url.QueryEscape(u.RequestURI())}
		return to.String()
	}
	u.RawQuery = strings.Join(q, "&")
	return u.String()
}
