package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// couponInput is a coupon as a client writes it. date_expires_gmt is not in
// it: the store takes it without complaint and ignores it.
type couponInput struct {
	ID           int64           `json:"id"`
	Code         *string         `json:"code"`
	DiscountType *string         `json:"discount_type"`
	Amount       *string         `json:"amount"`
	Status       *string         `json:"status"`
	Description  *string         `json:"description"`
	DateExpires  json.RawMessage `json:"date_expires"`
	Individual   *bool           `json:"individual_use"`
	FreeShipping *bool           `json:"free_shipping"`
	Minimum      *string         `json:"minimum_amount"`
	UsageLimit   *int64          `json:"usage_limit"`
	UsagePerUser *int64          `json:"usage_limit_per_user"`
	Meta         []struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	} `json:"meta_data"`
	Products           []int64  `json:"product_ids"`
	ExcludedProducts   []int64  `json:"excluded_product_ids"`
	Categories         []int64  `json:"product_categories"`
	ExcludedCategories []int64  `json:"excluded_product_categories"`
	Emails             []string `json:"email_restrictions"`
}

type wooError struct {
	status    int
	code, msg string
}

func (e *wooError) write(rw http.ResponseWriter) { wooFail(rw, e.status, e.code, e.msg) }

// saveCoupon creates (d nil) or changes a coupon. Call with the store's mu held.
func (w *wooSide) saveCoupon(d *discount, in couponInput) (*discount, *wooError) {
	s := w.s
	if d == nil && (in.Code == nil || *in.Code == "") {
		return nil, &wooError{400, "rest_missing_callback_param", "Missing parameter(s): code"}
	}
	if in.Code != nil {
		if other := s.codes[foldCode(*in.Code)]; other != nil && other != d {
			return nil, &wooError{400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists"}
		}
	}
	kind := cmp.Or(deref(in.DiscountType), "fixed_cart")
	if d != nil && in.DiscountType == nil {
		kind = d.kind
	}
	var amount int64
	if in.Amount != nil {
		exp := s.exp
		if kind == "percent" {
			exp = 2
		}
		n, ok := minorOf(*in.Amount, exp)
		if !ok || n < 0 || kind == "percent" && n > 10_000 {
			return nil, &wooError{400, "coupon_invalid_amount", "Invalid discount amount"}
		}
		amount = n
	}
	if d == nil {
		d = s.addCode(Code{Text: strings.ToLower(*in.Code)})
	} else if in.Code != nil && foldCode(*in.Code) != foldCode(d.Text) {
		delete(s.codes, foldCode(d.Text))
		d.Text = strings.ToLower(*in.Code)
		s.codes[foldCode(d.Text)] = d
	}
	d.kind, d.modified = kind, s.Now().Truncate(time.Second)
	if in.Amount != nil {
		d.PercentBps, d.Fixed = 0, amount
		if kind == "percent" {
			d.PercentBps, d.Fixed = amount, 0
		}
	}
	if in.Status != nil {
		d.status = *in.Status
	}
	if in.Description != nil {
		d.description = *in.Description
	}
	if in.Individual != nil {
		d.individual = *in.Individual
	}
	if in.FreeShipping != nil {
		d.freeShipping = *in.FreeShipping
	}
	if in.Minimum != nil {
		d.minimum, _ = minorOf(*in.Minimum, s.exp)
	}
	if in.UsageLimit != nil {
		d.usageLimit = *in.UsageLimit
	}
	if in.UsagePerUser != nil {
		d.usagePerUser = *in.UsagePerUser
	}
	if in.DateExpires != nil {
		d.expires = time.Time{}
		var v string
		if json.Unmarshal(in.DateExpires, &v) == nil && v != "" {
			for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02"} {
				if t, err := time.ParseInLocation(layout, strings.TrimSuffix(v, "Z"), s.opt.Zone); err == nil {
					d.expires = t
					break
				}
			}
		}
	}
	for _, m := range in.Meta {
		d.meta = append(d.meta, object{{"id", s.nextItem()}, {"key", m.Key}, {"value", fmt.Sprint(m.Value)}})
	}
	if d.lists == nil {
		d.lists = map[string]list{}
	}
	setList(d.lists, "product_ids", in.Products)
	setList(d.lists, "excluded_product_ids", in.ExcludedProducts)
	setList(d.lists, "product_categories", in.Categories)
	setList(d.lists, "excluded_product_categories", in.ExcludedCategories)
	setList(d.lists, "email_restrictions", in.Emails)
	return d, nil
}

func setList[T any](into map[string]list, key string, v []T) {
	if v == nil {
		return
	}
	l := list{}
	for _, e := range v {
		l = append(l, e)
	}
	into[key] = l
}

