package order_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/order"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// at is a time n seconds after noon; negative n is the unknown time.
func at(n int) time.Time {
	if n < 0 {
		return time.Time{}
	}
	return noon.Add(time.Duration(n) * time.Second)
}

// facts draws deliveries about one order that collide on purpose: few ids, few
// instants, equal keys with different content, other zones.
func facts() *rapid.Generator[[]order.Fact] {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		m := at(rapid.IntRange(-1, 4).Draw(t, "second"))
		if !m.IsZero() && rapid.Bool().Draw(t, "elsewhere") {
			m = m.In(time.FixedZone("", 3600))
		}
		return m
	})
	read := rapid.Custom(func(t *rapid.T) time.Time {
		return rapid.SampledFrom([]time.Time{{}, {}, at(1), at(200), at(201)}).Draw(t, "when")
	})
	small := rapid.Int64Range(0, 2)
	refund := rapid.Custom(func(t *rapid.T) order.Refund {
		r := order.Refund{
			ID: small.Draw(t, "id"), Version: moment.Draw(t, "version"), At: moment.Draw(t, "at"),
			Amount: small.Draw(t, "amount"), Detailed: rapid.Bool().Draw(t, "detailed"), Unlined: small.Draw(t, "unlined"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "lines") {
			r.Lines = append(r.Lines, order.RefundLine{LineID: small.Draw(t, "line"), Quantity: 1, Net: small.Draw(t, "net")})
		}
		return r
	})
	snapshot := rapid.Custom(func(t *rapid.T) *order.Snapshot {
		if rapid.IntRange(0, 3).Draw(t, "none") == 0 {
			return nil
		}
		return &order.Snapshot{
			Version: moment.Draw(t, "version"), RefundCount: rapid.IntRange(0, 1).Draw(t, "count"),
			Digest:    rapid.Uint64Range(0, 1).Draw(t, "digest"),
			RefundIDs: rapid.SliceOfN(small, 0, 2).Draw(t, "refund ids"), RefundsComplete: rapid.Bool().Draw(t, "complete"),
			PaidAt: moment.Draw(t, "paid"), ProcessedAt: moment.Draw(t, "processed"),
			ReadAt: read.Draw(t, "read"), Binned: rapid.Bool().Draw(t, "binned"),
			CreatedAt: moment.Draw(t, "created"), Payment: order.Payment(rapid.Uint8Range(0, 4).Draw(t, "payment")),
			Currency: "USD", Total: small.Draw(t, "total"),
			Claims: []order.Claim{{Kind: order.ClaimRef, Value: "anna", At: moment.Draw(t, "claim")}},
		}
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) order.Fact {
		return order.Fact{
			Platform: order.WooCommerce, OrderID: 7, Name: rapid.SampledFrom([]string{"", "7", "A7", "B7"}).Draw(t, "name"),
			Snapshot: snapshot.Draw(t, "snapshot"), Refunds: rapid.SliceOfN(refund, 0, 2).Draw(t, "refunds"),
			DeletedAt: moment.Draw(t, "deleted"), Undated: rapid.Bool().Draw(t, "undated"), Restored: rapid.Bool().Draw(t, "restored"),
			Key: rapid.Uint64Range(0, 2).Draw(t, "key"),
		}
	}), 1, 7)
}

func join(facts []order.Fact) *order.Order {
	var o order.Order
	for _, f := range facts {
		o.Apply(f)
	}
	return &o
}

func TestAnyOrderDuplicationAndLossThenReplayOfFactsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fs := facts().Draw(t, "facts")
		want := string(order.Encode(join(fs)))

		shuffled := rapid.Permutation(slices.Concat(fs, fs)).Draw(t, "shuffled twice")
		if got := string(order.Encode(join(shuffled))); got != want {
			t.Fatalf("another order:\n%s\n%s", got, want)
		}

		// Some were lost; what the rest gave was stored; then all came again.
		part := rapid.Permutation(fs).Draw(t, "survivors")
		part = part[:rapid.IntRange(0, len(part)).Draw(t, "kept")]
		o, err := order.Decode(order.Encode(join(part)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rapid.Permutation(fs).Draw(t, "replay") {
			before := string(order.Encode(o))
			changed := o.Apply(f)
			if after := string(order.Encode(o)); changed != (after != before) {
				t.Fatalf("Apply says changed=%v:\n%s\n%s", changed, before, after)
			}
		}
		if got := string(order.Encode(o)); got != want {
			t.Fatalf("after loss and replay:\n%s\n%s", got, want)
		}
	})
}

func TestApplyLeavesOtherCopiesAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fs := facts().Draw(t, "facts")
		o := join(fs)
		copied := *o
		want := string(order.Encode(&copied))
		for _, f := range facts().Draw(t, "more") {
			o.Apply(f)
		}
		if got := string(order.Encode(&copied)); got != want {
			t.Fatalf("a copy changed:\n%s\n%s", got, want)
		}
	})
}

func TestAFactAboutAnotherOrderIsRefused(t *testing.T) {
	t.Parallel()
	var o order.Order
	if !o.Apply(order.Fact{Platform: order.Shopify, OrderID: 1}) {
		t.Error("the first fact changes an empty order")
	}
	for _, f := range []order.Fact{{Platform: order.Shopify, OrderID: 2, Name: "x"}, {Platform: order.WooCommerce, OrderID: 1, Name: "x"}} {
		if o.Apply(f) || o.Name != "" {
			t.Errorf("%+v was taken", f)
		}
	}
}

func snap(version int, change func(*order.Snapshot)) order.Fact {
	s := &order.Snapshot{Version: at(version), CreatedAt: at(0), Payment: order.PaymentPaid, Currency: "USD"}
	if change != nil {
		change(s)
	}
	return order.Fact{Platform: order.WooCommerce, OrderID: 7, Snapshot: s}
}

func refunds(rs ...order.Refund) order.Fact {
	return order.Fact{Platform: order.WooCommerce, OrderID: 7, Refunds: rs}
}

func deleted(n int) order.Fact {
	return order.Fact{Platform: order.WooCommerce, OrderID: 7, DeletedAt: at(n)}
}

func TestPaymentNowWeighsDeletionAgainstTheSnapshot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		facts []order.Fact
		want  order.Payment
	}{
		{"paid", []order.Fact{snap(1, nil)}, order.PaymentPaid},
		{"deleted after", []order.Fact{deleted(2), snap(1, nil)}, order.PaymentVoid},
		{"deleted in the same second", []order.Fact{snap(2, nil), deleted(2)}, order.PaymentVoid},
		{"restored", []order.Fact{deleted(2), snap(3, nil)}, order.PaymentPaid},
		{"a refund came first", []order.Fact{refunds(order.Refund{ID: 1})}, order.PaymentNotOrder},
		{"only the deletion came", []order.Fact{deleted(1)}, order.PaymentVoid},
		{"paid in the second it was placed", []order.Fact{snap(1, nil), snap(1, func(s *order.Snapshot) { s.Payment = order.PaymentPending })}, order.PaymentPaid},
		{"cancelled in the second it was paid", []order.Fact{snap(1, func(s *order.Snapshot) { s.Payment = order.PaymentVoid }), snap(1, nil)}, order.PaymentVoid},
		{"failed, then paid", []order.Fact{snap(2, nil), snap(1, func(s *order.Snapshot) { s.Payment = order.PaymentVoid })}, order.PaymentPaid},
		{"a status of a plugin", []order.Fact{snap(1, func(s *order.Snapshot) { s.Payment = order.PaymentUnknown })}, order.PaymentUnknown},
	} {
		if got := join(c.facts).PaymentNow(); got != c.want {
			t.Errorf("%s: payment %d, want %d", c.name, got, c.want)
		}
	}
}

