package tracking

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/store"
)

// Target is where a link leads, with all but the click id written out.
type Target struct {
	shop                *shopDoor
	linkID, agreementID int64
	off                 bool

	plain    []string // the address, in the pieces between which the click id stands
	discount []string // the same with the code applied on the way; nil: no code
	from, to time.Time
}

// Off tells whether the link was switched off.
func (t *Target) Off() bool { return t.off }

// address is where to send a visitor who comes at the given time.
func (t *Target) address(id ClickID, at time.Time) string {
	if t.discount != nil && !at.Before(t.from) && (t.to.IsZero() || at.Before(t.to)) {
		return strings.Join(t.discount, string(id))
	}
	return strings.Join(t.plain, string(id))
}

type linkKey struct{ host, slug string }

const mostSlug = 80

// Target finds a link by its public slug, or, with a host, by the slug it has in
// the shop whose links the host serves; nil when there is none.
func (d *Doors) Target(ctx context.Context, host, slug string) (*Target, error) {
	if !isSlug(slug) || len(host) > 253 {
		return nil, nil
	}
	k := linkKey{host, slug}
	if v, ok := d.known.Load(k); ok {
		return v.(*Target), nil
	}
	return remembered(ctx, d, k, "link "+host+" "+slug, func(ctx context.Context) (*Target, error) { return d.loadTarget(ctx, host, slug) })
}

func (d *Doors) loadTarget(ctx context.Context, host, slug string) (*Target, error) {
	l, err := d.db.LinkTarget(ctx, host, slug)
	if err != nil {
		return nil, err
	}
	shop, err := d.shop(ctx, l.ShopID)
	if err != nil {
		return nil, err
	}
	return newTarget(shop, l)
}

// newTarget writes the addresses of a link. One whose host has been taken away
// from the shop since leads to the store's front page: never elsewhere.
func newTarget(shop *shopDoor, l *store.LinkTarget) (*Target, error) {
	t := &Target{shop: shop, linkID: l.ID, agreementID: l.AgreementID, off: l.DisabledAt != nil, from: l.CodeFrom, to: l.CodeTo}
	u, err := url.Parse(l.Destination)
	if err == nil {
		host := strings.ToLower(u.Host)
		_, ours := shop.hosts[host]
		_, bare := shop.hosts[strings.TrimPrefix(host, "www.")]
		if !ours && !bare {
			u, err = url.Parse(shop.front)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("link %d: %w", l.ID, err)
	}
	q := u.Query()
	for _, name := range []string{"ref", "utm_source", "utm_medium", "utm_campaign", "utm_id"} {
		q.Del(name)
	}
	q.Set("ref", l.Slug)
	q.Set("utm_source", l.Handle)
	q.Set("utm_medium", "influencer")
	q.Set("utm_campaign", fmt.Sprintf("cmp_%d", l.CampaignID))
	fragment := ""
	if u.Fragment != "" {
		fragment = "#" + u.EscapedFragment()
	}
	origin := u.Scheme + "://" + u.Host
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if order.Platform(shop.Platform) == order.WooCommerce {
		t.woo(l, origin, path, q, fragment, shop.front)
	} else {
		t.shopify(l, origin, path, q, fragment)
	}
	return t, nil
}

// shopify: a discount is a cookie that /discount/CODE sets on its way to a
// relative path; a cart permalink takes its code and attributes along.
func (t *Target) shopify(l *store.LinkTarget, origin, path string, q url.Values, fragment string) {
	if l.Products != "" {
		cart := func(q url.Values) []string {
			return []string{origin + "/cart/" + l.Products + "?" + q.Encode() + "&" + url.QueryEscape("attributes[_tributary_click_id]") + "=", "&utm_id=", ""}
		}
		t.plain = cart(q)
		if l.Code != "" {
			q.Set("discount", l.Code)
			t.discount = cart(q)
		}
		return
	}
	t.plain = []string{origin + path + "?" + q.Encode() + "&utm_id=", fragment}
	if l.Code != "" {
		t.discount = []string{origin + "/discount/" + url.PathEscape(l.Code) + "?redirect=" + url.QueryEscape(path+"?"+q.Encode()+"&utm_id="), url.QueryEscape(fragment)}
	}
}

// woo: the core's checkout link fills the cart and applies a coupon; on any other
// page the companion plugin reads ?coupon=.
func (t *Target) woo(l *store.LinkTarget, origin, path string, q url.Values, fragment, front string) {
	if l.Products != "" {
		if base, err := url.Parse(front); err == nil && origin == base.Scheme+"://"+base.Host {
			origin += strings.TrimRight(base.EscapedPath(), "/")
		}
		path, fragment = "/checkout-link/", ""
		q = url.Values{"products": {l.Products}, "ref": q["ref"], "utm_source": q["utm_source"], "utm_medium": q["utm_medium"], "utm_campaign": q["utm_campaign"]}
	}
	t.plain = []string{origin + path + "?" + q.Encode() + "&utm_id=", fragment}
	if l.Code != "" {
		q.Set("coupon", l.Code)
		t.discount = []string{origin + path + "?" + q.Encode() + "&utm_id=", fragment}
	}
}

// Follow records that a link was followed and returns where it leads: only once
// the click is durable.
func (r *Recorder) Follow(ctx context.Context, t *Target, s Seen) (string, error) {
	c := r.click(t.shop, &Touch{ShopID: t.shop.ID, Kind: store.ClickLink, AgreementID: t.agreementID, LinkID: t.linkID, Seen: s})
	if err := r.writer.Put(c); err != nil {
		return "", err
	}
	return t.address(ClickID(r.ids.Sign(c.ShopID, c.ID)), c.At), nil
}

// Shop is the shop the link is of.
func (t *Target) Shop() int64 { return t.shop.ID }

func isSlug(s string) bool {
	if s == "" || len(s) > mostSlug {
		return false
	}
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= 'a' && ch <= 'z', ch >= 'A' && ch <= 'Z', ch >= '0' && ch <= '9', ch == '_', ch == '-':
		default:
			return false
		}
	}
	return true
}
