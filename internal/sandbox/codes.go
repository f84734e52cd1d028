package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// discount is a code as the store keeps it, with the fields WooCommerce's
// coupons have; Shopify uses the first few.
type discount struct {
	Code
	slug string // whose it is, by Options.Influencers; empty: the store's own
	id   int64

	created, modified time.Time
	status            string // publish, draft …; draft disables it
	kind              string // percent, fixed_cart, fixed_product
	description       string
	expires           time.Time
	individual        bool
	usageLimit        any
	usagePerUser      any
	used              []string
	lists             map[string]list
	meta              list

	freeShipping bool
	minimum      int64

	deal *dealNode // Shopify
}

// addCode puts a code into the store. Call with mu held (or before use).
func (s *Store) addCode(c Code) *discount {
	now := s.Now().Truncate(time.Second)
	d := &discount{Code: c, slug: s.owner(c.Text), id: s.nextID(), created: now, modified: now, status: "publish", kind: "fixed_cart"}
	if c.PercentBps > 0 {
		d.kind = "percent"
	}
	s.codes[foldCode(c.Text)] = d
	if s.shop != nil {
		s.shop.wrap(d)
	}
	return d
}

// hasHad gives the store a code that it has had for a year.
func (s *Store) hasHad(c Code) {
	if d := s.addCode(c); d.deal != nil {
		d.deal.starts = d.created.AddDate(-1, 0, 0)
	}
}

// owner is the influencer whose code it is.
func (s *Store) owner(code string) string {
	for _, inf := range s.opt.Influencers {
		for _, c := range inf.Codes {
			if foldCode(c.Text) == foldCode(code) {
				return inf.Slug
			}
		}
	}
	return ""
}

func (d *discount) usable(now time.Time) bool {
	switch {
	case d == nil:
		return false
	case d.deal != nil:
		return d.deal.status(now) == "ACTIVE" && (d.deal.limit == 0 || int64(len(d.used)) < d.deal.limit)
	}
	limit, _ := d.usageLimit.(int64)
	return d.status == "publish" && (d.expires.IsZero() || now.Before(d.expires)) && (limit == 0 || int64(len(d.used)) < limit)
}

func (d *discount) use(email string) { d.used = append(d.used, email) }

// EditCode is a merchant changing a code behind the app's back. WooCommerce
// fires coupon.updated for it.
func (s *Store) EditCode(text string, change func(*Code)) error {
	s.mu.Lock()
	d := s.codes[foldCode(text)]
	if d == nil {
		s.mu.Unlock()
		return fmt.Errorf("sandbox: the store has no code %q", text)
	}
	c := d.Code
	change(&c)
	if foldCode(c.Text) != foldCode(text) {
		delete(s.codes, foldCode(text))
		s.codes[foldCode(c.Text)] = d
	}
	d.Code, d.modified = c, s.Now().Truncate(time.Second)
	if d.deal != nil {
		d.deal.percentBps, d.deal.fixed, d.deal.updated = c.PercentBps, c.Fixed, d.modified
	}
	s.mu.Unlock()
	s.fireCoupon("coupon.updated", d.id)
	return nil
}

func (s *Store) fireCoupon(topic string, id int64) {
	if s.woo != nil && s.woo.fire([]action{{topic, id}}) && s.later != nil {
		s.later(s.woo.cronDelay(), s.woo.cron)
	}
}

func (s *Store) codeByID(id int64) *discount {
	for _, d := range s.codes {
		if d.id == id {
			return d
		}
	}
	return nil
}

// wooCoupon renders a coupon as REST and webhooks show it.
func (s *Store) wooCoupon(d *discount) object {
	amount := decimal(d.Fixed, s.exp)
	if d.kind == "percent" {
		amount = decimal(d.PercentBps, 2)
	}
	var expires, expiresGMT any
	if !d.expires.IsZero() {
		expires, expiresGMT = s.local(d.expires), s.gmt(d.expires)
	}
	get := func(k string) list {
		if l := d.lists[k]; l != nil {
			return l
		}
		return list{}
	}
	used := list{}
	for _, u := range d.used {
		used = append(used, u)
	}
	meta := d.meta
	if meta == nil {
		meta = list{}
	}
	return object{
		{"id", d.id}, {"code", strings.ToLower(d.Text)}, {"amount", amount}, {"status", d.status},
		{"date_created", s.local(d.created)}, {"date_created_gmt", s.gmt(d.created)},
		{"date_modified", s.local(d.modified)}, {"date_modified_gmt", s.gmt(d.modified)},
		{"discount_type", d.kind}, {"description", d.description}, {"date_expires", expires}, {"date_expires_gmt", expiresGMT},
		{"usage_count", len(d.used)}, {"individual_use", d.individual},
		{"product_ids", get("product_ids")}, {"excluded_product_ids", get("excluded_product_ids")},
		{"usage_limit", d.usageLimit}, {"usage_limit_per_user", d.usagePerUser}, {"limit_usage_to_x_items", nil},
		{"free_shipping", d.freeShipping}, {"product_categories", get("product_categories")},
		{"excluded_product_categories", get("excluded_product_categories")}, {"exclude_sale_items", false},
		{"minimum_amount", decimal(d.minimum, s.exp)}, {"maximum_amount", decimal(0, s.exp)},
		{"email_restrictions", get("email_restrictions")}, {"used_by", used}, {"meta_data", meta},
		{"_links", s.links("coupons", d.id)},
	}
}
