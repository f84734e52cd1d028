package shopify_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"

	"tributary/internal/platform/shopify"
)

func query(t *testing.T, raw string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// What Shopify's and go-shopify's own suites sign, and when.
func TestQueriesThatShopifySignedAreAccepted(t *testing.T) {
	t.Parallel()
	const classic = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173"
	for name, c := range map[string]struct {
		raw, secret string
		at          int64
		want        error
	}{
		"classic":              {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20&signature=11813d1e7bbf4629edcda0628a3f7a20", "hush", 1337178173, nil},
		"classic with state":   {classic + "&state=abcd&hmac=7db6973c2aff68295ebcf354c2ce528a6b09aef1146baafccc2e0b369fff5f6d", "hush", 1337178173, nil},
		"space is %20":         {"custom=hello+world&shop=myshop.myshopify.com&timestamp=1700000000&hmac=0a3f0b1091a26eab3ab75d96d4cdbba10a3f06e015b95cc989656ddf6c1ce1d9", "my super secret key", 1700000000, nil},
		"signed for no shop":   {"code=some+code+goes+here&shop=the+shop+URL&state=some+nonce+passed+from+auth&timestamp=1700000000&hmac=10207991f5c2c65c114b70a3c3544ce1d00a236ea4ab034793de0d6407be9165", "my super secret key", 1700000000, shopify.ErrQueryShop},
		"a digit less":         {"code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=133717817&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hush", 1337178173, shopify.ErrQuerySignature},
		"another secret":       {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hash", 1337178173, shopify.ErrQuerySignature},
		"an unsigned addition": {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20&notok=true", "hush", 1337178173, shopify.ErrQuerySignature},
		"no signature":         {classic, "hush", 1337178173, shopify.ErrQuerySignature},
		"90 s ago":             {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hush", 1337178173 + 90, nil},
		"91 s ago":             {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hush", 1337178173 + 91, shopify.ErrQueryTime},
		"in 90 s":              {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hush", 1337178173 - 90, nil},
		"in 91 s":              {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", "hush", 1337178173 - 91, shopify.ErrQueryTime},
		"repeated signature":   {classic + "&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20&hmac=00", "hush", 1337178173, shopify.ErrQueryRepeated},
	} {
		shop, err := shopify.VerifyQuery(query(t, c.raw), time.Unix(c.at, 0), c.secret)
		if !errors.Is(err, c.want) || (err == nil) != (shop != "") {
			t.Errorf("%s: %q, %v", name, shop, err)
		}
	}
	// During a rotation the old secret counts as well.
	if _, err := shopify.VerifyQuery(query(t, classic+"&hmac=4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20"), time.Unix(1337178173, 0), "new", "hush"); err != nil {
		t.Error(err)
	}
}

// signed is a query as Shopify would sign it, whatever stands in it.
func signed(q url.Values, proxy bool) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = v
	}
	if proxy {
		out.Set("signature", shopify.SignProxyForTest(q, "hush"))
	} else {
		out.Set("hmac", shopify.SignQueryForTest(q, "hush"))
	}
	return out
}

func TestSignedQueriesMustMakeSense(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	for _, proxy := range []bool{false, true} {
		verify := shopify.VerifyQuery
		if proxy {
			verify = shopify.VerifyProxy
		}
		for _, stamp := range []string{"", "not-a-number", "Infinity", "-Infinity", "1700000000.45", "+1700000000", "1.7e9"} {
			if _, err := verify(signed(url.Values{"shop": {"a.myshopify.com"}, "timestamp": {stamp}}, proxy), now, "hush"); !errors.Is(err, shopify.ErrQueryTime) {
				t.Errorf("timestamp %q: %v", stamp, err)
			}
		}
		if _, err := verify(signed(url.Values{"shop": {"a.myshopify.com"}}, proxy), now, "hush"); !errors.Is(err, shopify.ErrQueryTime) {
			t.Errorf("no timestamp: %v", err)
		}
		for _, q := range []url.Values{
			{"shop": {"a.myshopify.com", "b.myshopify.com"}, "timestamp": {"1700000000"}},
			{"shop": {"a.myshopify.com"}, "timestamp": {"1700000000", "1700000000"}},
		} {
			if _, err := verify(signed(q, proxy), now, "hush"); !errors.Is(err, shopify.ErrQueryRepeated) {
				t.Errorf("%v: %v", q, err)
			}
		}
		if shop, err := verify(signed(url.Values{"shop": {"A.myshopify.com"}, "timestamp": {"1700000000"}, "ids[]": {"1", "2"}}, proxy), now, "hush"); err != nil || shop != "a.myshopify.com" {
			t.Errorf("%q, %v", shop, err)
		}
	}
}

func TestProxyQueriesThatShopifySignedAreAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw, secret string
		at          int64
		want        error
	}{
		"shopify.dev":    {"extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=1&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555&signature=4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb", "hush", 1317327555, nil},
		"the older page": {"extra=1&extra=2&shop=shop-name.myshopify.com&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555&signature=a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3", "hush", 1317327555, nil},
		"no shop":        {"logged_in_customer_id=1&path_prefix=/apps/my_app&shop=the+shop+URL&timestamp=1700000000&signature=86256abb38933370f3e5da1c6c6ec7718f2b09fd9d3ea31e5c06c126c63c7927", "my super secret key", 1700000000, shopify.ErrQueryShop},
		"list":           {"consentGiven=true&consentGiven=false&logged_in_customer_id=1&path_prefix=/apps/my_app&shop=the+shop+URL&timestamp=1700000000&signature=3f9ce1ab7553a693ff864929254ec185709c73f823fa335a4347191f0cd07016", "my super secret key", 1700000000, shopify.ErrQueryShop},
		"two values":     {"extra=first&extra=second&shop=shop.myshopify.com&timestamp=1700000000&signature=75b176b8aca9c125857524a897df4c3aac1fd06f5cc6d7711188bf0aab6ce6cb", "my super secret key", 1700000000, nil},
		"joined":         {"extra=first,second&shop=shop.myshopify.com&timestamp=1700000000&signature=75b176b8aca9c125857524a897df4c3aac1fd06f5cc6d7711188bf0aab6ce6cb&hmac=1&hmac=2", "my super secret key", 1700000000, shopify.ErrQueryRepeated},
		"an addition":    {"extra=first&extra=second&shop=shop.myshopify.com&timestamp=1700000000&signature=75b176b8aca9c125857524a897df4c3aac1fd06f5cc6d7711188bf0aab6ce6cb&notok=true", "my super secret key", 1700000000, shopify.ErrQuerySignature},
		"no signature":   {"shop=shop.myshopify.com&timestamp=1700000000", "my super secret key", 1700000000, shopify.ErrQuerySignature},
		"late":           {"extra=first&extra=second&shop=shop.myshopify.com&timestamp=1700000000&signature=75b176b8aca9c125857524a897df4c3aac1fd06f5cc6d7711188bf0aab6ce6cb", "my super secret key", 1700000091, shopify.ErrQueryTime},
	} {
		if _, err := shopify.VerifyProxy(query(t, c.raw), time.Unix(c.at, 0), c.secret); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheHostParameterIsAShopifyAdmin(t *testing.T) {
	t.Parallel()
	enc := base64.RawStdEncoding.EncodeToString
	for _, good := range []string{"my-host.myshopify.com/admin", "admin.shopify.com/store/my-store"} {
		if got, ok := shopify.AdminHost(enc([]byte(good))); !ok || got != good {
			t.Errorf("%s: %q %v", good, got, ok)
		}
	}
	if got, ok := shopify.AdminHost("YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvdGVzdC1zaG9w"); !ok || got != "admin.shopify.com/store/test-shop" {
		t.Errorf("%q %v", got, ok)
	}
	for _, bad := range []string{"", enc([]byte("my-fake-host.notshopify.com/admin")), "plain-string-is-not-base64", enc([]byte("admin.shopify.com/store/my-store")) + "-nope",
		enc([]byte("evil.com/?admin.shopify.com/store/x")), enc([]byte("admin.shopify.com/store/x/../../evil"))} {
		if got, ok := shopify.AdminHost(bad); ok {
			t.Errorf("%q was taken: %s", bad, got)
		}
	}
}

func TestOnlyShopsAreShops(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"notshopify.com", "-invalid.myshopify.io", "not-admin.shopify.com/store/my-shop", "attacker.example", "", "evil.com", "myshopify.com.evil.com",
		"test-shop.notmyshopify.com", "attacker.com/.myshopify.com", "shop.myshopify.com@evil.com", "a.myshopify.com.evil.com", "evil.com/?x=.myshopify.com", "evil.com#myshopify.com",
		"a.b.myshopify.com", ".myshopify.com", "a.myshopify.com\n", "a.myshopify.com/", "a.myshopify.com:443"} {
		if got, ok := shopify.ShopDomain(bad); ok {
			t.Errorf("%q was taken: %s", bad, got)
		}
		api := shopify.NewAPI(shopify.Options{App: shopify.App{ClientID: "id", ClientSecret: "hush"}})
		var e *shopify.Error
		if _, err := api.Exchange(t.Context(), bad, "jwt"); !errors.As(err, &e) || e.Code != shopify.CodeNotAllowed {
			t.Errorf("%q got the client secret: %v", bad, err)
		}
		if err := api.Query(t.Context(), shopify.Access{Shop: bad, Token: "t"}, "installation", nil, nil); !errors.As(err, &e) || e.Code != shopify.CodeNotAllowed {
			t.Errorf("%q got a token: %v", bad, err)
		}
		if u, err := api.AuthorizeURL(bad, "s", "https://x/", nil); err == nil {
			t.Errorf("%q became %s", bad, u)
		}
	}
	for i, good := range []string{"someshop.myshopify.com", "Test-Shop.MyShopify.com", "1.myshopify.com"} {
		if _, ok := shopify.ShopDomain(good); !ok {
			t.Error(strconv.Itoa(i), good)
		}
	}
}
