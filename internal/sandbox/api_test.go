package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// client speaks wc/v3 with a key.
type client struct {
	s      *Store
	ck, cs string
}

func (c client) do(t *testing.T, method, path, body string) (int, []byte, http.Header) {
	t.Helper()
	req := must(http.NewRequest(method, c.s.URL()+"/wp-json/wc/v3"+path, strings.NewReader(body)))(t)
	if c.ck != "" {
		req.SetBasicAuth(c.ck, c.cs)
	}
	res := must(http.DefaultClient.Do(req))(t)
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, must(io.ReadAll(res.Body))(t), res.Header
}

func (c client) code(t *testing.T, method, path, body string, status int, code string) {
	t.Helper()
	have, b, _ := c.do(t, method, path, body)
	if m := parse(t, b); have != status || m["code"] != code {
		t.Errorf("%s %s: %d %s", method, path, have, b)
	}
}

func woo(t *testing.T, a *app) (*Store, client) {
	s := open(t, options(WooCommerce), a)
	ck, cs := s.AddKey(true)
	return s, client{s, ck, cs}
}

func TestWooCommerceKeysAreChecked(t *testing.T) {
	t.Parallel()
	s, c := woo(t, nil)
	client{s: s}.code(t, "GET", "/orders", "", 401, "woocommerce_rest_cannot_view")
	client{s, c.ck, "cs_wrong"}.code(t, "GET", "/orders", "", 401, "woocommerce_rest_authentication_error")
	ck, cs := s.AddKey(false)
	client{s, ck, cs}.code(t, "POST", "/coupons", "{}", 401, "woocommerce_rest_authentication_error")
	client{s: s}.code(t, "GET", "/nonsense", "", 404, "rest_no_route")
	res := must(http.Get(s.URL() + "/wp-json/wc/v3/system_status?consumer_key=" + c.ck + "&consumer_secret=" + c.cs))(t)
	defer func() { _ = res.Body.Close() }()
	m := parse(t, must(io.ReadAll(res.Body))(t))
	if m.obj("environment")["home_url"] != s.URL() || m.obj("settings")["currency"] != "USD" {
		t.Errorf("system_status %v", m)
	}
}

func TestWooCommerceCouponsBehaveAsTheRealOnes(t *testing.T) {
	t.Parallel()
	_, c := woo(t, nil)
	status, b, _ := c.do(t, "POST", "/coupons", `{"code":"SPRING-20","discount_type":"percent","amount":"20","date_expires_gmt":"2030-01-01T00:00:00","meta_data":[{"key":"k","value":"v"}]}`)
	m := parse(t, b)
	if status != 201 || m["code"] != "spring-20" || m["amount"] != "20.00" || m["date_expires_gmt"] != nil {
		t.Errorf("created %d %s", status, b)
	}
	c.code(t, "POST", "/coupons", `{"code":"Spring-20"}`, 400, "woocommerce_rest_coupon_code_already_exists")
	c.code(t, "POST", "/coupons", `{"code":"much","discount_type":"percent","amount":"101"}`, 400, "coupon_invalid_amount")
	_, b, _ = c.do(t, "GET", "/coupons?code=SPRING-20", "")
	if !strings.Contains(string(b), `"code":"spring-20"`) || strings.Count(string(b), `"code":`) != 1 {
		t.Errorf("by code: %s", b)
	}
	if status, b, _ = c.do(t, "PUT", fmt.Sprintf("/coupons/%v", m["id"]), `{"status":"draft"}`); status != 200 {
		t.Errorf("pause: %d %s", status, b)
	}
	if _, err := c.s.Checkout(Basket{Items: []Item{{0, 1}}, Codes: []string{"SPRING-20"}}); err == nil {
		t.Error("a draft coupon was taken")
	}
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf(`{"code":"c%d"}`, i)
	}
	c.code(t, "POST", "/coupons/batch", `{"create":[`+strings.Join(many, ",")+`]}`, 413, "woocommerce_rest_request_entity_too_large")
	many[1] = `{"code":"c0"}`
	status, b, _ = c.do(t, "POST", "/coupons/batch", `{"create":[`+strings.Join(many[:100], ",")+`]}`)
	if created := parse(t, b).list("create"); status != 200 || len(created) != 100 || created[1].obj("error")["code"] != "woocommerce_rest_coupon_code_already_exists" {
		t.Errorf("batch: %d", status)
	}
}

