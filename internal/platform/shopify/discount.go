package shopify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	offer "tributary/internal/domain/discount"
	"tributary/internal/domain/money"
	"tributary/internal/platform"
)

// Query sends a document to one shop; see API.Query.
type Query func(ctx context.Context, document string, vars map[string]any, out any) error

// MostCodes is how many codes a store takes in one call.
const MostCodes = 250

// Discount is a code discount as the store shows it.
type Discount struct {
	ID, Title string
	Status    string // ACTIVE, EXPIRED, SCHEDULED
	Spec      offer.Spec
	Codes     int64
	FirstCode RedeemCode
	// Other is the type of a discount that is not one of ours: its Spec is empty.
	Other string
}

// RedeemCode is one code of a discount.
type RedeemCode struct{ ID, Code string }

type discountNode struct {
	ID           string
	CodeDiscount *shownDiscount
	Discount     *shownDiscount
}

type shownMoney struct{ Amount string }

type shownDiscount struct {
	Typename               string `json:"__typename"`
	Title, Status          string
	StartsAt               time.Time
	EndsAt                 *time.Time
	UsageLimit             int64
	AppliesOncePerCustomer bool
	CombinesWith           struct{ OrderDiscounts, ProductDiscounts, ShippingDiscounts bool }
	MinimumRequirement     *struct {
		Subtotal *shownMoney `json:"greaterThanOrEqualToSubtotal"`
		Quantity json.Number `json:"greaterThanOrEqualToQuantity"`
	}
	CustomerGets struct {
		Value struct {
			Percentage json.Number
			Amount     *shownMoney
		}
		Items struct {
			Products, Collections struct{ Nodes []struct{ ID string } }
		}
	}
	CodesCount struct{ Count int64 }
	Codes      struct{ Nodes []RedeemCode }
}

// DiscountByCode finds the discount that has a code, in any case; nil when no
// discount has.
func DiscountByCode(ctx context.Context, q Query, code string, c money.Currency) (*Discount, error) {
	var in struct{ CodeDiscountNodeByCode *discountNode }
	if err := q(ctx, "discount_by_code", map[string]any{"code": code}, &in); err != nil {
		return nil, err
	}
	return in.CodeDiscountNodeByCode.read(c), nil
}

// DiscountByID reads a discount; nil when the store has it no more.
func DiscountByID(ctx context.Context, q Query, id string, c money.Currency) (*Discount, error) {
	var in struct{ DiscountNode *discountNode }
	if err := q(ctx, "discount_by_id", map[string]any{"id": id}, &in); err != nil {
		return nil, err
	}
	return in.DiscountNode.read(c), nil
}

func (n *discountNode) read(c money.Currency) *Discount {
	if n == nil {
		return nil
	}
	w := n.CodeDiscount
	if w == nil {
		w = n.Discount
	}
	d := &Discount{ID: n.ID}
	if w == nil {
		return d
	}
	d.Title, d.Status, d.Codes = w.Title, w.Status, w.CodesCount.Count
	if len(w.Codes.Nodes) > 0 {
		d.FirstCode = w.Codes.Nodes[0]
	}
	s := &d.Spec
	switch {
	case w.Typename == "DiscountCodeFreeShipping":
		s.Kind = offer.FreeShipping
	case w.Typename != "DiscountCodeBasic":
		d.Other = w.Typename
		return d
	case w.CustomerGets.Value.Amount != nil:
		s.Kind = offer.Fixed
		s.AmountMinor, _ = money.ParseRounded(w.CustomerGets.Value.Amount.Amount, c)
	default:
		s.Kind = offer.Percent
		s.PercentBps = fraction(w.CustomerGets.Value.Percentage.String())
	}
	s.StartsAt, s.EndsAt = w.StartsAt, w.EndsAt
	s.UsageLimit, s.OncePerCustomer = w.UsageLimit, w.AppliesOncePerCustomer
	s.WithOrder, s.WithProduct, s.WithShipping = w.CombinesWith.OrderDiscounts, w.CombinesWith.ProductDiscounts, w.CombinesWith.ShippingDiscounts
	if m := w.MinimumRequirement; m != nil {
		if m.Subtotal != nil {
			s.MinSubtotal, _ = money.ParseRounded(m.Subtotal.Amount, c)
		}
		s.MinQuantity, _ = m.Quantity.Int64()
	}
	for _, p := range w.CustomerGets.Items.Products.Nodes {
		s.Products = append(s.Products, numberOf(p.ID))
	}
	for _, p := range w.CustomerGets.Items.Collections.Nodes {
		s.Collections = append(s.Collections, numberOf(p.ID))
	}
	return d
}

