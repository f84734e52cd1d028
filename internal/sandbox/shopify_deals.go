package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// dealNode is one code discount of a Shopify store, with one code or many.
type dealNode struct {
	id, title         string
	shipping          bool // free shipping
	percentBps, fixed int64
	eachItem          bool
	starts, ends      time.Time // ends zero: never
	limit             int64     // uses of each code; 0: any number
	once              bool      // per customer
	combines          [3]bool   // order, product, shipping
	minSubtotal       int64
	minQuantity       int64
	products          []string
	collections       []string
	updated           time.Time
	codes             []*discount
}

// bulkAdd is one discountRedeemCodeBulkAdd: codes are taken in at the second
// look, as the real one takes its time.
type bulkAdd struct {
	id    string
	deal  *dealNode
	codes []string
	looks int
	done  bool
	fails map[string]string
	made  map[string]*discount
}

func gidOf(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }

func refusal(key string, path list, code, msg string) object {
	return object{{key, nil}, {"userErrors", list{object{{"field", path}, {"code", code}, {"message", msg}, {"extraInfo", nil}}}}}
}

// wrap makes a deal of a code that the store had before.
func (h *shopifySide) wrap(d *discount) *dealNode {
	n := &dealNode{id: gidOf("DiscountCodeNode", d.id), title: d.Text, percentBps: d.PercentBps, fixed: d.Fixed, starts: d.created, updated: d.modified, codes: []*discount{d}}
	d.deal = n
	h.deals[n.id] = n
	return n
}

func (n *dealNode) status(now time.Time) string {
	switch {
	case !n.ends.IsZero() && !now.Before(n.ends):
		return "EXPIRED"
	case now.Before(n.starts):
		return "SCHEDULED"
	}
	return "ACTIVE"
}

func (h *shopifySide) node(n *dealNode, key string) any {
	s := h.s
	money := func(minor int64) object {
		return object{{"amount", literal(`"` + decimal(minor, s.exp) + `"`)}, {"currencyCode", s.opt.Currency}}
	}
	ids := func(all []string) list {
		out := list{}
		for _, id := range all {
			out = append(out, object{{"id", id}})
		}
		return out
	}
	var minimum any
	switch {
	case n.minSubtotal > 0:
		minimum = object{{"__typename", "DiscountMinimumSubtotal"}, {"greaterThanOrEqualToSubtotal", money(n.minSubtotal)}}
	case n.minQuantity > 0:
		minimum = object{{"__typename", "DiscountMinimumQuantity"}, {"greaterThanOrEqualToQuantity", fmt.Sprint(n.minQuantity)}}
	}
	var ends, limit any
	if !n.ends.IsZero() {
		ends = n.ends.UTC().Format(time.RFC3339)
	}
	if n.limit > 0 {
		limit = n.limit
	}
	used := 0
	codes := list{}
	for _, d := range n.codes {
		used += len(d.used)
		codes = append(codes, object{{"id", gidOf("DiscountRedeemCode", d.id+1)}, {"code", d.Text}, {"asyncUsageCount", len(d.used)}})
	}
	first := codes
	if len(first) > 1 {
		first = first[:1]
	}
	o := object{
		{"__typename", "DiscountCodeBasic"}, {"title", n.title}, {"status", n.status(s.Now())}, {"startsAt", n.starts.UTC().Format(time.RFC3339)}, {"endsAt", ends},
		{"usageLimit", limit}, {"appliesOncePerCustomer", n.once}, {"asyncUsageCount", used}, {"updatedAt", n.updated.UTC().Format(time.RFC3339)},
		{"combinesWith", object{{"orderDiscounts", n.combines[0]}, {"productDiscounts", n.combines[1]}, {"shippingDiscounts", n.combines[2]}}},
		{"minimumRequirement", minimum}, {"codesCount", object{{"count", len(n.codes)}}}, {"codes", object{{"nodes", first}}},
	}
	if n.shipping {
		o[0].val = "DiscountCodeFreeShipping"
		return object{{"id", n.id}, {key, o}}
	}
	value := object{{"__typename", "DiscountPercentage"}, {"percentage", literal(decimal(n.percentBps, 4))}}
	if n.percentBps == 0 {
		value = object{{"__typename", "DiscountAmount"}, {"amount", money(n.fixed)}, {"appliesOnEachItem", n.eachItem}}
	}
	items := object{{"__typename", "AllDiscountItems"}, {"allItems", true}}
	if len(n.products) > 0 {
		items = object{{"__typename", "DiscountProducts"}, {"products", object{{"nodes", ids(n.products)}}}}
	} else if len(n.collections) > 0 {
		items = object{{"__typename", "DiscountCollections"}, {"collections", object{{"nodes", ids(n.collections)}}}}
	}
	o = append(o, field{"customerGets", object{{"value", value}, {"items", items}}})
	return object{{"id", n.id}, {key, o}}
}

