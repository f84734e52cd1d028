package draw_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/draw"
	"tributary/internal/domain/order"
)

func TestR54TheDrawHasVectors(t *testing.T) {
	t.Parallel()
	// printf '0000000000000001|0000000000000002|0000000000000003|3' | sha256sum
	ids := []string{"0000000000000003", "0000000000000001", "0000000000000002"}
	if got := draw.ListHash(ids); got != "2438c6cc4e00e76bf26a0b96437235188f52bc2c49d70853ef740e7411f53660" {
		t.Errorf("list hash %s", got)
	}
	if ids[0] != "0000000000000003" {
		t.Error("the list was sorted in place")
	}
	// printf 0000000000000001 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f, and so on
	beacon := make([]byte, 32)
	for i := range beacon {
		beacon[i] = byte(i)
	}
	if got := strings.Join(draw.Rank(beacon, ids), " "); got != "0000000000000001 0000000000000002 0000000000000003" {
		t.Errorf("rank %s", got)
	}
	if got := draw.FormatID(draw.EntryID(12, "abc")); got != "1d93097069648ce2" {
		t.Errorf("entry id %s", got)
	}
	if draw.EntryID(12, "abc") == draw.EntryID(13, "abc") || draw.EntryID(12, "abc") < 0 {
		t.Error("a person has the same id in two giveaways, or a negative one")
	}
}

func someIDs(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.Map(rapid.Int64Range(0, 1<<62), draw.FormatID), 1, 30, rapid.ID).Draw(t, "ids")
}

func TestTheOrderOfTheListDoesNotMatterAndEveryEntryDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := someIDs(t)
		beacon := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "beacon")
		other := rapid.Permutation(ids).Draw(t, "other order")
		if draw.ListHash(ids) != draw.ListHash(other) || !slices.Equal(draw.Rank(beacon, ids), draw.Rank(beacon, other)) {
			t.Fatal("the order of the list matters")
		}
		changed := slices.Clone(ids)
		changed[rapid.IntRange(0, len(ids)-1).Draw(t, "one")] = draw.FormatID(1<<62 + 1)
		if draw.ListHash(ids) == draw.ListHash(changed) || draw.ListHash(ids) == draw.ListHash(ids[1:]) {
			t.Fatal("a changed list has the same hash")
		}
		// Taking one entry out changes nothing about the order of the others:
		// nobody's odds depend on where they stand.
		gone := ids[0]
		rest := slices.DeleteFunc(slices.Clone(draw.Rank(beacon, ids)), func(id string) bool { return id == gone })
		if !slices.Equal(rest, draw.Rank(beacon, ids[1:])) {
			t.Fatal("an entry moves others")
		}
		n := rapid.IntRange(1, 5).Draw(t, "winners")
		if w := draw.Winners(beacon, ids, func(id string) bool { return id == gone }, n); !slices.Equal(w, rest[:min(n, len(rest))]) {
			t.Fatalf("winners %v, want %v", w, rest)
		}
	})
}

func TestEveryEntryWinsAsOftenAsAnyOther(t *testing.T) {
	t.Parallel()
	ids := make([]string, 10)
	for i := range ids {
		ids[i] = draw.FormatID(draw.EntryID(1, string(rune('a'+i))))
	}
	const draws = 20_000
	won := map[string]int{}
	for i := range draws {
		beacon := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		won[draw.Winners(beacon[:], ids, nil, 1)[0]]++
	}
	for _, id := range ids { // 2,000 each; six standard deviations are 255
		if n := won[id]; n < 1745 || n > 2255 {
			t.Errorf("%s wins %d of %d", id, n, draws)
		}
	}
}

func proof() *draw.Proof {
	seed := []byte("a seed that nobody knows")
	sum := sha256.Sum256(seed)
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	drawn := at.Add(time.Hour)
	p := &draw.Proof{Version: 1, Giveaway: "gaw_1", Winners: 2, FrozenAt: at, DrawnAt: &drawn,
		Beacon: draw.Beacon{Kind: draw.Commit, AnnouncedAt: at.Add(-time.Hour), Commitment: hex.EncodeToString(sum[:]), Value: hex.EncodeToString(seed)}}
	for i := range 5 {
		p.Entries = append(p.Entries, draw.FormatID(draw.EntryID(1, string(rune('a'+i)))))
	}
	slices.Sort(p.Entries)
	p.Count, p.ListHash = 5, draw.ListHash(p.Entries)
	p.Void = []draw.VoidEntry{{ID: draw.Rank(seed, p.Entries)[0], Reason: "refunded"}}
	for i, id := range draw.Rank(seed, p.Entries)[1:3] {
		p.Drawn = append(p.Drawn, draw.WinnerEntry{Place: i + 1, ID: id})
	}
	return p
}

func failures(p *draw.Proof) (out []string) {
	for _, f := range draw.Verify(p) {
		if !f.OK {
			out = append(out, f.What)
		}
	}
	return out
}