// fraction reads "0.15" as 1500 basis points, rounded.
func fraction(text string) int64 {
	whole, part, _ := strings.Cut(text, ".")
	digits := (part + "00000")[:5]
	var n int64
	for _, r := range whole + digits {
		if r < '0' || r > '9' {
			return -1
		}
		n = n*10 + int64(r-'0')
	}
	return (n + 5) / 10
}

func numberOf(gid string) (n int64) {
	_, _ = fmt.Sscan(gid[strings.LastIndexByte(gid, '/')+1:], &n)
	return n
}

// input is the discount as Shopify takes it. Amounts and fractions are decimal
// numbers as text: no float is made.
func input(title, code string, s offer.Spec, c money.Currency, was *offer.Spec) map[string]any {
	in := map[string]any{
		"title": title, "startsAt": s.StartsAt.UTC().Format(time.RFC3339), "endsAt": nil, "usageLimit": nil, "appliesOncePerCustomer": s.OncePerCustomer,
		"combinesWith": map[string]any{"orderDiscounts": s.WithOrder, "productDiscounts": s.WithProduct, "shippingDiscounts": s.WithShipping},
		"context":      map[string]any{"all": "ALL"},
	}
	if code != "" {
		in["code"] = code
	}
	if s.EndsAt != nil {
		in["endsAt"] = s.EndsAt.UTC().Format(time.RFC3339)
	}
	if s.UsageLimit > 0 {
		in["usageLimit"] = s.UsageLimit
	}
	switch {
	case s.MinSubtotal > 0:
		in["minimumRequirement"] = map[string]any{"subtotal": map[string]any{"greaterThanOrEqualToSubtotal": money.Format(s.MinSubtotal, c)}}
	case s.MinQuantity == 0 && was != nil && was.MinSubtotal+was.MinQuantity > 0:
		in["minimumRequirement"] = nil
	case s.MinQuantity > 0:
		in["minimumRequirement"] = map[string]any{"quantity": map[string]any{"greaterThanOrEqualToQuantity": fmt.Sprint(s.MinQuantity)}}
	}
	if s.Kind == offer.FreeShipping {
		in["destination"] = map[string]any{"all": true}
		return in
	}
	value := map[string]any{"percentage": json.Number(fmt.Sprintf("%d.%04d", s.PercentBps/10_000, s.PercentBps%10_000))}
	if s.Kind == offer.Fixed {
		value = map[string]any{"discountAmount": map[string]any{"amount": money.Format(s.AmountMinor, c), "appliesOnEachItem": false}}
	}
	if was == nil {
		was = &offer.Spec{}
	}
	items := map[string]any{"all": true}
	switch {
	case len(s.Products) > 0:
		items = map[string]any{"products": map[string]any{"productsToAdd": gids("Product", minus(s.Products, was.Products)), "productsToRemove": gids("Product", minus(was.Products, s.Products))}}
	case len(s.Collections) > 0:
		items = map[string]any{"collections": map[string]any{"add": gids("Collection", minus(s.Collections, was.Collections)), "remove": gids("Collection", minus(was.Collections, s.Collections))}}
	}
	in["customerGets"] = map[string]any{"value": value, "items": items}
	return in
}

func gids(kind string, ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("gid://shopify/%s/%d", kind, id)
	}
	return out
}

func minus(a, b []int64) (out []int64) {
	for _, x := range a {
		found := false
		for _, y := range b {
			found = found || x == y
		}
		if !found {
			out = append(out, x)
		}
	}
	return out
}

type changed struct {
	CodeDiscountNode *struct {
		ID           string
		CodeDiscount struct{ Codes struct{ Nodes []RedeemCode } }
	}
	UserErrors []UserError
}

// SaveDiscount creates a discount with its first code (id "") or changes one,
// and returns its id and its first code's. was is what the store showed of it before. An error that
// is *Refused says what Shopify does not want; TAKEN, that another discount has
// the code.
func SaveDiscount(ctx context.Context, q Query, id, title, code string, s offer.Spec, c money.Currency, was *offer.Spec) (discountID, codeID string, err error) {
	document := map[bool]string{false: "discount_basic_", true: "discount_shipping_"}[s.Kind == offer.FreeShipping]
	vars := map[string]any{"input": input(title, code, s, c, was)}
	if id == "" {
		document += "create"
	} else {
		document += "update"
		vars["id"] = id
	}
	var in map[string]changed
	if err := q(ctx, document, vars, &in); err != nil {
		return "", "", err
	}
	for _, got := range in {
		if len(got.UserErrors) > 0 {
			return "", "", &Refused{What: "save the discount", Errors: got.UserErrors}
		}
		if n := got.CodeDiscountNode; n != nil {
			for _, c := range n.CodeDiscount.Codes.Nodes {
				codeID = c.ID
			}
			return n.ID, codeID, nil
		}
	}
	return "", "", &Error{Shop: "a shop", What: document, Code: CodeNotJSON, Reason: "Shopify's answer names no discount", Unknown: true}
}

