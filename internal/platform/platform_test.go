package platform_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/platform"
)

func TestDaysComeFromATriggerTimeThatCanBeRight(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 11, 23, 0, 30, 0, 0, time.FixedZone("", 2*3600)) // 22 November in UTC
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, c := range map[string]struct {
		triggered time.Time
		want      string
	}{
		"no trigger time":            {time.Time{}, "2026-11-22"},
		"a retry of the day before":  {received.Add(-4 * time.Hour), "2026-11-22"},
		"late by a day":              {received.Add(-24 * time.Hour), "2026-11-21"},
		"just believed":              {received.Add(-40 * 24 * time.Hour), "2026-10-13"},
		"too old to be believed":     {received.Add(-40*24*time.Hour - 1), "2026-11-22"},
		"a clock ahead":              {received.Add(24 * time.Hour), "2026-11-23"},
		"a clock too far ahead":      {received.Add(24*time.Hour + 1), "2026-11-22"},
		"a trigger time in any zone": {time.Date(2026, 11, 20, 23, 0, 0, 0, time.FixedZone("", -5*3600)), "2026-11-21"},
	} {
		if got := platform.Day(c.triggered, received); !got.Equal(day(c.want)) || got.Location() != time.UTC {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestDeliveryIDsPartsDoNotRunIntoEachOther(t *testing.T) {
	t.Parallel()
	seen := map[[16]byte][]string{}
	for _, parts := range [][]string{{"a", "bc"}, {"ab", "c"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"a", "b", "c"}} {
		id := platform.DeliveryID(parts...)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q have one id", parts, other)
		}
		seen[id] = parts
	}
}

func TestTopicsAreWhatStoresCanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"orders/create": "orders/create", " Order.Updated ": "order.updated", "action.woocommerce_order_refunded": "action.woocommerce_order_refunded",
		"": "", "read:order": "", "order\x00": "", "order.\xff": "", "ordeR.üpdated": "", "a b": "", strings.Repeat("a", 101): "",
	} {
		if got := platform.Topic(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAnOrderClaimsOnlySoMuch(t *testing.T) {
	t.Parallel()
	var c platform.Claims
	for i := range 100_000 {
		c.Add(order.ClaimRef, fmt.Sprintf("anna-%d", i), time.Time{}, "x")
	}
	if len(c) != 32 || c[0].Value != "anna-0" {
		t.Errorf("%d claims, the first is %q", len(c), c[0].Value)
	}
}

func TestOneVerifierServesManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	v := platform.NewVerifier("new", "", "old")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body := []byte(strings.Repeat("x", i+1))
			for _, s := range []string{"new", "old", "other", ""} {
				if got, want := v.Verify(body, platform.Sign(body, s)), s == "new" || s == "old"; got != want {
					t.Errorf("signed with %q: %v", s, got)
				}
			}
		}()
	}
	wg.Wait()
	if platform.NewVerifier("").Verify([]byte("x"), platform.Sign([]byte("x"), "")) {
		t.Error("an empty secret is no secret")
	}
}

func TestClaimsKeepOnlyWhatCouldBeOurs(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"/p?clk=01JX&ref=anna&utm_id=inf_1&utm_source=ig":   "click:01JX ref:anna utm:inf_1 utm:ig",
		"https://shop.example/?utm_source=ig&utm_id=x#frag": "utm:x utm:ig",
		"/p?ref=anna#?clk=1":                                "ref:anna",
		"/p?ref=%61nna&clk=a%2Bb":                           "ref:anna",
		"/p?ref=a+b&clk=%zz&utm_id=%":                       "",
		"/p?ref=&clk":                                       "",
		"/p?ref=anna&ref=ben&ref=anna":                      "ref:anna ref:ben",
		"/p?REF=anna":                                       "",
		"/p?ref=" + strings.Repeat("a", 129):                "",
		"/p?ref=<script>":                                   "",
		"/p?ref=änna":                                       "",
		"/p?session=eyJ.x.y":                                "",
		"?":                                                 "",
		"":                                                  "",
		"ref=anna":                                          "",
	} {
		var c platform.Claims
		c.AddQuery(query, time.Time{}, "landing_site")
		var got []string
		for _, x := range c {
			got = append(got, string(x.Kind)+":"+x.Value)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", query, s, want)
		}
	}
}

func TestAClaimDoesNotKeepTheBodyItWasFoundInAlive(t *testing.T) {
	t.Parallel()
	var c platform.Claims
	c.Add(order.ClaimRef, "anna", time.Time{}, "x")
	c.Add(order.ClaimRef, "anna", time.Time{}, "y")
	if len(c) != 1 || c[0].From != "x" {
		t.Errorf("%+v", c)
	}
}

func TestABuyersTracesHashAlikeHoweverTheyAreSpelled(t *testing.T) {
	t.Parallel()
	h := platform.Hash(func(s string) string { return "h(" + s + ")" })
	for _, c := range []struct{ what, got, want string }{
		{"e-mail", h.Email(" A.nna+shop@GoogleMail.com "), h.Email("anna@gmail.com")},
		{"no e-mail", h.Email("anna"), ""},
		{"phone", h.Phone("+1 (555) 010-0200"), h.Phone("0015550100200")},
		{"no phone", h.Phone("n/a"), ""},
		{"address", h.Address("12, Example STREET", "", "97477", "US"), h.Address("12 example street", " ", "97477", "us")},
		{"no street", h.Address("", "", "97477", "US"), ""},
		{"address of another flat", h.Address("12 Example Street", "4", "97477", "US"), "h(12 example street 4 97477 us)"},
		{"mapped IP", h.IP("::ffff:203.0.113.9"), "h(203.0.113.9)"},
		{"no IP", h.IP("unknown"), ""},
		{"unspecified IP", h.IP("0.0.0.0"), ""},
		{"no hash", platform.Hash(nil).Email("anna@example.com"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	body := []byte(strings.Repeat("x", 7000))
	sig := platform.Sign(body, "shpss_example")
	v := platform.NewVerifier("shpss_example", "shpss_previous")
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !v.Verify(body, sig) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("one-shot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !platform.Verify(body, sig, "shpss_example", "shpss_previous") {
				b.Fatal("refused")
			}
		}
	})
}
