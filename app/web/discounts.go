package web

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/discount"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/store"
)

func (s *Server) discountTable() []route {
	return []route{
		{get, "/discounts", read, "List the discounts we keep in the store", reads(s.listDiscounts)},
		{post, "/discounts", write, "Make a code, or a pool of single-use codes, in the store", writes(s.createDiscount)},
		{post, "/discounts/bulk", write, "Make a code for each of many agreements", writes(s.createDiscounts)},
		{get, "/discounts/{id}", read, "Get a discount, with edits that were made in the store", reads(s.getDiscount)},
		{get, "/discounts/{id}/codes", read, "List the codes of a discount", reads(s.listDiscountCodes)},
		{post, "/discounts/{id}/codes/remove", write, "Take single codes of a pool out of the store", writes(s.removeDiscountCodes)},
		{patch, "/discounts/{id}", write, "Change what a discount gives", writes(s.changeDiscount)},
		{post, "/discounts/{id}/pause", write, "Let a discount not count for now", writes(s.wantDiscount("paused"))},
		{post, "/discounts/{id}/resume", write, "Let a discount count again", writes(s.wantDiscount("active"))},
		{post, "/discounts/{id}/delete", write, "Delete a discount and its codes in the store", writes(s.wantDiscount("deleted"))},
		{post, "/discounts/{id}/check", write, "Look at the store again", writes(s.checkDiscount)},
	}
}

// DiscountTerms is what a discount gives.
type DiscountTerms struct {
	Kind            string     `json:"kind" enum:"percent,fixed,free_shipping"`
	Percent         string     `json:"percent,omitempty" doc:"Of kind percent" example:"15"`
	Amount          *Money     `json:"amount,omitempty" doc:"Of kind fixed; off the whole cart, in the shop's currency"`
	MinSubtotal     *Money     `json:"min_subtotal,omitempty"`
	MinQuantity     int64      `json:"min_quantity,omitempty" doc:"Shopify only"`
	Products        []string   `json:"products,omitempty" doc:"Ids in the store; absent: all"`
	Collections     []string   `json:"collections,omitempty" doc:"Ids in the store; categories on WooCommerce"`
	UsageLimit      int64      `json:"usage_limit,omitempty" doc:"How often each code can be used"`
	OncePerCustomer bool       `json:"once_per_customer,omitempty"`
	CombinesWith    []string   `json:"combines_with,omitempty" enum:"order,product,shipping" doc:"Other discounts it may stand beside"`
	StartsAt        *time.Time `json:"starts_at,omitempty" doc:"Absent: now"`
	EndsAt          *time.Time `json:"ends_at,omitempty" doc:"Absent: never"`
}

// Discount is one that we keep in the store.
type Discount struct {
	ID          string           `json:"id" example:"dsc_4"`
	AgreementID string           `json:"agreement_id" example:"agr_7"`
	Title       string           `json:"title"`
	Terms       DiscountTerms    `json:"terms"`
	Wanted      string           `json:"wanted" enum:"active,paused,deleted"`
	State       string           `json:"state" enum:"waiting,active,paused,deleted,failed,gone" doc:"In the store, as last seen; gone: it was deleted there"`
	UpToDate    bool             `json:"up_to_date" doc:"The store has what is wanted"`
	Note        string           `json:"note,omitempty" doc:"Why it failed"`
	Edited      string           `json:"edited,omitempty" doc:"What was changed in the store, in words"`
	CheckedAt   *time.Time       `json:"checked_at,omitempty"`
	CreatedAt   time.Time        `json:"created_at"`
	Codes       map[string]int64 `json:"codes,omitempty" doc:"How many codes are waiting, live, failed or deleted"`
}

func (t *DiscountTerms) spec(cur money.Currency) (discount.Spec, error) {
	s := discount.Spec{Kind: discount.Kind(t.Kind), MinQuantity: t.MinQuantity, UsageLimit: t.UsageLimit, OncePerCustomer: t.OncePerCustomer, EndsAt: utc(t.EndsAt)}
	var fields []errs.Field
	amount := func(path string, m *Money) int64 {
		if m == nil {
			return 0
		}
		a, err := money.Parse(m.Amount, cur)
		if err != nil || m.Currency != string(cur) {
			fields = append(fields, errs.Field{Path: path, Msg: "must be an amount in " + string(cur)})
		}
		return a.Minor
	}
	s.AmountMinor, s.MinSubtotal = amount("amount", t.Amount), amount("min_subtotal", t.MinSubtotal)
	if t.Percent != "" {
		a, err := money.Parse(t.Percent, "USD") // two decimals
		if s.PercentBps = a.Minor; err != nil {
			fields = append(fields, errs.Field{Path: "percent", Msg: "must be a number with two decimals at most, such as 12.5"})
		}
	}
	ids := func(path string, list []string) (out []int64) {
		for i, one := range list {
			n, err := strconv.ParseInt(one, 10, 64)
			if err != nil || n <= 0 {
				fields = append(fields, errs.Field{Path: fmt.Sprintf("%s[%d]", path, i), Msg: "must be an id of the store: a number"})
			}
			out = append(out, n)
		}
		return out
	}
	s.Products, s.Collections = ids("products", t.Products), ids("collections", t.Collections)
	for _, c := range t.CombinesWith {
		s.WithOrder, s.WithProduct, s.WithShipping = s.WithOrder || c == "order", s.WithProduct || c == "product", s.WithShipping || c == "shipping"
	}
	if t.StartsAt != nil {
		s.StartsAt = *t.StartsAt
	}
	if fields != nil {
		return s, errs.New(errs.Invalid, "invalid_discount", "The discount cannot be like this.", fields...)
	}
	return s, nil
}

