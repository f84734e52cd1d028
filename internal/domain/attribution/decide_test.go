package attribution_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// The cast: anna (1), ben (2) and cleo (3), each with the agreement 10 × id,
// signed as version 100 × id at the start of the year.
const (
	anna, ben, cleo = 1, 2, 3
)

var year = at("2026-01-01T00:00:00Z")

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func signed(t testing.TB, change func(*terms.Attribution)) *terms.Terms {
	t.Helper()
	doc := terms.Default("USD")
	doc.Components = []terms.Component{{ID: "pct", Type: terms.Percentage, RateBps: 1000}}
	if change != nil {
		change(&doc.Attribution)
	}
	if err := doc.Validate(); err != nil {
		t.Fatal(err)
	}
	return doc
}

// scene is an order created on 1 December at noon that all three may win.
func scene(t testing.TB, change func(*terms.Attribution)) attribution.Input {
	t.Helper()
	in := attribution.Input{
		Order: &order.Order{Platform: order.Shopify, ID: 5, Snapshot: order.Snapshot{
			Version: at("2026-12-01T12:00:00Z"), CreatedAt: at("2026-12-01T12:00:00Z"), Currency: "USD",
			Customer: order.Customer{ID: 77, EmailHash: "buyer"},
		}},
		Influencers: map[int64]attribution.Influencer{},
		Agreements:  map[int64][]attribution.Agreement{},
	}
	doc := signed(t, change)
	for id := int64(1); id <= 3; id++ {
		in.Influencers[id] = attribution.Influencer{ID: id, Active: []attribution.Span{{From: year}}}
		in.Agreements[10*id] = []attribution.Agreement{{
			ID: 10 * id, VersionID: 100 * id, Number: 1, InfluencerID: id, Hash: "h", Terms: doc,
			Effective: attribution.Span{From: year},
		}}
	}
	return in
}

func click(id string, who int64, when string) attribution.Touch {
	return attribution.Touch{ID: "click:" + id, Kind: attribution.Click, InfluencerID: who, AgreementID: 10 * who, LinkID: 1, At: at(when)}
}

func code(text string, who int64, when time.Time) attribution.Touch {
	return attribution.Touch{ID: "code:" + text, Kind: attribution.CodeUse, InfluencerID: who, AgreementID: 10 * who, Code: text, At: when}
}

func winners(d attribution.Decision) []int64 {
	var ids []int64
	for _, s := range d.Shares {
		ids = append(ids, s.InfluencerID)
	}
	return ids
}

func reasons(d attribution.Decision) map[string]string {
	m := map[string]string{}
	for _, c := range d.Candidates {
		m[c.ID] = c.Reason
	}
	return m
}

func wantWinners(t *testing.T, d attribution.Decision, want ...int64) {
	t.Helper()
	if got := winners(d); !slices.Equal(got, want) {
		t.Fatalf("winners %v, want %v (%v)", got, want, reasons(d))
	}
}

func wantReasons(t *testing.T, d attribution.Decision, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, reasons(d)); diff != "" {
		t.Fatal(diff)
	}
}

func TestWithoutEvidenceTheDecisionIsEmpty(t *testing.T) {
	t.Parallel()
	d := attribution.Decide(scene(t, nil))
	if d.Outcome != attribution.None || d.Reason != "" || d.Shares != nil || d.Candidates != nil || d.Flags != nil {
		t.Fatalf("%+v", d)
	}
	if got, want := string(d.Encode()), `{"customer":"new","order_id":5,"outcome":"none"}`; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
}