func TestWooCommerceOrdersCanBeSwept(t *testing.T) {
	t.Parallel()
	s, c := woo(t, nil)
	clock := noon
	s.opt.Now = func() time.Time { return clock }
	var ids []int64
	for i := range 12 {
		clock = noon.Add(time.Duration(i) * time.Hour)
		ids = append(ids, must(s.Checkout(one))(t).ID)
	}
	ok(t, s.Trash(ids[11]))
	ok(t, s.RefundLine(ids[3], 0, 1))
	status, b, h := c.do(t, "GET", "/orders?modified_after=2026-10-05T16:00:00&dates_are_gmt=true&orderby=modified&order=asc&per_page=5", "")
	var page []tree
	ok(t, json.Unmarshal(b, &page))
	// Hours 5…10 and the refunded one, but neither hour 4 itself nor the bin.
	if status != 200 || h.Get("X-WP-Total") != "7" || h.Get("X-WP-TotalPages") != "2" || len(page) != 5 || int64(page[0]["id"].(float64)) != ids[5] {
		t.Errorf("%d, total %s, %d on the page", status, h.Get("X-WP-Total"), len(page))
	}
	c.code(t, "GET", "/orders?per_page=101", "", 400, "rest_invalid_param")
	_, b, _ = c.do(t, "GET", fmt.Sprintf("/orders/%d/refunds", ids[3]), "")
	if !strings.Contains(string(b), `"_refunded_item_id"`) || !strings.Contains(string(b), `"quantity":-1`) {
		t.Errorf("refunds %s", b)
	}
	_, b, _ = c.do(t, "GET", "/refunds", "")
	if !strings.Contains(string(b), fmt.Sprintf(`"parent_id":%d`, ids[3])) {
		t.Errorf("all refunds %s", b)
	}
	ok(t, s.Delete(ids[0]))
	c.code(t, "GET", fmt.Sprintf("/orders/%d", ids[0]), "", 404, "woocommerce_rest_shop_order_invalid_id")
}

func TestWooCommerceWebhooksAreMadeOverREST(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	s, c := woo(t, nil)
	c.code(t, "POST", "/webhooks", `{"topic":"order.published","delivery_url":"`+a.URL+`"}`, 400, "woocommerce_rest_shop_webhook_invalid_topic")
	status, b, _ := c.do(t, "POST", "/webhooks", `{"name":"n","topic":"order.updated","delivery_url":"`+a.URL+`/hook","secret":"top"}`)
	if status != 201 || bytes.Contains(b, []byte("top")) && bytes.Contains(b, []byte("secret")) {
		t.Errorf("%d %s", status, b)
	}
	if len(a.all()) != 1 || string(a.all()[0].body) != "webhook_id=1" || s.Webhooks()[0].PendingDelivery {
		t.Error("no ping while the request was open")
	}
	if status, _, _ = c.do(t, "PUT", "/webhooks/1", `{"status":"paused"}`); status != 200 || s.Webhooks()[0].Status != "paused" || len(a.all()) != 1 {
		t.Error("PUT must change the status and not ping")
	}
	c.do(t, "DELETE", "/webhooks/1?force=true", "")
	if len(s.Webhooks()) != 0 {
		t.Error("not deleted")
	}
	c.code(t, "GET", "/webhooks/1", "", 404, "woocommerce_rest_shop_webhook_invalid_id")
}

func TestWooCommerceConnectsByConsent(t *testing.T) {
	t.Parallel()
	answer := 200
	a := newApp(t, func(int, got) int { return answer })
	s, _ := woo(t, nil)
	q := url.Values{"app_name": {"Tributary"}, "scope": {"read_write"}, "user_id": {"state123"}, "return_url": {a.URL + "/return?a=1"}, "callback_url": {a.URL + "/cb?x=1"}}
	back := must(s.Approve(t.Context(), s.URL()+"/wc-auth/v1/authorize?"+q.Encode()))(t)
	if back != a.URL+"/return?a=1&success=1&user_id=state123" {
		t.Errorf("sent back to %s", back)
	}
	g := a.all()[0]
	m := parse(t, g.body)
	if g.path != "/cb?x=1" || m["user_id"] != "state123" || m["key_permissions"] != "read_write" {
		t.Errorf("callback %s %s", g.path, g.body)
	}
	if status, _, _ := (client{s, m["consumer_key"].(string), m["consumer_secret"].(string)}).do(t, "GET", "/system_status", ""); status != 200 {
		t.Errorf("the key answers %d", status)
	}
	answer = 202
	if _, err := s.Approve(t.Context(), s.URL()+"/wc-auth/v1/authorize?"+q.Encode()); err == nil || !strings.Contains(err.Error(), "unable to send the consumer data") {
		t.Errorf("202 was good enough: %v", err)
	}
	m = parse(t, a.all()[1].body)
	client{s, m["consumer_key"].(string), m["consumer_secret"].(string)}.code(t, "GET", "/system_status", "", 401, "woocommerce_rest_cannot_view")
	q.Set("callback_url", "http://app.example/cb")
	if _, err := s.Approve(t.Context(), s.URL()+"/wc-auth/v1/authorize?"+q.Encode()); err == nil || !strings.Contains(err.Error(), "needs to be over SSL") {
		t.Errorf("plain HTTP was good enough: %v", err)
	}
}

