package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"tributary/internal/platform/shopify/schema"
)

// bucket is the leaky bucket of one shop's Admin API: cost points.
type bucket struct {
	max, restore, left float64
	at                 time.Time
}

// Fault is what goes wrong with the next calls of a store's APIs.
type Fault struct {
	Status int    // answered instead; 0: nothing wrong with the status
	Body   string // with this body, JSON or not
	Header http.Header
	// After makes the call go through first: the answer alone is lost.
	After bool
	// Only matches calls whose body or path contain it, on WooCommerce method and
	// address; "" matches all.
	Only string
}

// Break makes the next n calls that match go wrong.
func (s *Store) Break(n int, f Fault) {
	if s.woo != nil {
		s.woo.mu.Lock()
		defer s.woo.mu.Unlock()
		for range n {
			s.woo.faults = append(s.woo.faults, f)
		}
		return
	}
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	for range n {
		s.shop.faults = append(s.shop.faults, f)
	}
}

// Calls counts the calls of each GraphQL operation by name, and of the token
// endpoint as "token", those that went wrong included.
func (s *Store) Calls(name string) int {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	return s.shop.calls[name]
}

// When calls do at the n-th call of a GraphQL operation, for tests.
func (s *Store) When(name string, n int, do func()) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.when = func(called string, times int) {
		if called == name && times == n {
			do()
		}
	}
}

// Budget sets the leaky bucket of the Admin API, for tests.
func (s *Store) Budget(maximum, restore float64) {
	s.shop.mu.Lock()
	defer s.shop.mu.Unlock()
	s.shop.bucket = bucket{maximum, restore, maximum, time.Now()}
}

// fault takes the first one that matches.
func (h *shopifySide) fault(path, body string) (Fault, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, f := range h.faults {
		if f.Only == "" || strings.Contains(body, f.Only) || strings.Contains(path, f.Only) {
			h.faults = append(h.faults[:i:i], h.faults[i+1:]...)
			return f, true
		}
	}
	return Fault{}, false
}

func (f Fault) write(rw http.ResponseWriter) {
	for k, v := range f.Header {
		rw.Header()[k] = v
	}
	rw.WriteHeader(f.Status)
	_, _ = rw.Write([]byte(f.Body))
}

// graphql answers what the schema allows: documents and variables are held
// against it, and of an answer only what was selected is sent.
func (h *shopifySide) graphql(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Query     string
		Variables map[string]any
	}
	dec := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20))
	dec.UseNumber()
	bad := dec.Decode(&in)
	if f, ok := h.fault(r.URL.Path, in.Query); ok {
		if f.After {
			h.answer(discard{http.Header{}}, r, in.Query, in.Variables)
		}
		f.write(rw)
		return
	}
	if bad != nil {
		writeJSON(rw, 400, object{{"errors", "Bad Request"}})
		return
	}
	h.answer(rw, r, in.Query, in.Variables)
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func (h *shopifySide) answer(rw http.ResponseWriter, r *http.Request, query string, vars map[string]any) {
	if !h.authorised(r) {
		writeJSON(rw, 401, object{{"errors", "[API] Invalid API key or access token (unrecognized login or wrong password)"}})
		return
	}
	rw.Header().Set("X-Shopify-API-Version", APIVersion)
	doc, err := schema.Parse(query)
	if err != nil {
		h.failed(rw, err.Error(), "undefinedField", nil)
		return
	}
	op := doc.Operations[0]
	h.mu.Lock()
	h.calls[op.Name]++
	if h.when != nil {
		h.when(op.Name, h.calls[op.Name])
	}
	h.mu.Unlock()
	values, err := validator.VariableValues(schema.Load(), op, vars)
	if err != nil {
		h.failed(rw, err.Error(), "INVALID_VARIABLE", nil)
		return
	}
	cost := price(op)
	throttle, ok := h.pay(cost)
	extensions := object{{"cost", object{{"requestedQueryCost", cost}, {"actualQueryCost", cost}, {"throttleStatus", throttle}}}}
	if !ok {
		writeJSON(rw, 200, object{{"errors", list{object{{"message", "Throttled"}, {"extensions", object{{"code", "THROTTLED"}}}}}}, {"extensions", extensions}})
		return
	}
	data := object{}
	for _, s := range op.SelectionSet {
		f := s.(*ast.Field)
		args := f.ArgumentMap(values)
		got, problem := h.resolve(f.Name, args)
		if problem != nil {
			h.failed(rw, problem.Message, problem.Code, list{f.Name})
			return
		}
		data = append(data, field{f.Alias, project(f.SelectionSet, got)})
	}
	writeJSON(rw, 200, object{{"data", data}, {"extensions", extensions}})
}

func (h *shopifySide) failed(rw http.ResponseWriter, msg, code string, path list) {
	e := object{{"message", msg}, {"extensions", object{{"code", code}}}}
	if path != nil {
		e = append(e, field{"path", path})
	}
	writeJSON(rw, 200, object{{"errors", list{e}}})
}

// price is a rough copy of Shopify's: ten for a mutation, one for an object.
func price(op *ast.OperationDefinition) int {
	n := 0
	if op.Operation == ast.Mutation {
		n = 10
	}
	var count func(ast.SelectionSet)
	count = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if len(s.SelectionSet) > 0 {
					n++
				}
				count(s.SelectionSet)
			case *ast.InlineFragment:
				count(s.SelectionSet)
			case *ast.FragmentSpread:
				count(s.Definition.SelectionSet)
			}
		}
	}
	count(op.SelectionSet)
	return n
}