func TestSelfReferral(t *testing.T) {
	t.Parallel()
	buyer := order.Customer{ID: 77, EmailHash: "e", PhoneHash: "p", AddressHash: "a", IPHash: "i"}
	for _, c := range []struct {
		name    string
		inf     attribution.Influencer
		outcome attribution.Outcome
		reason  string
	}{
		{"a stranger earns", attribution.Influencer{CustomerID: 78, EmailHashes: []string{"x"}}, attribution.Attributed, ""},
		{"the same customer is denied", attribution.Influencer{CustomerID: 77}, attribution.Denied, "self_referral"},
		{"a shared e-mail is denied", attribution.Influencer{EmailHashes: []string{"x", "e"}}, attribution.Denied, "self_referral"},
		{"a shared phone is denied", attribution.Influencer{PhoneHashes: []string{"p"}}, attribution.Denied, "self_referral"},
		{"a shared address is denied", attribution.Influencer{AddressHash: "a"}, attribution.Denied, "self_referral"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := scene(t, nil)
			in.Order.Snapshot.Customer = buyer
			c.inf.ID, c.inf.Active = anna, []attribution.Span{{From: year}}
			in.Influencers[anna] = c.inf
			in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z")}
			d := attribution.Decide(in)
			if d.Outcome != c.outcome || d.Reason != c.reason {
				t.Fatalf("%s %q, want %s %q", d.Outcome, d.Reason, c.outcome, c.reason)
			}
			wantWinners(t, d, anna) // the row exists and is visible

			in.Agreements[10][0].Terms = signed(t, func(a *terms.Attribution) { a.SelfReferral = terms.Allow })
			if d := attribution.Decide(in); d.Outcome != attribution.Attributed {
				t.Fatalf("allowed, but %s", d.Outcome)
			}
		})
	}
	t.Run("a click from the buyer's own network is no signal", func(t *testing.T) {
		t.Parallel()
		in := scene(t, nil)
		in.Order.Snapshot.Customer = buyer
		touch := click("a", anna, "2026-12-01T10:00:00Z")
		touch.IPHash = "i"
		in.Touches = []attribution.Touch{touch}
		d := attribution.Decide(in)
		if d.Outcome != attribution.Attributed || !slices.Equal(d.Flags, []string{"same_ip"}) {
			t.Fatal(d.Outcome, d.Flags)
		}
	})
}

func TestNewCustomersOnly(t *testing.T) {
	t.Parallel()
	before := attribution.PastOrder{OrderID: 1, CreatedAt: at("2026-05-01T00:00:00Z"), Paid: true}
	unpaid, later := before, before
	unpaid.Paid = false
	later.CreatedAt = at("2026-12-24T00:00:00Z")
	for _, c := range []struct {
		name     string
		customer order.Customer
		past     []attribution.PastOrder
		want     string
		outcome  attribution.Outcome
	}{
		{"first by the store's count", order.Customer{ID: 1, OrderIndex: 1}, nil, "new", attribution.Attributed},
		{"second by the store's count", order.Customer{ID: 1, OrderIndex: 2}, nil, "returning", attribution.Denied},
		{"bought as a guest before", order.Customer{EmailHash: "e", OrderIndex: 1}, []attribution.PastOrder{before}, "returning", attribution.Denied},
		{"tried but never paid", order.Customer{EmailHash: "e"}, []attribution.PastOrder{unpaid}, "new", attribution.Attributed},
		{"will buy again", order.Customer{EmailHash: "e"}, []attribution.PastOrder{later}, "new", attribution.Attributed},
		{"cannot be told", order.Customer{}, nil, "unknown", attribution.Held},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := scene(t, func(a *terms.Attribution) { a.Customers = terms.NewOnly })
			in.Order.Snapshot.Customer, in.Past = c.customer, c.past
			in.Touches = []attribution.Touch{click("a", anna, "2026-12-01T10:00:00Z")}
			d := attribution.Decide(in)
			if d.Customer != c.want || d.Outcome != c.outcome {
				t.Fatalf("%s %s, want %s %s", d.Customer, d.Outcome, c.want, c.outcome)
			}
		})
	}
}

func TestAPersonsDecisionBeatsEverything(t *testing.T) {
	t.Parallel()
	in := scene(t, nil)
	in.Order.Snapshot.Customer.EmailHash = "e"
	in.Influencers[ben] = attribution.Influencer{ID: ben, EmailHashes: []string{"e"}}
	manual := attribution.Touch{ID: "manual:1", Kind: attribution.Manual, InfluencerID: ben, AgreementID: 20, At: at("2026-12-20T00:00:00Z")}
	in.Touches = []attribution.Touch{code("ANNA", anna, at("2026-12-01T12:00:00Z")), manual}
	d := attribution.Decide(in)
	wantWinners(t, d, ben)
	wantReasons(t, d, map[string]string{"code:ANNA": "beaten_by_manual", "manual:1": "won"})
	if d.Outcome != attribution.Attributed {
		t.Fatal(d.Outcome)
	}
}