// dealInput is what of the inputs the store understands. Pointers and raw
// values tell what was sent from what was left out.
type dealInput struct {
	Title, Code                *string
	StartsAt                   *time.Time
	EndsAt                     json.RawMessage
	UsageLimit                 json.RawMessage
	Once                       *bool `json:"appliesOncePerCustomer"`
	CombinesWith               *struct{ OrderDiscounts, ProductDiscounts, ShippingDiscounts bool }
	Minimum                    json.RawMessage `json:"minimumRequirement"`
	Context, CustomerSelection json.RawMessage
	CustomerGets               *struct {
		Value *struct {
			Percentage     json.Number
			DiscountAmount *struct {
				Amount            json.Number
				AppliesOnEachItem bool
			}
		}
		Items *struct {
			All      bool
			Products *struct {
				Add    []string `json:"productsToAdd"`
				Remove []string `json:"productsToRemove"`
			}
			Collections *struct{ Add, Remove []string }
		}
	}
}

// saveDeal creates (n nil) or changes a discount and answers as recorded.
func (h *shopifySide) saveDeal(n *dealNode, raw any, key string) object {
	s := h.s
	fail := func(name, code, msg string) object {
		return refusal("codeDiscountNode", list{key, name}, code, msg)
	}
	var in dealInput
	b, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		return fail("base", "INVALID", "Input is invalid: "+err.Error())
	}
	fresh := n == nil
	next := dealNode{shipping: key == "freeShippingCodeDiscount"}
	if !fresh {
		next = *n
	}
	now := s.Now().Truncate(time.Second)
	if in.Title != nil {
		next.title = *in.Title
	}
	if in.StartsAt != nil {
		next.starts = *in.StartsAt
	}
	if in.EndsAt != nil {
		next.ends = time.Time{}
		_ = json.Unmarshal(in.EndsAt, &next.ends)
	}
	if in.UsageLimit != nil {
		next.limit = 0
		_ = json.Unmarshal(in.UsageLimit, &next.limit)
		if next.limit <= 0 && string(in.UsageLimit) != "null" {
			return fail("usageLimit", "GREATER_THAN", "Usage limit must be greater than 0")
		}
	}
	if in.Once != nil {
		next.once = *in.Once
	}
	if c := in.CombinesWith; c != nil {
		next.combines = [3]bool{c.OrderDiscounts, c.ProductDiscounts, c.ShippingDiscounts}
	}
	if in.Minimum != nil {
		var m struct {
			Quantity *struct {
				N json.Number `json:"greaterThanOrEqualToQuantity"`
			}
			Subtotal *struct {
				N json.Number `json:"greaterThanOrEqualToSubtotal"`
			}
		}
		_ = json.Unmarshal(in.Minimum, &m)
		if m.Quantity != nil && m.Subtotal != nil {
			return fail("minimumRequirement", "CONFLICT", "Minimum subtotal and quantity can't both be present.")
		}
		next.minQuantity, next.minSubtotal = 0, 0
		if m.Quantity != nil {
			next.minQuantity, _ = minorOf(m.Quantity.N.String(), 0)
		}
		if m.Subtotal != nil {
			next.minSubtotal, _ = minorOf(m.Subtotal.N.String(), s.exp)
		}
	}
	if in.Context != nil && in.CustomerSelection != nil {
		return fail("context", "INVALID", "Only one of context or customerSelection can be provided.")
	}
	if g := in.CustomerGets; g != nil {
		if v := g.Value; v != nil && v.DiscountAmount != nil {
			next.percentBps, next.eachItem = 0, v.DiscountAmount.AppliesOnEachItem
			next.fixed, _ = minorOf(v.DiscountAmount.Amount.String(), s.exp)
		} else if v != nil {
			p, ok := minorOf(v.Percentage.String(), 4)
			if !ok || p < 0 || p > 10_000 {
				return fail("customerGets", "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")
			}
			next.percentBps, next.fixed = p, 0
		}
		if it := g.Items; it != nil {
			if it.All {
				next.products, next.collections = nil, nil
			}
			if it.Products != nil {
				next.products = without(append(next.products, it.Products.Add...), it.Products.Remove)
			}
			if it.Collections != nil {
				next.collections = without(append(next.collections, it.Collections.Add...), it.Collections.Remove)
			}
		}
	}
	switch {
	case next.title == "":
		return fail("title", "BLANK", "Title can't be blank")
	case next.starts.IsZero():
		return fail("startsAt", "BLANK", "Starts at can't be blank")
	case !next.ends.IsZero() && !next.ends.After(next.starts):
		return fail("endsAt", "INVALID", "Ends at needs to be after starts_at")
	case fresh && in.Code == nil, in.Code != nil && *in.Code == "":
		return fail("code", "BLANK", "Code can't be blank")
	case in.Code != nil && len(*in.Code) > 255:
		return fail("code", "TOO_LONG", "Code is too long (maximum is 255 characters)")
	case in.Code != nil && strings.ContainsAny(*in.Code, "\r\n"):
		return fail("code", "INVALID", "Code cannot contain newline characters.")
	case fresh && in.Context == nil && in.CustomerSelection == nil:
		return fail("context", "BLANK", "Context can't be blank")
	}
	if in.Code != nil {
		if other := s.codes[foldCode(*in.Code)]; other != nil && (fresh || other.deal != n) {
			return fail("code", "TAKEN", "Code must be unique. Please try a different code.")
		}
	}
	if fresh {
		n = &dealNode{}
	}
	next.updated = now
	*n = next
	if fresh {
		d := h.addRedeem(n, *in.Code)
		n.id = gidOf("DiscountCodeNode", d.id)
		h.deals[n.id] = n
	} else if in.Code != nil && len(n.codes) == 1 && n.codes[0].Text != *in.Code {
		d := n.codes[0]
		delete(s.codes, foldCode(d.Text))
		d.Text = *in.Code
		s.codes[foldCode(d.Text)] = d
	}
	for _, d := range n.codes {
		d.PercentBps, d.Fixed = n.percentBps, n.fixed
	}
	return object{{"codeDiscountNode", h.node(n, "codeDiscount")}, {"userErrors", list{}}}
}

