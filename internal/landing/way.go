package landing

import (
	"fmt"
	"net/url"
	"strings"

	"tributary/internal/domain/order"
)

// Way is where a button leads: to its address in the store, with the click's id
// where the store keeps it, and the discount applied; or to a form or giveaway of
// ours, with what it finds the agreement by.
func (o *Out) Way(click string) string {
	if o.URL == "" {
		q := url.Values{"ref": {o.Ref}}
		if click != "" {
			q.Set("clk", click)
		}
		if o.Giveaway != "" {
			return "/g/" + o.Giveaway + "?" + q.Encode()
		}
		return "/f/" + o.Form + "?" + q.Encode()
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return o.URL // it was checked when it was stored
	}
	q := u.Query()
	if click != "" {
		for _, p := range [][2]string{{"ref", o.Ref}, {"utm_source", o.Handle}, {"utm_medium", "influencer"}, {"utm_campaign", fmt.Sprintf("cmp_%d", o.Campaign)}, {"utm_id", click}} {
			q.Set(p[0], p[1])
		}
	}
	switch {
	case o.Code == "":
	case o.Platform == order.WooCommerce:
		q.Set("coupon", o.Code)
	case o.Platform == order.Shopify:
		u.RawQuery = q.Encode()
		// One slash: two would begin the name of another host.
		path := "/" + strings.TrimLeft(u.EscapedPath(), "/") + "?" + u.RawQuery
		if u.Fragment != "" {
			path += "#" + u.EscapedFragment()
		}
		return u.Scheme + "://" + u.Host + "/discount/" + url.PathEscape(o.Code) + "?redirect=" + url.QueryEscape(path)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