func TestAnHonestProofIsTrueAndEveryChangeOfItIsFound(t *testing.T) {
	t.Parallel()
	if f := failures(proof()); len(f) > 0 {
		t.Fatal(f)
	}
	for want, change := range map[string]func(*draw.Proof){
		"twice":           func(p *draw.Proof) { p.Entries[1] = p.Entries[0] },
		"has the hash":    func(p *draw.Proof) { p.Entries[4] = "ffffffffffffffff" },
		"says 6":          func(p *draw.Proof) { p.Count = 6 },
		"not before":      func(p *draw.Proof) { p.Beacon.AnnouncedAt = p.FrozenAt },
		"the seed has":    func(p *draw.Proof) { p.Beacon.Value = "00" },
		"drawing again":   func(p *draw.Proof) { p.Drawn[0], p.Drawn[1] = p.Drawn[1], p.Drawn[0] },
		"gives":           func(p *draw.Proof) { p.Void = nil },
		"no reason":       func(p *draw.Proof) { p.Void[0].Reason = "" },
		"nothing has":     func(p *draw.Proof) { p.DrawnAt = nil },
		"no value":        func(p *draw.Proof) { p.Beacon.Value = "" },
		"no kind":         func(p *draw.Proof) { p.Beacon.Kind = "dice" },
		"version 2":       func(p *draw.Proof) { p.Version = 2 },
		"before the list": func(p *draw.Proof) { p.Beacon.Kind, p.Beacon.RoundAt = draw.Drand, &p.Beacon.AnnouncedAt },
		"signature": func(p *draw.Proof) {
			p.Beacon.Kind, p.Beacon.RoundAt, p.Beacon.Signature = draw.Drand, p.DrawnAt, "00ff"
		},
	} {
		p := proof()
		change(p)
		if f := strings.Join(failures(p), "; "); !strings.Contains(f, want) {
			t.Errorf("%q is not among: %s", want, f)
		}
	}
}

func TestR54APersonHasOneEntryHoweverTheyCame(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		sources := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) draw.Source {
			return draw.Source{Person: rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "person"), Way: rapid.SampledFrom(draw.Ways).Draw(t, "way"),
				At: at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "at")) * time.Hour), OrderID: rapid.Int64Range(0, 3).Draw(t, "order"),
				Counts: rapid.Bool().Draw(t, "counts")}
		}), 0, 12).Draw(t, "sources")
		got := draw.Entries(1, sources)
		if again := draw.Entries(1, rapid.Permutation(sources).Draw(t, "other order")); !slices.Equal(got, again) {
			t.Fatalf("%v, then %v", got, again)
		}
		want := map[string]bool{}
		for _, s := range sources {
			if s.Counts && s.Person != "" {
				want[s.Person] = true
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d entries of %d people", len(got), len(want))
		}
	})
}

func TestR54WhatMakesAnOrderAnEntry(t *testing.T) {
	t.Parallel()
	opens := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	closes := opens.AddDate(0, 0, 7)
	refund := func(amount, quantity int64) order.Refund {
		return order.Refund{ID: 1, Amount: amount, Detailed: true, Lines: []order.RefundLine{{LineID: 1, Quantity: quantity}}}
	}
	for want, change := range map[string]func(*order.Order){
		"":             func(*order.Order) {},
		"not_in_time":  func(o *order.Order) { o.Snapshot.CreatedAt = closes },
		"no_email":     func(o *order.Order) { o.Snapshot.Customer.EmailHash = "" },
		"test_order":   func(o *order.Order) { o.Snapshot.Test = true },
		"not_paid":     func(o *order.Order) { o.Snapshot.Payment = order.PaymentPending },
		"cancelled":    func(o *order.Order) { o.Snapshot.Payment = order.PaymentVoid },
		"nothing_paid": func(o *order.Order) { o.Snapshot.Total = 0 },
		"refunded":     func(o *order.Order) { o.Refunds = []order.Refund{refund(5000, 2)} },
	} {
		o := &order.Order{ID: 1, Snapshot: order.Snapshot{Version: opens, CreatedAt: opens, Payment: order.PaymentPaid, Total: 5000,
			Customer: order.Customer{EmailHash: "x"}, Lines: []order.Line{{ID: 1, Quantity: 2}}}}
		change(o)
		if counts, got := draw.Purchase(o, opens, closes); got != want || counts != (want == "") {
			t.Errorf("%v %q, want %q", counts, got, want)
		}
		o.Refunds = []order.Refund{refund(2500, 1)}
		if _, got := draw.Purchase(o, opens, closes); want == "" && got != "" {
			t.Errorf("a partial refund voids the entry: %s", got)
		}
		o.Refunds = []order.Refund{refund(4500, 2)} // all the goods, not the shipping
		if _, got := draw.Purchase(o, opens, closes); want == "" && got != "refunded" {
			t.Errorf("all goods are back, and the entry stands: %q", got)
		}
	}
}

func TestAPrizeByChanceForAPurchaseIsALotteryInTheUnitedStates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ways, countries []string
		lottery         bool
	}{
		{[]string{"purchase"}, nil, true},
		{[]string{"purchase"}, []string{"DE", "US"}, true},
		{[]string{"purchase", "signup"}, []string{"US"}, true},
		{[]string{"purchase", "free"}, []string{"US"}, false},
		{[]string{"purchase"}, []string{"DE"}, false},
		{[]string{"signup"}, nil, false},
	} {
		if got := draw.Lottery(c.ways, c.countries); got != c.lottery {
			t.Errorf("%v in %v: %v", c.ways, c.countries, got)
		}
	}
}