func TestBytesDoNotDependOnTheOrderOfTouches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tt := &testing.T{}
		in := scene(tt, func(a *terms.Attribution) {
			a.Precedence = rapid.SampledFrom([]string{"code_first", "link_first", "first_click", "last_touch_any", "split"}).Draw(t, "precedence")
			a.Binding = &terms.Binding{Months: 3}
		})
		in.Order.Snapshot.Lines = []order.Line{
			{ID: 1, Quantity: 1, Net: 100, Discounts: []order.Allocation{{Code: "C1", Amount: 10}, {Code: "C2", Amount: 10}}},
			{ID: 2, Quantity: 1, Net: 100, Discounts: []order.Allocation{{Code: "C3", Amount: 5}}},
		}
		in.Past = []attribution.PastOrder{{OrderID: 1, CreatedAt: at("2026-10-01T00:00:00Z"), Paid: true, InfluencerID: anna, VersionID: 100}}
		kinds := []attribution.Kind{attribution.Click, attribution.Visit, attribution.CodeUse, attribution.Live}
		for i := range rapid.IntRange(0, 25).Draw(t, "touches") {
			who := rapid.Int64Range(1, 4).Draw(t, "who")
			n := string(rune('0' + i%5))
			in.Touches = append(in.Touches, attribution.Touch{
				ID: "t" + n, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), InfluencerID: who, AgreementID: 10 * who, Code: "C" + n, SessionID: rapid.SampledFrom([]int64{0, 0, 7}).Draw(t, "session"),
				At: in.Order.Snapshot.CreatedAt.Add(-time.Duration(rapid.Int64Range(-1, 100).Draw(t, "minutes")) * time.Minute),
			})
		}
		want := attribution.Decide(in)
		b := want.Encode()
		in.Touches = rapid.Permutation(in.Touches).Draw(t, "permuted")
		if len(in.Touches) > 0 {
			in.Touches = append(in.Touches, in.Touches[0])
		}
		if got := attribution.Decide(in).Encode(); !bytes.Equal(got, b) {
			t.Fatalf("%s\n%s", got, b)
		}
		var sum money.Bps
		for _, s := range want.Shares {
			if len(s.Lines) == 0 {
				sum += s.Bps
			}
		}
		if sum != 0 && sum != 10000 {
			t.Fatalf("shares sum to %d", sum)
		}
		back, err := attribution.Decode(b)
		if err != nil || !bytes.Equal(back.Encode(), b) {
			t.Fatalf("%v %s", err, back.Encode())
		}
	})
}

func TestEncodeIsCanonical(t *testing.T) {
	t.Parallel()
	in := scene(t, func(a *terms.Attribution) { a.Precedence = terms.Split })
	odd := click("\"\\\n\x01é<&>\u2028", anna, "2026-12-01T10:00:00Z")
	odd.TimeClaimed, odd.IPHash, odd.SessionID, odd.PageID, odd.Variant = true, "ip", 7, 7, "b"
	in.Touches = []attribution.Touch{odd, code("B", ben, at("2026-12-01T12:00:00Z"))}
	d := attribution.Decide(in)
	b := d.Encode()
	// Sorted keys and no spaces: what decoding into a map and encoding again gives.
	var v any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var sorted bytes.Buffer
	enc := json.NewEncoder(&sorted)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	want := bytes.ReplaceAll(bytes.TrimSpace(sorted.Bytes()), []byte(`\u2028`), []byte("\u2028"))
	if !bytes.Equal(b, want) {
		t.Fatalf("%s\n%s", b, want)
	}
	back, err := attribution.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, back); diff != "" {
		t.Fatal(diff)
	}
}

func BenchmarkDecide(b *testing.B) {
	in := scene(b, nil)
	in.Touches = []attribution.Touch{
		click("1", anna, "2026-11-28T10:00:00Z"), click("2", ben, "2026-12-01T10:00:00Z"), code("ANNA10", anna, at("2026-12-01T12:00:00Z")),
	}
	b.Run("decide", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			attribution.Decide(in)
		}
	})
	d := attribution.Decide(in)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Encode()
		}
	})
}