// minorOf reads a decimal into minor units, rounding half up.
func minorOf(v string, exp int) (int64, bool) {
	r, ok := new(big.Rat).SetString(strings.TrimSpace(v))
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(pow10(exp)))
	n := new(big.Int).Mul(r.Num(), big.NewInt(2))
	n.Add(n, r.Denom()).Div(n, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	return n.Int64(), n.IsInt64()
}

func (w *wooSide) listCoupons(rw http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	var all []*discount
	for k, d := range w.s.codes {
		if include := r.URL.Query().Get("include"); include != "" && !slices.Contains(strings.Split(include, ","), fmt.Sprint(d.id)) {
			continue
		}
		if code == "" || k == foldCode(code) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *discount) int { return cmp.Compare(b.id, a.id) })
	cut, ok := page(rw, r, all)
	if !ok {
		return
	}
	out := list{}
	for _, d := range cut {
		out = append(out, w.s.wooCoupon(d))
	}
	wooOK(rw, 200, out)
}

func (w *wooSide) createCoupon(rw http.ResponseWriter, r *http.Request) {
	var in couponInput
	if !wooBody(rw, r, &in) {
		return
	}
	w.s.mu.Lock()
	d, fail := w.saveCoupon(nil, in)
	var out object
	if fail == nil {
		out = w.s.wooCoupon(d)
	}
	w.s.mu.Unlock()
	if fail != nil {
		fail.write(rw)
		return
	}
	w.s.fireCoupon("coupon.created", d.id)
	wooOK(rw, 201, out)
}

var errNoCoupon = &wooError{404, "woocommerce_rest_shop_coupon_invalid_id", "Invalid ID."}

func (w *wooSide) getCoupon(rw http.ResponseWriter, r *http.Request) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	d := w.s.codeByID(pathID(r))
	if d == nil {
		errNoCoupon.write(rw)
		return
	}
	wooOK(rw, 200, w.s.wooCoupon(d))
}

func (w *wooSide) updateCoupon(rw http.ResponseWriter, r *http.Request) {
	var in couponInput
	if !wooBody(rw, r, &in) {
		return
	}
	in.ID = pathID(r)
	out, fail := w.change(in)
	if fail != nil {
		fail.write(rw)
		return
	}
	w.s.fireCoupon("coupon.updated", in.ID)
	wooOK(rw, 200, out)
}

func (w *wooSide) change(in couponInput) (object, *wooError) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	d := w.s.codeByID(in.ID)
	if d == nil {
		return nil, errNoCoupon
	}
	d, fail := w.saveCoupon(d, in)
	if fail != nil {
		return nil, fail
	}
	return w.s.wooCoupon(d), nil
}

func (w *wooSide) remove(id int64) (object, *wooError) {
	w.s.mu.Lock()
	d := w.s.codeByID(id)
	if d == nil {
		w.s.mu.Unlock()
		return nil, errNoCoupon
	}
	delete(w.s.codes, foldCode(d.Text))
	out := w.s.wooCoupon(d)
	w.s.mu.Unlock()
	w.s.fireCoupon("coupon.deleted", id)
	return out, nil
}

func (w *wooSide) deleteCoupon(rw http.ResponseWriter, r *http.Request) {
	out, fail := w.remove(pathID(r))
	if fail != nil {
		fail.write(rw)
		return
	}
	wooOK(rw, 200, out)
}

// batchCoupons takes 100 items in all; failures of single items come inside a 200.
func (w *wooSide) batchCoupons(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Create, Update []couponInput
		Delete         []int64
	}
	if !wooBody(rw, r, &in) {
		return
	}
	if len(in.Create)+len(in.Update)+len(in.Delete) > 100 {
		wooFail(rw, 413, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items for this request.")
		return
	}
	item := func(id int64, out object, fail *wooError) any {
		if fail != nil {
			return object{{"id", id}, {"error", object{{"code", fail.code}, {"message", fail.msg}, {"data", object{{"status", fail.status}}}}}}
		}
		return out
	}
	var answer object
	created, updated, deleted := list{}, list{}, list{}
	for _, c := range in.Create {
		w.s.mu.Lock()
		d, fail := w.saveCoupon(nil, c)
		var out object
		if fail == nil {
			out = w.s.wooCoupon(d)
		}
		w.s.mu.Unlock()
		created = append(created, item(0, out, fail))
	}
	for _, c := range in.Update {
		out, fail := w.change(c)
		updated = append(updated, item(c.ID, out, fail))
	}
	for _, id := range in.Delete {
		out, fail := w.remove(id)
		deleted = append(deleted, item(id, out, fail))
	}
	for _, part := range []field{{"create", created}, {"update", updated}, {"delete", deleted}} {
		if len(part.val.(list)) > 0 {
			answer = append(answer, part)
		}
	}
	wooOK(rw, 200, answer)
}
