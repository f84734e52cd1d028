package order_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/order"
)

// binned is the word of a delivery that the order is in the bin, received n
// seconds after noon; out shows it taken out by a change in that second.
func binned(key uint64, received int) order.Fact {
	return order.Fact{Platform: order.WooCommerce, OrderID: 7, DeletedAt: at(received), Undated: true, Key: key}
}

func out(key uint64, version int) order.Fact {
	f := snap(version, nil)
	f.Restored, f.Key = true, key
	return f
}

func inBin(s *order.Snapshot) { s.Binned, s.Payment = true, order.PaymentVoid }

func TestTheBinIsWeighedWithoutKnowingWhen(t *testing.T) {
	t.Parallel()
	read := func(version, second int, change func(*order.Snapshot)) order.Fact {
		return snap(version, func(s *order.Snapshot) {
			s.ReadAt = at(second)
			if change != nil {
				change(s)
			}
		})
	}
	for _, c := range []struct {
		name    string
		facts   []order.Fact
		deleted bool
		unclear bool
	}{
		{"put into the bin, and nothing after", []order.Fact{snap(1, nil), binned(1, 9)}, true, true},
		{"the payload shows it there", []order.Fact{snap(1, nil), snap(5, inBin)}, true, false},
		{"both", []order.Fact{snap(1, nil), snap(5, inBin), binned(1, 9)}, true, false},
		{"taken out, and the word that it was put there is late", []order.Fact{snap(5, inBin), snap(7, nil), binned(1, 900)}, false, false},
		{"taken out, all of it merged", []order.Fact{out(2, 7), binned(1, 900)}, false, false},
		{"put there again", []order.Fact{binned(1, 900), out(2, 7), binned(3, 901)}, true, true},
		{"and taken out again", []order.Fact{binned(1, 900), out(2, 7), binned(3, 901), out(4, 30)}, false, false},
		{"the same word twice is one", []order.Fact{binned(1, 900), out(2, 7), binned(1, 9000)}, false, false},
		{"modified after we were told", []order.Fact{binned(1, 9), snap(10, nil)}, false, false},
		{"modified before we were told", []order.Fact{binned(1, 9), snap(8, nil)}, true, true},
		{"told again later of the same", []order.Fact{binned(1, 900), binned(1, 9), snap(10, nil)}, false, false},
		{"read after we were told: it is there", []order.Fact{binned(1, 9), read(5, 200, inBin)}, true, false},
		{"read after we were told: it is not", []order.Fact{binned(1, 9), read(1, 200, nil)}, false, false},
		{"erased for good", []order.Fact{snap(1, nil), binned(1, 9), deleted(20)}, true, false},
		{"never heard of otherwise", []order.Fact{binned(1, 9)}, true, true},
	} {
		for range 3 {
			o := join(c.facts)
			if o.Deleted() != c.deleted || o.Unclear() != c.unclear || o.GoneSince().IsZero() == c.deleted {
				t.Errorf("%s: deleted %v since %v, unclear %v", c.name, o.Deleted(), o.GoneSince(), o.Unclear())
			}
			if c.deleted && o.PaymentNow() != order.PaymentVoid {
				t.Errorf("%s: payment %d", c.name, o.PaymentNow())
			}
			c.facts = append(c.facts[1:], c.facts[0])
		}
	}
}

func TestARefundOfWhichOnlyTheSumIsKnownIsUnclear(t *testing.T) {
	t.Parallel()
	for _, detailed := range []bool{true, false} {
		if o := join([]order.Fact{snap(1, nil), refunds(order.Refund{ID: 1, Version: at(1), Detailed: detailed})}); o.Unclear() == detailed {
			t.Errorf("detailed %v: unclear %v", detailed, o.Unclear())
		}
	}
}

// TestALifeEndsTheSameWhateverArrivesWhen plays an order's life in a store and
// sends what the store would have sent of it, in any order, any of it twice,
// received at any time after it happened: the state is that of the store.
func TestALifeEndsTheSameWhateverArrivesWhen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Order tables save the order when it is put into the bin; orders kept as
		// posts say so in order.deleted only.
		tables := rapid.Bool().Draw(t, "order tables")
		second, key := 0, uint64(0)
		live := order.Snapshot{CreatedAt: at(0), Payment: order.PaymentPending, Currency: "USD", RefundsComplete: true}
		inTheBin := false
		var sent []order.Fact
		show := func() order.Fact {
			s := live
			s.Version = at(second)
			s.RefundIDs = slices.Clone(live.RefundIDs)
			s.RefundCount = len(s.RefundIDs)
			if inTheBin {
				inBin(&s)
			}
			f := order.Fact{Platform: order.WooCommerce, OrderID: 7, Snapshot: &s}
			for _, id := range s.RefundIDs {
				f.Refunds = append(f.Refunds, order.Refund{ID: id, Version: s.Version, Amount: 100})
			}
			key++
			f.Key = key
			return f
		}
		sent = append(sent, show())
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			second += rapid.IntRange(0, 3).Draw(t, "wait")
			step := rapid.SampledFrom([]string{"pay", "bin", "restore", "refund", "touch"}).Draw(t, "step")
			switch {
			case step == "bin" && !inTheBin:
				second++ // leaving and entering the bin in one second is beyond telling
				inTheBin = true
				if tables {
					sent = append(sent, show())
				}
				key++
				sent = append(sent, binned(key, second+rapid.IntRange(0, 100_000).Draw(t, "late")))
			case step == "restore" && inTheBin:
				second++
				inTheBin = false
				f := show()
				f.Restored = true
				sent = append(sent, f)
				if tables {
					sent = append(sent, show())
				}
			case inTheBin:
			case step == "pay":
				live.Payment = order.PaymentPaid
				sent = append(sent, show())
			case step == "refund":
				live.RefundIDs = append(live.RefundIDs, int64(len(live.RefundIDs)+1))
				sent = append(sent, show())
			case step == "touch":
				sent = append(sent, show())
			}
		}
		want := live.Payment
		if inTheBin {
			want = order.PaymentVoid
		}
		again := rapid.SliceOfN(rapid.SampledFrom(sent), 0, 4).Draw(t, "twice")
		o := join(rapid.Permutation(slices.Concat(sent, again)).Draw(t, "arrival"))
		if o.PaymentNow() != want || o.Deleted() != inTheBin {
			t.Fatalf("payment %d, deleted %v; the store says %d, %v\n%s", o.PaymentNow(), o.Deleted(), want, inTheBin, order.Encode(o))
		}
		if got := len(o.EffectiveRefunds()); got != len(live.RefundIDs) {
			t.Fatalf("%d refunds stand, the store has %d", got, len(live.RefundIDs))
		}
	})
}

func TestBinMarksLeaveOtherCopiesAlone(t *testing.T) {
	t.Parallel()
	o := join([]order.Fact{binned(1, 9), out(3, 5)})
	copied := *o
	want := fmt.Sprint(copied)
	for _, f := range []order.Fact{binned(1, 3), binned(0, 9), out(2, 4), out(3, 1)} {
		o.Apply(f)
	}
	if fmt.Sprint(copied) != want || len(o.Bin.In) != 2 || len(o.Bin.Out) != 2 || !o.Bin.In[1].At.Equal(noon.Add(3*time.Second)) {
		t.Errorf("%v", o.Bin)
	}
}