func (h *shopifySide) pay(cost int) (object, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := &h.bucket
	now := time.Now()
	b.left, b.at = min(b.max, b.left+b.restore*now.Sub(b.at).Seconds()), now
	ok := b.left >= float64(cost)
	if ok {
		b.left -= float64(cost)
	}
	return object{{"maximumAvailable", literal(fmt.Sprintf("%.1f", b.max))}, {"currentlyAvailable", literal(fmt.Sprintf("%.1f", b.left))},
		{"restoreRate", literal(fmt.Sprintf("%.1f", b.restore))}}, ok
}

// project is of v what was selected. A field that the store does not have is a
// bug of the sandbox.
func project(set ast.SelectionSet, v any) any {
	switch v := v.(type) {
	case list:
		out := make(list, len(v))
		for i := range v {
			out[i] = project(set, v[i])
		}
		return out
	case object:
		out := object{}
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				got, ok := v.get(s.Name)
				if !ok {
					panic(fmt.Sprintf("sandbox: nothing to answer for %s.%s", s.ObjectDefinition.Name, s.Name))
				}
				out = append(out, field{s.Alias, project(s.SelectionSet, got)})
			case *ast.InlineFragment:
				if kind, _ := v.get("__typename"); kind == s.TypeCondition {
					out = append(out, project(s.SelectionSet, v).(object)...)
				}
			case *ast.FragmentSpread:
				if kind, _ := v.get("__typename"); kind == s.Definition.TypeCondition {
					out = append(out, project(s.Definition.SelectionSet, v).(object)...)
				}
			}
		}
		return out
	}
	return v
}

func (o object) get(key string) (any, bool) {
	for _, f := range o {
		if f.key == key {
			return f.val, true
		}
	}
	return nil, false
}

type problem struct{ Message, Code string }

// resolve answers one root field.
func (h *shopifySide) resolve(name string, args map[string]any) (any, *problem) {
	id, _ := args["id"].(string)
	if strings.HasPrefix(name, "discount") && name != "discountNode" && !h.granted("write_discounts") {
		return nil, &problem{"Access denied for " + name + " field. Required access: `write_discounts` access scope.", "ACCESS_DENIED"}
	}
	s := h.s
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "shop":
		return h.shopNode(), nil
	case "currentAppInstallation":
		scopes := list{}
		for scope := range strings.SplitSeq(s.opt.Scopes, ",") {
			scopes = append(scopes, object{{"handle", scope}})
		}
		return object{{"id", "gid://shopify/AppInstallation/1"}, {"accessScopes", scopes}}, nil
	case "metaobjectDefinitionByType":
		kind, _ := args["type"].(string)
		return h.typeNode(h.types[ownType(kind)]), nil
	case "metaobjectDefinitionCreate":
		return h.createType(args["definition"]), nil
	case "metaobjectDefinitionUpdate":
		return h.updateType(id, args["definition"]), nil
	case "metaobjectByHandle":
		return h.entryAt(args["handle"]), nil
	case "metaobjectUpsert":
		return h.upsertEntry(args["handle"], args["metaobject"]), nil
	case "orders":
		return h.ordersPage(args)
	case "order":
		return h.orderByID(id), nil
	case "codeDiscountNodeByCode":
		code, _ := args["code"].(string)
		if d := s.codes[foldCode(code)]; d != nil {
			return h.node(d.deal, "codeDiscount"), nil
		}
		return nil, nil
	case "discountNode":
		if n := h.deals[id]; n != nil {
			return h.node(n, "discount"), nil
		}
		return nil, nil
	case "discountCodeBasicCreate":
		return h.saveDeal(nil, args["basicCodeDiscount"], "basicCodeDiscount"), nil
	case "discountCodeFreeShippingCreate":
		return h.saveDeal(nil, args["freeShippingCodeDiscount"], "freeShippingCodeDiscount"), nil
	case "discountCodeBasicUpdate", "discountCodeFreeShippingUpdate":
		n := h.deals[id]
		key := "basicCodeDiscount"
		if name == "discountCodeFreeShippingUpdate" {
			key = "freeShippingCodeDiscount"
		}
		if n == nil || n.shipping != (key == "freeShippingCodeDiscount") {
			return refusal("codeDiscountNode", list{"id"}, "INVALID", "Discount does not exist."), nil
		}
		return h.saveDeal(n, args[key], key), nil
	case "discountCodeActivate", "discountCodeDeactivate":
		return h.switchDeal(h.deals[id], name == "discountCodeActivate"), nil
	case "discountCodeDelete":
		return h.deleteDeal(id), nil
	case "discountRedeemCodeBulkAdd":
		return h.addCodes(args)
	case "discountRedeemCodeBulkCreation":
		return h.bulkCreation(id), nil
	case "bulkOperationRunQuery":
		query, _ := args["query"].(string)
		return h.startBulk(query), nil
	case "bulkOperation":
		return h.bulkState(id), nil
	case "discountCodeRedeemCodeBulkDelete":
		return h.removeCodes(args), nil
	}
	return nil, &problem{"The sandbox does not answer " + name, "undefinedField"}
}

// granted: writing includes reading.
func (h *shopifySide) granted(scope string) bool {
	for have := range strings.SplitSeq(h.s.opt.Scopes, ",") {
		if have == scope {
			return true
		}
	}
	return false
}

func (h *shopifySide) shopNode() object {
	s := h.s
	return object{
		{"id", fmt.Sprintf("gid://shopify/Shop/%d", shopNumber(s.opt.Domain))}, {"name", s.opt.Name}, {"myshopifyDomain", s.opt.Domain},
		{"primaryDomain", object{{"url", "https://" + s.opt.Domain}, {"host", s.opt.Domain}}}, {"currencyCode", s.opt.Currency}, {"ianaTimezone", s.opt.Zone.String()},
		{"taxesIncluded", s.opt.TaxesIncluded},
	}
}