func TestShopifyTokensExpireAndRotate(t *testing.T) {
	t.Parallel()
	clock := noon
	o := options(Shopify)
	o.Now = func() time.Time { return clock }
	s := open(t, o, nil)
	ask := func(fields map[string]string) (int, tree) {
		fields["client_id"], fields["client_secret"] = "client", "hush"
		b := must(json.Marshal(fields))(t)
		res := must(http.Post(s.URL()+"/admin/oauth/access_token", "application/json", bytes.NewReader(b)))(t)
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode, parse(t, must(io.ReadAll(res.Body))(t))
	}
	exchange := func(jwt, expiring string) (int, tree) {
		return ask(map[string]string{"grant_type": grantExchange, "subject_token": jwt, "expiring": expiring,
			"requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token"})
	}
	if status, m := exchange("a.b.c", "1"); status != 400 || m["error"] != "invalid_subject_token" {
		t.Errorf("bad token: %d %v", status, m)
	}
	if status, _ := exchange(s.SessionToken(1), "0"); status != 400 {
		t.Error("a non-expiring token was given")
	}
	_, m := exchange(s.SessionToken(1), "1")
	shop := func(access any) int {
		req := must(http.NewRequest(http.MethodPost, s.URL()+"/admin/api/2026-10/graphql.json", strings.NewReader(`{"query":"{ shop { id } }"}`)))(t)
		req.Header.Set("X-Shopify-Access-Token", fmt.Sprint(access))
		res := must(http.DefaultClient.Do(req))(t)
		_ = res.Body.Close()
		return res.StatusCode
	}
	if shop(m["access_token"]) != 200 || shop("shpat_wrong") != 401 {
		t.Error("tokens are not checked")
	}
	clock = clock.Add(time.Hour)
	if shop(m["access_token"]) != 401 {
		t.Error("the token did not expire")
	}
	refresh := func(token any) (int, tree) {
		return ask(map[string]string{"grant_type": "refresh_token", "refresh_token": fmt.Sprint(token)})
	}
	_, lost := refresh(m["refresh_token"])   // say the answer got lost
	_, second := refresh(m["refresh_token"]) // so the old one is good once more
	if second["access_token"] == nil || lost["access_token"] == second["access_token"] || shop(second["access_token"]) != 200 {
		t.Errorf("refresh: %v, %v", lost, second)
	}
	if status, m := refresh(m["refresh_token"]); status != 400 || m["error"] != "invalid_grant" {
		t.Error("the old refresh token outlived the use of its replacement")
	}
	s.Uninstall()
	if shop(second["access_token"]) != 401 {
		t.Error("uninstalling did not end access")
	}
}

func TestShopifyCodesAreUniqueWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	s := open(t, options(Shopify), nil)
	create := func(code string) string {
		s.mu.Lock()
		defer s.mu.Unlock()
		return string(encode(nil, s.shop.saveDeal(nil, map[string]any{"code": code, "title": "x", "startsAt": "2026-01-01T00:00:00Z", "context": map[string]any{"all": "ALL"},
			"customerGets": map[string]any{"value": map[string]any{"percentage": 0.2}, "items": map[string]any{"all": true}}}, "basicCodeDiscount"), rails))
	}
	if have := create("CARA20"); !strings.Contains(have, `"userErrors":[]`) {
		t.Errorf("%s", have)
	}
	if have := create("cara20"); !strings.Contains(have, `"TAKEN"`) {
		t.Errorf("%s", have)
	}
	o := must(s.Checkout(Basket{Items: []Item{{0, 1}}, Codes: []string{"Cara20"}}))(t)
	if o.Lines[0].off() != ratio(o.Lines[0].Price, 2000, 10_000) {
		t.Errorf("took %d off %d", o.Lines[0].off(), o.Lines[0].Price)
	}
}

func TestShoppersSeeTheLatestOrders(t *testing.T) {
	t.Parallel()
	for _, p := range []Platform{Shopify, WooCommerce} {
		s := open(t, options(p), nil)
		o := must(s.Checkout(one))(t)
		res := must(http.Get(s.URL()))(t)
		b := must(io.ReadAll(res.Body))(t)
		_ = res.Body.Close()
		if !slices.Contains(strings.Fields(strings.NewReplacer("<", " ", ">", " ").Replace(string(b))), fmt.Sprint(o.Number)) {
			t.Errorf("order %d is not on %s", o.Number, b)
		}
	}
}