// specOf is spec in the currency of tx's shop.
func (t *DiscountTerms) specOf(ctx context.Context, tx *store.Tx) (discount.Spec, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return discount.Spec{}, err
	}
	return t.spec(money.Currency(shop.Currency))
}

func asTerms(s *discount.Spec, cur money.Currency) DiscountTerms {
	t := DiscountTerms{Kind: string(s.Kind), MinQuantity: s.MinQuantity, UsageLimit: s.UsageLimit, OncePerCustomer: s.OncePerCustomer, EndsAt: utc(s.EndsAt), StartsAt: utcOrNil(s.StartsAt)}
	if s.PercentBps > 0 {
		t.Percent = strings.TrimSuffix(money.Format(s.PercentBps, "USD"), ".00")
	}
	if s.AmountMinor > 0 {
		t.Amount = &Money{Amount: money.Format(s.AmountMinor, cur), Currency: string(cur)}
	}
	if s.MinSubtotal > 0 {
		t.MinSubtotal = &Money{Amount: money.Format(s.MinSubtotal, cur), Currency: string(cur)}
	}
	for _, p := range s.Products {
		t.Products = append(t.Products, strconv.FormatInt(p, 10))
	}
	for _, p := range s.Collections {
		t.Collections = append(t.Collections, strconv.FormatInt(p, 10))
	}
	for _, c := range []struct {
		name string
		with bool
	}{{"order", s.WithOrder}, {"product", s.WithProduct}, {"shipping", s.WithShipping}} {
		if c.with {
			t.CombinesWith = append(t.CombinesWith, c.name)
		}
	}
	return t
}

func asDiscount(d *store.Discount, cur money.Currency) (Discount, error) {
	var s discount.Spec
	if err := json.Unmarshal([]byte(d.Spec), &s); err != nil {
		return Discount{}, fmt.Errorf("read discount %d: %w", d.ID, err)
	}
	return Discount{ID: formatID("dsc", d.ID), AgreementID: formatID("agr", d.AgreementID), Title: d.Title, Terms: asTerms(&s, cur), Wanted: d.Wanted, State: d.State,
		UpToDate: d.Applied == d.Revision, Note: d.Note, Edited: d.Edited, CheckedAt: utc(d.CheckedAt), CreatedAt: d.CreatedAt.UTC()}, nil
}

// shown is a discount with the counts of its codes.
func shownDiscount(ctx context.Context, tx *store.Tx, d *store.Discount) (Discount, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return Discount{}, err
	}
	out, err := asDiscount(d, money.Currency(shop.Currency))
	if err != nil {
		return out, err
	}
	out.Codes, err = tx.CountDiscountCodes(ctx, d.ID)
	return out, err
}

type newDiscount struct {
	AgreementID string        `json:"agreement_id" example:"agr_7"`
	Pattern     string        `json:"pattern" maxLength:"100" doc:"{NAME}, {HANDLE} and {PERCENT} are filled in; for a pool, what its codes begin with" example:"{NAME}{PERCENT}"`
	Pool        int           `json:"pool,omitempty" doc:"So many codes that can be used once each; absent: one code"`
	Terms       DiscountTerms `json:"terms"`
}

type createDiscountIn struct{ Body newDiscount }

func (s *Server) createDiscount(ctx context.Context, tx *store.Tx, in *createDiscountIn) (Discount, error) {
	return makeDiscount(ctx, tx, &in.Body)
}

func makeDiscount(ctx context.Context, tx *store.Tx, n *newDiscount) (Discount, error) {
	agreement, err := parseID("agr", n.AgreementID)
	if err != nil {
		return Discount{}, err
	}
	spec, err := n.Terms.specOf(ctx, tx)
	if err != nil {
		return Discount{}, err
	}
	d, err := program.AddDiscount(ctx, tx, program.NewDiscount{AgreementID: agreement, Pattern: n.Pattern, Pool: n.Pool, Spec: spec})
	if err != nil {
		return Discount{}, err
	}
	return shownDiscount(ctx, tx, d)
}

