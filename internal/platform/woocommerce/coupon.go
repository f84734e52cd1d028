package woocommerce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/discount"
	"tributary/internal/domain/money"
)

// MostCoupons is how many coupons a store takes in one batch.
const MostCoupons = 100

// ownerKey is the meta that says whose coupon it is. It is how one that we have
// made is known again when the answer was lost.
const ownerKey = "_tributary"

// Coupon is a coupon as the store shows it.
type Coupon struct {
	ID     int64
	Code   string // as the store keeps it: in lower case
	Owner  string // what SaveCoupons was told; "": not ours
	Paused bool
	Spec   discount.Spec
}

// SavedCoupon is what became of one coupon: an ID, or why not.
type SavedCoupon struct {
	ID            int64
	Code          string
	Failed, Words string // WooCommerce's code and message
}

// couponWire is a coupon on the wire. The usage limit and such are null when
// there is none.
type couponWire struct {
	ID          int64    `json:"id,omitempty"`
	Code        string   `json:"code,omitempty"`
	Type        string   `json:"discount_type"`
	Amount      string   `json:"amount"`
	Status      string   `json:"status"`
	Expires     *string  `json:"date_expires"`
	Individual  bool     `json:"individual_use"`
	Products    []int64  `json:"product_ids"`
	Categories  []int64  `json:"product_categories"`
	Limit       *int64   `json:"usage_limit"`
	PerUser     *int64   `json:"usage_limit_per_user"`
	Minimum     string   `json:"minimum_amount"`
	Shipping    bool     `json:"free_shipping"`
	Description string   `json:"description,omitempty"`
	Meta        []metaKV `json:"meta_data,omitempty"`

	ExpiresGMT *string `json:"date_expires_gmt,omitempty"` // read only: a store ignores it
	Error      *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

type metaKV struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// CouponOf is what to save.
type CouponOf struct {
	ID    int64 // 0: a new one
	Code  string
	Owner string
	// Paused makes it a draft, which a store does not take at the checkout.
	Paused bool
	Spec   discount.Spec
}

// SaveCoupons creates and changes up to MostCoupons coupons and tells of each
// what became of it. zone is the site's: expiry is written in its time.
func (c *Client) SaveCoupons(ctx context.Context, a Access, coupons []CouponOf, cur money.Currency, zone *time.Location) ([]SavedCoupon, error) {
	var in struct {
		Create []couponWire `json:"create,omitempty"`
		Update []couponWire `json:"update,omitempty"`
	}
	for _, k := range coupons {
		w := couponWire{ID: k.ID, Code: k.Code, Type: "percent", Amount: fmt.Sprintf("%d.%02d", k.Spec.PercentBps/100, k.Spec.PercentBps%100), Status: "publish",
			Individual: !k.Spec.WithOrder && !k.Spec.WithProduct, Products: some(k.Spec.Products), Categories: some(k.Spec.Collections), Minimum: money.Format(k.Spec.MinSubtotal, cur)}
		switch k.Spec.Kind {
		case discount.Fixed:
			w.Type, w.Amount = "fixed_cart", money.Format(k.Spec.AmountMinor, cur)
		case discount.FreeShipping:
			w.Type, w.Amount, w.Shipping = "fixed_cart", "0", true
		}
		if k.Paused {
			w.Status = "draft"
		}
		if k.Spec.EndsAt != nil {
			local := k.Spec.EndsAt.In(zone).Format("2006-01-02T15:04:05")
			w.Expires = &local
		}
		if n := k.Spec.UsageLimit; n > 0 {
			w.Limit = &n
		}
		if k.Spec.OncePerCustomer {
			one := int64(1)
			w.PerUser = &one
		}
		if k.ID == 0 {
			w.Meta = []metaKV{{ownerKey, k.Owner}}
			in.Create = append(in.Create, w)
		} else {
			in.Update = append(in.Update, w)
		}
	}
	return c.batch(ctx, a, in)
}

// DeleteCoupons deletes up to MostCoupons coupons for good. Those that are gone
// are fine.
func (c *Client) DeleteCoupons(ctx context.Context, a Access, ids []int64) error {
	got, err := c.batch(ctx, a, map[string]any{"delete": ids})
	if err != nil {
		return err
	}
	for _, g := range got {
		if g.Failed != "" && !strings.HasSuffix(g.Failed, "_invalid_id") {
			return &Error{What: what(a, "coupons/batch"), Code: g.Failed, Reason: g.Words, Status: http.StatusOK}
		}
	}
	return nil
}

func (c *Client) batch(ctx context.Context, a Access, in any) ([]SavedCoupon, error) {
	content, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	doc, _, err := c.do(ctx, a, http.MethodPost, "coupons/batch", nil, content, '{')
	if err != nil {
		return nil, err
	}
	var out struct{ Create, Update, Delete []couponWire }
	if err := json.Unmarshal(doc, &out); err != nil {
		return nil, &Error{What: what(a, "coupons/batch"), Code: "unexpected", Reason: "the store's answer cannot be read", cause: err}
	}
	var saved []SavedCoupon
	for _, list := range [][]couponWire{out.Create, out.Update, out.Delete} {
		for _, w := range list {
			s := SavedCoupon{ID: w.ID, Code: w.Code}
			if w.Error != nil {
				s.Failed, s.Words = w.Error.Code, w.Error.Message
			}
			saved = append(saved, s)
		}
	}
	return saved, nil
}

// CouponByCode finds a coupon, in any case; nil when the store has none.
func (c *Client) CouponByCode(ctx context.Context, a Access, code string, cur money.Currency) (*Coupon, error) {
	doc, _, err := c.get(ctx, a, "coupons", url.Values{"code": {code}, "status": {"any"}}, '[')
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(doc, &list); err != nil || len(list) == 0 {
		return nil, err
	}
	return readCoupon(a, list[0], cur)
}

// CouponsByID lists those of up to MostCoupons coupons that a store still has.
func (c *Client) CouponsByID(ctx context.Context, a Access, ids []int64, cur money.Currency) ([]Coupon, error) {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = FormatID(id)
	}
	items, _, err := c.page(ctx, a, "coupons", url.Values{"include": {strings.Join(text, ",")}, "status": {"any"}}, 1)
	if err != nil {
		return nil, err
	}
	out := make([]Coupon, 0, len(items))
	for _, it := range items {
		k, err := readCoupon(a, it, cur)
		if err != nil {
			return nil, err
		}
		out = append(out, *k)
	}
	return out, nil
}