func (h *shopifySide) addRedeem(n *dealNode, code string) *discount {
	d := h.s.addCode(Code{Text: code, PercentBps: n.percentBps, Fixed: n.fixed})
	delete(h.deals, d.deal.id)
	h.s.ids++
	d.deal = n
	n.codes = append(n.codes, d)
	return d
}

func without(all, gone []string) (out []string) {
	for _, a := range all {
		keep := true
		for _, g := range gone {
			keep = keep && a != g
		}
		if keep {
			out = append(out, a)
		}
	}
	return out
}

// switchDeal plays what was recorded: to stop ends a discount now, and again
// changes nothing; to start it takes its end away, a planned one too.
func (h *shopifySide) switchDeal(n *dealNode, on bool) object {
	if n == nil {
		return refusal("codeDiscountNode", list{"id"}, "INVALID", "Code discount does not exist.")
	}
	now := h.s.Now().Truncate(time.Second)
	switch st := n.status(now); {
	case on:
		n.ends = time.Time{}
		if n.starts.After(now) {
			n.starts = now
		}
		n.updated = now
	case st != "EXPIRED":
		n.ends, n.updated = now, now
	}
	return object{{"codeDiscountNode", h.node(n, "codeDiscount")}, {"userErrors", list{}}}
}

func (h *shopifySide) deleteDeal(id string) object {
	n := h.deals[id]
	if n == nil {
		return refusal("deletedCodeDiscountId", list{"id"}, "INVALID", "Code discount does not exist.")
	}
	for _, d := range n.codes {
		delete(h.s.codes, foldCode(d.Text))
	}
	delete(h.deals, id)
	return object{{"deletedCodeDiscountId", id}, {"userErrors", list{}}}
}

const bulkMost = 250