type createDiscountsIn struct {
	Body struct {
		AgreementIDs []string      `json:"agreement_ids" minItems:"1" maxItems:"200"`
		Pattern      string        `json:"pattern" maxLength:"100" example:"{NAME}{PERCENT}"`
		Terms        DiscountTerms `json:"terms"`
	}
}

// createDiscounts makes all of them or none.
func (s *Server) createDiscounts(ctx context.Context, tx *store.Tx, in *createDiscountsIn) (List[Discount], error) {
	var none List[Discount]
	out := List[Discount]{Data: []Discount{}}
	for _, a := range in.Body.AgreementIDs {
		d, err := makeDiscount(ctx, tx, &newDiscount{AgreementID: a, Pattern: in.Body.Pattern, Terms: in.Body.Terms})
		if e := errs.As(err); e != nil {
			return none, errs.New(e.Kind, e.Code, "For "+clip(a)+": "+e.Msg, e.Fields...)
		}
		if err != nil {
			return none, err
		}
		out.Data = append(out.Data, d)
	}
	return out, nil
}

func (s *Server) listDiscounts(ctx context.Context, tx *store.Tx, in *PageIn) (List[Discount], error) {
	var none List[Discount]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return none, err
	}
	ds, next, err := tx.Discounts(ctx, p)
	if err != nil {
		return none, err
	}
	return listOf(ds, next, func(d *store.Discount) Discount {
		out, _ := asDiscount(d, money.Currency(shop.Currency)) // we wrote it
		return out
	}), nil
}

func (s *Server) getDiscount(ctx context.Context, tx *store.Tx, in *IDIn) (Discount, error) {
	id, err := parseID("dsc", in.ID)
	if err != nil {
		return Discount{}, err
	}
	d, err := tx.Discount(ctx, id)
	if err != nil {
		return Discount{}, err
	}
	return shownDiscount(ctx, tx, d)
}

func (s *Server) listDiscountCodes(ctx context.Context, tx *store.Tx, in *IDIn) (List[Code], error) {
	id, err := parseID("dsc", in.ID)
	if err != nil {
		return List[Code]{}, err
	}
	if _, err := tx.Discount(ctx, id); err != nil {
		return List[Code]{}, err
	}
	cs, err := tx.DiscountCodes(ctx, id, "", program.MostPool)
	if err != nil {
		return List[Code]{}, err
	}
	return listOf(cs, nil, asCode), nil
}

type changeDiscountIn struct {
	IDIn
	Body struct {
		Terms DiscountTerms `json:"terms" doc:"All of them: what is left out is no limit any more"`
	}
}

func (s *Server) changeDiscount(ctx context.Context, tx *store.Tx, in *changeDiscountIn) (Discount, error) {
	id, err := parseID("dsc", in.ID)
	if err != nil {
		return Discount{}, err
	}
	spec, err := in.Body.Terms.specOf(ctx, tx)
	if err != nil {
		return Discount{}, err
	}
	d, err := program.ChangeDiscount(ctx, tx, id, "", &spec)
	if err != nil {
		return Discount{}, err
	}
	return shownDiscount(ctx, tx, d)
}

func (s *Server) wantDiscount(wanted string) func(context.Context, *store.Tx, *IDIn) (Discount, error) {
	return func(ctx context.Context, tx *store.Tx, in *IDIn) (Discount, error) {
		id, err := parseID("dsc", in.ID)
		if err != nil {
			return Discount{}, err
		}
		d, err := program.ChangeDiscount(ctx, tx, id, wanted, nil)
		if err != nil {
			return Discount{}, err
		}
		return shownDiscount(ctx, tx, d)
	}
}

func (s *Server) checkDiscount(ctx context.Context, tx *store.Tx, in *IDIn) (Discount, error) {
	id, err := parseID("dsc", in.ID)
	if err != nil {
		return Discount{}, err
	}
	d, err := program.CheckDiscount(ctx, tx, id)
	if err != nil {
		return Discount{}, err
	}
	return shownDiscount(ctx, tx, d)
}

type removeCodesIn struct {
	IDIn
	Body struct {
		CodeIDs []string `json:"code_ids" minItems:"1" maxItems:"1000" example:"[\"cod_4\"]"`
	}
}

func (s *Server) removeDiscountCodes(ctx context.Context, tx *store.Tx, in *removeCodesIn) (Discount, error) {
	id, err := parseID("dsc", in.ID)
	if err != nil {
		return Discount{}, err
	}
	ids := make([]int64, len(in.Body.CodeIDs))
	for i, text := range in.Body.CodeIDs {
		if ids[i], err = parseID("cod", text); err != nil {
			return Discount{}, err
		}
	}
	d, err := program.RemoveCodes(ctx, tx, id, ids)
	if err != nil {
		return Discount{}, err
	}
	return shownDiscount(ctx, tx, d)
}
