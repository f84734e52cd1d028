package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// asked sends a document to the store's Admin API.
func asked(t *testing.T, s *Store, token, query string, vars map[string]any) map[string]any {
	t.Helper()
	b, _ := json.Marshal(map[string]any{"query": query, "variables": vars})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/admin/api/"+APIVersion+"/graphql.json", strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Shopify-Access-Token", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, _ := io.ReadAll(res.Body)
	var in map[string]any
	if err := json.Unmarshal(out, &in); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	return in
}

const (
	createType = `mutation($d: MetaobjectDefinitionCreateInput!) { metaobjectDefinitionCreate(definition: $d) { metaobjectDefinition { id type } userErrors { field code message } } }`
	upsert     = `mutation($h: MetaobjectHandleInput!, $m: MetaobjectUpsertInput!) { metaobjectUpsert(handle: $h, metaobject: $m) { metaobject { id handle } userErrors { field code message } } }`
)

func TestMetaobjectsAreTakenAsStrictlyAsShopifyTakesThem(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Platform: Shopify, Domain: "x.myshopify.com", Seed: 1})
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.shop.tokens["tok"] = &token{access: "tok", expires: s.Now().AddDate(1, 0, 0)}
	s.TakePageFolder("taken")

	m := func(kv ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	code := func(query, root string, vars map[string]any) string {
		in := asked(t, s, "tok", query, vars)
		data, ok := in["data"].(map[string]any)
		if !ok {
			return "top level"
		}
		es := data[root].(map[string]any)["userErrors"].([]any)
		if len(es) == 0 {
			return ""
		}
		return es[0].(map[string]any)["code"].(string)
	}
	def := func(folder string, change ...any) map[string]any {
		d := m("type", "$app:p", "access", m("admin", "MERCHANT_READ", "storefront", "PUBLIC_READ"), "fieldDefinitions", []any{
			m("key", "title", "type", "single_line_text_field"), m("key", "sections", "type", "json")},
			"capabilities", m("publishable", m("enabled", true), "renderable", m("enabled", true, "data", m("metaTitleKey", "title")), "onlineStore", m("enabled", true, "data", m("urlHandle", folder))))
		for i := 0; i < len(change); i += 2 {
			d[change[i].(string)] = change[i+1]
		}
		return m("d", d)
	}
	for _, c := range []struct {
		want string
		vars map[string]any
	}{
		{"URL_HANDLE_TAKEN", def("taken")}, {"URL_HANDLE_INVALID", def("No Such")}, {"URL_HANDLE_BLANK", def("")},
		{"ADMIN_ACCESS_INPUT_NOT_ALLOWED", def("ok", "type", "p")},
		{"INCLUSION", def("ok", "fieldDefinitions", []any{m("key", "title", "type", "html")})},
		{"OBJECT_FIELD_TAKEN", def("ok", "fieldDefinitions", []any{m("key", "aa", "type", "json"), m("key", "aa", "type", "json")})},
		{"INVALID", def("ok", "fieldDefinitions", []any{m("key", "x y", "type", "json")})},
		{"top level", def("ok", "no_such", 1)}, {"", def("ok")}, {"TAKEN", def("other")},
	} {
		if got := code(createType, "metaobjectDefinitionCreate", c.vars); got != c.want {
			t.Errorf("%v: %q, want %q", c.vars, got, c.want)
		}
	}
	put := func(handle string, kv ...any) map[string]any {
		return m("h", m("type", "$app:p", "handle", handle), "m", m(kv...))
	}
	fields := func(kv ...string) []any {
		out := []any{}
		for i := 0; i < len(kv); i += 2 {
			out = append(out, m("key", kv[i], "value", kv[i+1]))
		}
		return out
	}
	active := m("publishable", m("status", "ACTIVE"))
	for _, c := range []struct {
		want string
		vars map[string]any
	}{
		{"UNDEFINED_OBJECT_TYPE", m("h", m("type", "$app:q", "handle", "a"), "m", m())},
		{"UNDEFINED_OBJECT_FIELD", put("a", "fields", fields("no", "x"))},
		{"DUPLICATE_FIELD_INPUT", put("a", "fields", fields("title", "x", "title", "y"))},
		{"INVALID_VALUE", put("a", "fields", fields("title", "x\ny"))},
		{"INVALID_VALUE", put("a", "fields", fields("sections", "{"))},
		{"TOO_LONG", put("a", "fields", fields("sections", `"`+strings.Repeat("x", mostJSON)+`"`))},
		{"INVALID", put("a", "handle", "A B")},
		{"top level", put("a", "capabilities", m("publishable", m("status", "GONE")))},
		{"", put("a", "fields", fields("title", "x", "sections", "[]"), "capabilities", active)}, {"", put("b", "fields", fields("title", "y"))},
		{"TAKEN", put("b", "handle", "a")}, {"", put("b", "handle", "c")},
	} {
		if got := code(upsert, "metaobjectUpsert", c.vars); got != c.want {
			t.Errorf("%v: %q, want %q", c.vars, got, c.want)
		}
	}
	for path, want := range map[string]int{"/pages/ok/a": 200, "/pages/ok/c": 404, "/pages/ok/nobody": 404, "/pages/other/a": 404, "/extension/tributary-pages.css": 200, "/extension/..%2fx": 404, "/products/0": 200, "/products/99": 404} {
		res, err := http.Get(s.URL() + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
	for _, block := range []string{"page", "hero", "words", "products", "banner", "countdown", "reviews", "faq", "lead-form", "giveaway", "disclosure"} {
		res, err := http.Get(s.URL() + "/pages/ok/a?block=" + block) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		if _ = res.Body.Close(); res.StatusCode != http.StatusOK || strings.Contains(string(body), "Liquid error") {
			t.Errorf("%s: %d %s", block, res.StatusCode, body)
		}
	}
}