func TestAnOrderSeenWaitingWasPaidWhenItWasFirstSeenPaid(t *testing.T) {
	t.Parallel()
	paid := func(version int) order.Fact {
		return snap(version, func(s *order.Snapshot) { s.ProcessedAt = at(1) })
	}
	waiting := func(version int) order.Fact {
		return snap(version, func(s *order.Snapshot) { s.Payment = order.PaymentPending })
	}
	for _, c := range []struct {
		name  string
		facts []order.Fact
		want  int
	}{
		{"never seen waiting", []order.Fact{paid(9), paid(5)}, 1},
		{"a bank transfer", []order.Fact{waiting(2), waiting(4), paid(7), paid(9)}, 7},
		{"only a late change was heard of", []order.Fact{waiting(2), paid(9)}, 9},
		{"waiting for more after an edit", []order.Fact{paid(2), waiting(5), paid(9)}, 1},
		{"both in one second", []order.Fact{waiting(2), paid(2)}, 1},
		{"still waiting", []order.Fact{waiting(2)}, -1},
		{"the store tells", []order.Fact{waiting(2), snap(9, func(s *order.Snapshot) { s.PaidAt = at(3) })}, 3},
	} {
		for range c.facts {
			if got := join(c.facts).Snapshot.PaidAt; !got.Equal(at(c.want)) {
				t.Errorf("%s: paid at %v, want %v", c.name, got, at(c.want))
			}
			c.facts = append(c.facts[1:], c.facts[0])
		}
	}
}

func TestEffectiveRefunds(t *testing.T) {
	t.Parallel()
	lists := func(ids ...int64) func(*order.Snapshot) {
		return func(s *order.Snapshot) { s.RefundIDs, s.RefundsComplete, s.RefundCount = ids, true, len(ids) }
	}
	read := func(second int) func(*order.Snapshot) {
		return func(s *order.Snapshot) { s.RefundsComplete, s.ReadAt = true, at(second) }
	}
	sum := func(id int64, version int) order.Refund {
		return order.Refund{ID: id, Version: at(version), Amount: 500}
	}
	detail := func(id int64, version int) order.Refund {
		r := sum(id, version)
		r.Detailed, r.Lines = true, []order.RefundLine{{LineID: 3, Quantity: 1, Net: 500}}
		return r
	}
	for _, c := range []struct {
		name  string
		facts []order.Fact
		want  []int64
	}{
		{"listed refunds stand", []order.Fact{snap(2, lists(1, 2)), refunds(sum(2, 2), sum(1, 1))}, []int64{1, 2}},
		{"an unlisted one was deleted in the store", []order.Fact{refunds(sum(1, 1), sum(2, 1)), snap(2, lists(2))}, []int64{2}},
		{"heard of after the snapshot it stays", []order.Fact{snap(2, lists()), refunds(sum(1, 3))}, []int64{1}},
		{"detail read early, sum heard late", []order.Fact{refunds(detail(1, 1)), snap(2, lists()), refunds(sum(1, 3))}, []int64{1}},
		{"an incomplete list hides nothing", []order.Fact{refunds(sum(1, 1)), snap(2, nil)}, []int64{1}},
		{"in one second the payload with more refunds is newer", []order.Fact{snap(2, lists(1)), snap(2, lists()), refunds(sum(1, 2))}, []int64{1}},
		{"a later read shows that a refund was deleted", []order.Fact{snap(2, lists(1)), refunds(sum(1, 2)), snap(2, read(300))}, nil},
		{"a read in the second of a change may be older than it", []order.Fact{snap(2, lists(1)), refunds(sum(1, 2)), snap(2, read(3))}, []int64{1}},
		{"what was changed after a read is newer than it", []order.Fact{snap(3, lists(1)), refunds(sum(1, 3)), snap(2, read(300))}, []int64{1}},
	} {
		var got []int64
		for _, r := range join(c.facts).EffectiveRefunds() {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDetailOfARefundIsNotLostToALaterSum(t *testing.T) {
	t.Parallel()
	o := join([]order.Fact{
		refunds(order.Refund{ID: 1, Version: at(1), Amount: 500, Detailed: true, Lines: []order.RefundLine{{LineID: 3, Quantity: 1, Net: 500}}}),
		refunds(order.Refund{ID: 1, Version: at(2), At: at(1), Amount: 500}),
	})
	r := o.Refunds[0]
	if len(r.Lines) != 1 || !r.At.Equal(at(1)) || !r.Seen.Equal(at(2)) || !r.Version.Equal(at(1)) {
		t.Errorf("%+v", r)
	}
}