func (h *shopifySide) addCodes(args map[string]any) (any, *problem) {
	id, _ := args["discountId"].(string)
	raw, _ := args["codes"].([]any)
	if len(raw) > bulkMost {
		return nil, &problem{fmt.Sprintf("The input array size of %d is greater than the maximum allowed of %d.", len(raw), bulkMost), "MAX_INPUT_SIZE_EXCEEDED"}
	}
	n := h.deals[id]
	if n == nil {
		return refusal("bulkCreation", list{"discountId"}, "INVALID", "Code discount does not exist."), nil
	}
	b := &bulkAdd{id: gidOf("DiscountRedeemCodeBulkCreation", h.s.nextID()), deal: n, fails: map[string]string{}, made: map[string]*discount{}}
	for _, c := range raw {
		m, _ := c.(map[string]any)
		code, _ := m["code"].(string)
		b.codes = append(b.codes, code)
	}
	h.bulks[b.id] = b
	return object{{"bulkCreation", h.bulkNode(b)}, {"userErrors", list{}}}, nil
}

func (h *shopifySide) bulkCreation(id string) any {
	b := h.bulks[id]
	if b == nil {
		return nil
	}
	if b.looks++; b.looks > 1 && !b.done {
		b.done = true
		for _, code := range b.codes {
			switch {
			case code == "":
				b.fails[code] = "Code can't be blank"
			case h.s.codes[foldCode(code)] != nil:
				b.fails[code] = "Code must be unique. Please try a different code."
			default:
				b.made[code] = h.addRedeem(b.deal, code)
			}
		}
	}
	return h.bulkNode(b)
}

func (h *shopifySide) bulkNode(b *bulkAdd) object {
	nodes := list{}
	for _, code := range b.codes {
		errs, made := list{}, any(nil)
		if msg, bad := b.fails[code]; bad {
			kind := "TAKEN"
			if code == "" {
				kind = "BLANK"
			}
			errs = append(errs, object{{"code", kind}, {"field", list{"code"}}, {"message", msg}})
		} else if d := b.made[code]; d != nil {
			made = object{{"id", gidOf("DiscountRedeemCode", d.id+1)}, {"code", d.Text}}
		}
		nodes = append(nodes, object{{"code", code}, {"errors", errs}, {"discountRedeemCode", made}})
	}
	return object{{"id", b.id}, {"done", b.done}, {"codesCount", len(b.codes)}, {"importedCount", len(b.made)}, {"failedCount", len(b.fails)},
		{"codes", object{{"nodes", nodes}, {"pageInfo", object{{"hasNextPage", false}, {"endCursor", nil}}}}}}
}

func (h *shopifySide) removeCodes(args map[string]any) object {
	id, _ := args["discountId"].(string)
	n := h.deals[id]
	if n == nil {
		return refusal("job", list{"discountId"}, "INVALID", "Code discount does not exist.")
	}
	raw, _ := args["ids"].([]any)
	for _, r := range raw {
		for i, d := range n.codes {
			if r == gidOf("DiscountRedeemCode", d.id+1) {
				delete(h.s.codes, foldCode(d.Text))
				n.codes = append(n.codes[:i:i], n.codes[i+1:]...)
				break
			}
		}
	}
	return object{{"job", object{{"id", "gid://shopify/Job/1"}, {"done", false}}}, {"userErrors", list{}}}
}

// allows says why a deal does not apply to an order; "" when it does.
func (s *Store) allows(d *discount, o *Order) string {
	n := d.deal
	if n == nil {
		return ""
	}
	var subtotal, quantity int64
	entitled := false
	for _, l := range o.Lines {
		if n.covers(l.Product) {
			entitled = true
			subtotal += l.Price * l.Quantity
			quantity += l.Quantity
		}
	}
	switch {
	case !entitled:
		return "it is for other products"
	case subtotal < n.minSubtotal, quantity < n.minQuantity:
		return "the order is too small"
	}
	if n.once {
		for _, who := range d.used {
			if who == o.Customer.Email {
				return "the customer has used it"
			}
		}
	}
	return ""
}

func (n *dealNode) covers(p *Product) bool {
	if len(n.products) == 0 && len(n.collections) == 0 {
		return true
	}
	for _, id := range n.products {
		if id == gidOf("Product", p.ID) {
			return true
		}
	}
	for _, id := range n.collections {
		for _, c := range p.Collections {
			if id == "gid://shopify/Collection/"+c {
				return true
			}
		}
	}
	return false
}