// SwitchDiscount lets a discount count, or not. To let it count takes its end
// away, a planned one too: save it again to give it back.
func SwitchDiscount(ctx context.Context, q Query, id string, on bool) error {
	document := map[bool]string{true: "discount_activate", false: "discount_deactivate"}[on]
	var in map[string]changed
	if err := q(ctx, document, map[string]any{"id": id}, &in); err != nil {
		return err
	}
	for _, got := range in {
		if len(got.UserErrors) > 0 {
			return &Refused{What: document, Errors: got.UserErrors}
		}
	}
	return nil
}

// DeleteDiscount deletes a discount with its codes. One that is gone is fine.
func DeleteDiscount(ctx context.Context, q Query, id string) error {
	var in struct {
		DiscountCodeDelete struct{ UserErrors []UserError }
	}
	if err := q(ctx, "discount_delete", map[string]any{"id": id}, &in); err != nil {
		return err
	}
	for _, e := range in.DiscountCodeDelete.UserErrors {
		if e.Code != "INVALID" || len(e.Field) == 0 || e.Field[0] != "id" {
			return &Refused{What: "delete the discount", Errors: in.DiscountCodeDelete.UserErrors}
		}
	}
	return nil
}

// RemoveCodes takes up to MostCodes codes out of a discount, which a store does
// in its own time. Those that are gone are fine.
func RemoveCodes(ctx context.Context, q Query, id string, codes []string) error {
	var in struct {
		DiscountCodeRedeemCodeBulkDelete struct{ UserErrors []UserError }
	}
	if err := q(ctx, "redeem_codes_delete", map[string]any{"discountId": id, "ids": codes}, &in); err != nil {
		return err
	}
	if bad := in.DiscountCodeRedeemCodeBulkDelete.UserErrors; len(bad) > 0 {
		return &Refused{What: "remove codes", Errors: bad}
	}
	return nil
}

// AddedCode is what became of one code: an ID, or why not.
type AddedCode struct{ Code, ID, Refused, Reason string }

// AddCodes adds up to MostCodes codes to a discount, which a store does in its
// own time, and tells of each what became of it.
func AddCodes(ctx context.Context, q Query, id string, codes []string) ([]AddedCode, error) {
	list := make([]map[string]any, len(codes))
	for i, c := range codes {
		list[i] = map[string]any{"code": c}
	}
	var in struct {
		DiscountRedeemCodeBulkAdd struct {
			BulkCreation *struct{ ID string }
			UserErrors   []UserError
		}
	}
	if err := q(ctx, "redeem_codes_add", map[string]any{"discountId": id, "codes": list}, &in); err != nil {
		return nil, err
	}
	got := in.DiscountRedeemCodeBulkAdd
	if len(got.UserErrors) > 0 || got.BulkCreation == nil {
		return nil, &Refused{What: "add codes", Errors: got.UserErrors}
	}
	for n := 1; ; n++ {
		out, done, err := addedCodes(ctx, q, got.BulkCreation.ID)
		if err != nil || done {
			return out, err
		}
		if err := platform.Sleep(ctx, min(100*time.Millisecond<<min(n, 6), 5*time.Second)); err != nil {
			return nil, err
		}
	}
}

func addedCodes(ctx context.Context, q Query, id string) (out []AddedCode, done bool, err error) {
	var after any
	for {
		var in struct {
			DiscountRedeemCodeBulkCreation *struct {
				Done  bool
				Codes struct {
					Nodes []struct {
						Code               string
						Errors             []UserError
						DiscountRedeemCode *RedeemCode
					}
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		if err := q(ctx, "redeem_codes_creation", map[string]any{"id": id, "after": after}, &in); err != nil {
			return nil, false, err
		}
		b := in.DiscountRedeemCodeBulkCreation
		if b == nil || !b.Done {
			return nil, false, nil
		}
		for _, n := range b.Codes.Nodes {
			a := AddedCode{Code: n.Code}
			if n.DiscountRedeemCode != nil {
				a.ID = n.DiscountRedeemCode.ID
			}
			if len(n.Errors) > 0 {
				a.Refused, a.Reason = n.Errors[0].Code, short(n.Errors[0].Message)
			}
			out = append(out, a)
		}
		if !b.Codes.PageInfo.HasNextPage {
			return out, true, nil
		}
		after = b.Codes.PageInfo.EndCursor
	}
}
