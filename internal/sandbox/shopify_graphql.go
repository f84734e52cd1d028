package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// graphql answers the few operations an app needs to be installed and to make
// codes, found by the name of their root field. It does not read selections:
// it returns more than was asked for. Orders and bulk queries belong here when
// they are needed.
func (h *shopifySide) graphql(rw http.ResponseWriter, r *http.Request) {
	if !h.authorised(r) {
		writeJSON(rw, 401, object{{"errors", "[API] Invalid API key or access token (unrecognized login or wrong password)"}})
		return
	}
	var in struct {
		Query     string
		Variables map[string]json.RawMessage
	}
	if json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20)).Decode(&in) != nil {
		writeJSON(rw, 400, object{{"errors", "Bad Request"}})
		return
	}
	var data object
	switch {
	case strings.Contains(in.Query, "discountCodeBasicCreate"):
		data = object{{"discountCodeBasicCreate", h.createCode(in.Variables)}}
	case strings.Contains(in.Query, "codeDiscountNodeByCode"):
		var code string
		_ = json.Unmarshal(in.Variables["code"], &code)
		h.s.mu.Lock()
		data = object{{"codeDiscountNodeByCode", h.node(h.s.codes[foldCode(code)])}}
		h.s.mu.Unlock()
	case strings.Contains(in.Query, "currentAppInstallation"):
		scopes := list{}
		for scope := range strings.SplitSeq(h.s.opt.Scopes, ",") {
			scopes = append(scopes, object{{"handle", scope}})
		}
		data = object{{"currentAppInstallation", object{{"id", "gid://shopify/AppInstallation/1"}, {"accessScopes", scopes}, {"activeSubscriptions", list{}}}}, {"shop", h.shopNode()}}
	case strings.Contains(in.Query, "shop"):
		data = object{{"shop", h.shopNode()}}
	default:
		writeJSON(rw, 200, object{{"errors", list{object{
			{"message", "The sandbox does not know this operation"}, {"extensions", object{{"code", "undefinedField"}}},
		}}}})
		return
	}
	writeJSON(rw, 200, object{{"data", data}, {"extensions", object{{"cost", object{
		{"requestedQueryCost", 10}, {"actualQueryCost", 10},
		{"throttleStatus", object{{"maximumAvailable", literal("2000.0")}, {"currentlyAvailable", 1990}, {"restoreRate", literal("100.0")}}},
	}}}}})
}

func (h *shopifySide) shopNode() object {
	s := h.s
	return object{
		{"id", fmt.Sprintf("gid://shopify/Shop/%d", shopNumber(s.opt.Domain))}, {"name", s.opt.Name}, {"myshopifyDomain", s.opt.Domain},
		{"primaryDomain", object{{"url", s.URL()}}}, {"currencyCode", s.opt.Currency}, {"ianaTimezone", s.opt.Zone.String()},
		{"plan", object{{"publicDisplayName", "Basic"}, {"partnerDevelopment", true}, {"shopifyPlus", false}}}, {"contactEmail", "owner@example.test"},
		{"taxesIncluded", s.opt.TaxesIncluded},
	}
}

func (h *shopifySide) node(d *discount) any {
	if d == nil {
		return nil
	}
	status := "ACTIVE"
	if !d.usable(h.s.Now()) {
		status = "EXPIRED"
	}
	return object{
		{"id", fmt.Sprintf("gid://shopify/DiscountCodeNode/%d", d.id)},
		{"codeDiscount", object{
			{"__typename", "DiscountCodeBasic"}, {"title", d.Text}, {"status", status},
			{"codes", object{{"nodes", list{object{{"id", fmt.Sprintf("gid://shopify/DiscountRedeemCode/%d", d.id+1)}, {"code", d.Text}, {"asyncUsageCount", len(d.used)}}}}}},
		}},
	}
}

// createCode is discountCodeBasicCreate: a code is unique without regard to case.
func (h *shopifySide) createCode(vars map[string]json.RawMessage) object {
	var in struct {
		Code, Title  string
		StartsAt     string
		EndsAt       time.Time
		CustomerGets struct {
			Value struct {
				Percentage     json.Number
				DiscountAmount struct{ Amount json.Number }
			}
		}
	}
	fail := func(name, code, msg string) object {
		return object{{"codeDiscountNode", nil}, {"userErrors", list{object{
			{"field", list{"basicCodeDiscount", name}}, {"code", code}, {"message", msg}, {"extraInfo", nil},
		}}}}
	}
	raw := vars["basicCodeDiscount"]
	if raw == nil {
		raw = vars["input"]
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fail("basicCodeDiscount", "INVALID", "Input is invalid")
	}
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	switch {
	case in.Code == "":
		return fail("code", "BLANK", "Code can't be blank")
	case in.StartsAt == "":
		return fail("startsAt", "BLANK", "Starts at can't be blank")
	case h.s.codes[foldCode(in.Code)] != nil:
		return fail("code", "TAKEN", "Code must be unique. Please try a different code.")
	}
	c := Code{Text: in.Code}
	if p := in.CustomerGets.Value.Percentage; p != "" {
		n, ok := minorOf(p.String(), 4)
		if !ok || n < 0 || n > 10_000 {
			return fail("customerGets", "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")
		}
		c.PercentBps = n
	} else {
		c.Fixed, _ = minorOf(in.CustomerGets.Value.DiscountAmount.Amount.String(), h.s.exp)
	}
	d := h.s.addCode(c)
	d.expires = in.EndsAt
	return object{{"codeDiscountNode", h.node(d)}, {"userErrors", list{}}}
}