func readCoupon(a Access, doc []byte, cur money.Currency) (*Coupon, error) {
	var w couponWire
	if err := json.Unmarshal(doc, &w); err != nil {
		return nil, &Error{What: what(a, "coupons"), Code: "unexpected", Reason: "the store's coupon cannot be read", cause: err}
	}
	k := &Coupon{ID: w.ID, Code: w.Code, Paused: w.Status != "publish"}
	for _, m := range w.Meta {
		if m.Key == ownerKey {
			k.Owner = fmt.Sprint(m.Value)
		}
	}
	s := &k.Spec
	switch {
	case w.Shipping:
		s.Kind = discount.FreeShipping
	case w.Type == "percent":
		s.Kind = discount.Percent
		n, err := money.ParseRounded(w.Amount, "USD") // hundredths
		if err != nil {
			n = -1
		}
		s.PercentBps = n
	default:
		s.Kind = discount.Fixed
		s.AmountMinor, _ = money.ParseRounded(w.Amount, cur)
	}
	s.MinSubtotal, _ = money.ParseRounded(w.Minimum, cur)
	s.Products, s.Collections = w.Products, w.Categories
	if w.Limit != nil {
		s.UsageLimit = *w.Limit
	}
	s.OncePerCustomer = w.PerUser != nil && *w.PerUser == 1
	s.WithOrder, s.WithProduct = !w.Individual, !w.Individual
	if w.ExpiresGMT != nil {
		if t, err := time.ParseInLocation("2006-01-02T15:04:05", *w.ExpiresGMT, time.UTC); err == nil {
			s.EndsAt = &t
		}
	}
	return k, nil
}

func some(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

// FormatID is a coupon's id as text.
func FormatID(id int64) string { return strconv.FormatInt(id, 10) }
