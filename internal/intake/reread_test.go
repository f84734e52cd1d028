package intake_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

func TestARefundsLinesAreReadFromTheStore(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	anna := w.agreement("anna", "ANNA10", `{"id":"base","type":"percentage","rate_bps":1000,"rules":[{"id":"high","products":["1"],"rate_bps":2000}]}`)
	w.clock.set(at(20, 0))
	w.send("order.updated", wooOrder("processing", at(2, 9)))
	w.drain()
	if n := w.reread(); n != 0 || w.asked.Load() != 0 {
		t.Fatalf("%d orders read of which nothing was unclear", n)
	}
	if got := w.earned()[anna]; got != 1600 { // 20 % of 60.00 and 10 % of 40.00
		t.Fatalf("earned %d", got)
	}
	w.send("order.updated", wooOrder("processing", at(3, 9), refundSum))
	if r := w.drain(); r.Unclear != 1 {
		t.Fatalf("%+v", r)
	}
	if got := w.earned()[anna]; got != 873 { // 50/110 of every line: 32.73 and 21.82 are left
		t.Fatalf("by the sum: %d", got)
	}
	w.answers(func(rw http.ResponseWriter, path string) {
		if path == "16/refunds" {
			fmt.Fprint(rw, "["+refundFull+"]")
			return
		}
		fmt.Fprint(rw, wooOrder("processing", at(3, 9), refundSum))
	})
	if shops, err := w.db.ShopsWithRereads(context.Background()); err != nil || !slices.Equal(shops, []int64{w.id}) {
		t.Fatalf("%v %v", shops, err)
	}
	if n := w.reread(); n != 1 {
		t.Fatalf("%d orders read", n)
	}
	if got := w.earned()[anna]; got != 1200 { // line 2 is gone, line 1 is whole
		t.Fatalf("by lines: %d", got)
	}
	if n := w.reread(); n != 0 {
		t.Fatalf("read again though all is clear: %d", n)
	}
	w.send("order.updated", wooOrder("completed", at(4, 9), refundSum)) // says less than is known
	if r := w.drain(); r.Unclear != 0 || w.earned()[anna] != 1200 {
		t.Fatalf("%+v, earned %d", r, w.earned()[anna])
	}
	w.verify()
	w.replay()

	// The store takes the refund back and tells nobody; another reading shows it.
	w.answers(func(rw http.ResponseWriter, path string) {
		if path == "16/refunds" {
			fmt.Fprint(rw, "[]")
			return
		}
		fmt.Fprint(rw, wooOrder("completed", at(4, 9)))
	})
	if err := w.db.InTx(context.Background(), w.id, func(tx *store.Tx) error { return tx.AskRereads(context.Background(), []int64{16}) }); err != nil {
		t.Fatal(err)
	}
	if n := w.reread(); n != 1 || w.earned()[anna] != 1600 {
		t.Fatalf("%d read, earned %d", n, w.earned()[anna])
	}
	w.verify()
	w.replay()
}

func TestAnOrderErasedForGoodIsFoundOutByReading(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	anna := w.agreement("anna", "ANNA10", tenPercent)
	w.clock.set(at(20, 0))
	w.send("order.updated", wooOrder("processing", at(3, 9), refundSum))
	w.drain()
	w.answers(func(rw http.ResponseWriter, _ string) {
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprint(rw, `{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}`)
	})
	if n := w.reread(); n != 1 || w.earned()[anna] != 0 || !w.orderNow(16).Deleted() {
		t.Fatalf("%d read, earned %d", n, w.earned()[anna])
	}
	w.verify()
	w.replay()
}

func TestADeletionThatNothingDatesIsSettledByReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status string
		want   int64
	}{{"trash", 0}, {"processing", 1000}} {
		w := newWooShop(t, true)
		anna := w.agreement("anna", "ANNA10", tenPercent)
		w.clock.set(at(20, 0))
		w.send("order.updated", wooOrder("processing", at(2, 9)))
		w.send("order.deleted", `{"id":16}`)
		if r := w.drain(); r.Unclear != 1 || w.earned()[anna] != 0 {
			t.Fatalf("%+v, earned %d: a deletion holds until something tells otherwise", r, w.earned()[anna])
		}
		w.answers(func(rw http.ResponseWriter, path string) {
			if path == "16/refunds" {
				fmt.Fprint(rw, "[]")
				return
			}
			fmt.Fprint(rw, wooOrder(c.status, at(2, 9)))
		})
		w.clock.set(at(20, 1))
		if n := w.reread(); n != 1 || w.earned()[anna] != c.want {
			t.Errorf("%s: %d read, earned %d", c.status, n, w.earned()[anna])
		}
		w.verify()
		w.replay()
	}
}

func TestAStoreInTroubleIsLeftAloneAndItsConnectionSaysSo(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	w.agreement("anna", "ANNA10", tenPercent)
	w.clock.set(at(20, 0))
	for id := range 30 {
		w.send("order.updated", strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, fmt.Sprintf(`"id":%d`, 100+id), 1))
	}
	w.drain()
	for _, c := range []struct {
		answer func(rw http.ResponseWriter, path string)
		health string
		wait   time.Duration
	}{
		{nil, "the store does not answer", time.Minute},
		{func(rw http.ResponseWriter, _ string) {
			rw.Header().Set("Retry-After", "900")
			rw.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(rw, `{"code":"slow_down","message":"Slow down."}`)
		}, "the store answers 429 slow_down: Slow down.", 15 * time.Minute},
		{func(rw http.ResponseWriter, _ string) {
			rw.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(rw, `{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources."}`)
		}, "the store answers 401 woocommerce_rest_cannot_view: Sorry, you cannot list resources.", 30 * time.Minute},
	} {
		w.answers(c.answer)
		w.asked.Store(0)
		calls := int64(1)
		if strings.Contains(c.health, "401") { // a store that does not know the keys is offered them in its three ways
			calls = 3
		}
		if n := w.reread(); n != 0 || w.asked.Load() != calls {
			t.Fatalf("%s: %d read, asked %d times", c.health, n, w.asked.Load())
		}
		if got := w.connectionNow(); got.RestHealth != c.health || got.RestHealthAt.IsZero() || got.Health != "ok" {
			t.Errorf("%+v", got)
		}
		// Of 30 orders 20 were claimed; the others are tried once in between, and wait too.
		if n := w.reread(); n != 0 || w.asked.Load() != 2*calls {
			t.Fatalf("%s: %d read, asked %d times", c.health, n, w.asked.Load())
		}
		if n := w.reread(); n != 0 || w.asked.Load() != 2*calls {
			t.Fatalf("%s: the store is not left alone: %d times", c.health, w.asked.Load())
		}
		w.clock.set(w.clock.now().Add(c.wait))
	}
	w.answers(func(rw http.ResponseWriter, path string) {
		id, list, _ := strings.Cut(path, "/")
		if list != "" {
			fmt.Fprint(rw, "["+refundFull+"]")
			return
		}
		fmt.Fprint(rw, strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, `"id":`+id, 1))
	})
	if n := w.reread(); n != 30 {
		t.Errorf("%d read in the end", n)
	}
	if got := w.connectionNow(); got.RestHealth != "ok" {
		t.Errorf("%+v", got)
	}
	w.verify()
}

func TestATroublesomeOrderKeepsNoOtherFromBeingRead(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	w.clock.set(at(20, 0))
	for _, id := range []string{"16", "18"} {
		w.send("order.updated", strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, `"id":`+id, 1))
	}
	w.drain()
	w.answers(func(rw http.ResponseWriter, path string) {
		switch path {
		case "16/refunds":
			fmt.Fprint(rw, `{"not":"a list"}`)
		case "18/refunds":
			fmt.Fprint(rw, "["+refundFull+"]")
		default:
			fmt.Fprint(rw, strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, `"id":18`, 1))
		}
	})
	if n := w.reread(); n != 1 || w.orderNow(18).Unclear() || !w.orderNow(16).Unclear() {
		t.Errorf("%d read", n)
	}
	if n := w.reread(); n != 0 || w.connectionNow().RestHealth != "ok" {
		t.Errorf("%d read, %+v", n, w.connectionNow())
	}
}

func TestWithoutKeysNothingIsReadAndWithThemAllThatWaited(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, false)
	ctx := context.Background()
	w.clock.set(at(20, 0))
	w.send("order.updated", wooOrder("processing", at(3, 9), refundSum))
	w.drain()
	if shops, err := w.db.ShopsWithRereads(ctx); err != nil || len(shops) != 0 || w.reread() != 0 || w.asked.Load() != 0 {
		t.Fatalf("%v %v", shops, err)
	}
	for _, bad := range []tenant.RestKeys{{}, {Key: wooKey}, {Key: wooKeyPass, Secret: wooKey}, {Key: "ck_1", Secret: wooKeyPass}} {
		if _, err := tenant.SetRestKeys(ctx, w.db, w.keys, w.id, bad); errs.As(err) == nil {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	id, err := tenant.SetRestKeys(ctx, w.db, w.keys, w.id, tenant.RestKeys{Key: wooKey, Secret: wooKeyPass})
	if err != nil || id != w.connection || !w.connectionNow().HasRestKeys {
		t.Fatal(id, err)
	}
	w.answers(func(rw http.ResponseWriter, path string) {
		if path == "16/refunds" {
			fmt.Fprint(rw, "["+refundFull+"]")
			return
		}
		fmt.Fprint(rw, wooOrder("processing", at(3, 9), refundSum))
	})
	if n := w.reread(); n != 1 {
		t.Errorf("%d read", n)
	}
}

func TestTwoWorkersReadAnOrderOnce(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	w.clock.set(at(20, 0))
	for id := range 40 {
		w.send("order.updated", strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, fmt.Sprintf(`"id":%d`, 100+id), 1))
	}
	w.drain()
	w.answers(func(rw http.ResponseWriter, path string) {
		id, list, _ := strings.Cut(path, "/")
		if list != "" {
			fmt.Fprint(rw, "["+refundFull+"]")
			return
		}
		fmt.Fprint(rw, strings.Replace(wooOrder("processing", at(3, 9), refundSum), `"id":16`, `"id":`+id, 1))
	})
	other := intake.NewRereader(w.db, w.keys, woocommerce.NewClient("test", true), slog.New(slog.DiscardHandler), 4)
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		wg.Go(func() {
			n, err := other.Shop(context.Background(), w.id)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			total += n
			mu.Unlock()
		})
	}
	wg.Wait()
	if total != 40 || w.asked.Load() != 80 {
		t.Errorf("%d orders read with %d calls", total, w.asked.Load())
	}
}

func TestWhatADeadWorkerHadClaimedIsReadLater(t *testing.T) {
	t.Parallel()
	w := newWooShop(t, true)
	w.clock.set(at(20, 0))
	w.send("order.updated", wooOrder("processing", at(3, 9), refundSum))
	w.drain()
	ctx, die := context.WithCancel(context.Background())
	release := make(chan struct{})
	w.answers(func(http.ResponseWriter, string) { die(); <-release })
	if n, err := w.rereader.Shop(ctx, w.id); n != 0 || err == nil {
		t.Fatalf("%d read, %v", n, err)
	}
	close(release)
	w.answers(func(rw http.ResponseWriter, path string) {
		if path == "16/refunds" {
			fmt.Fprint(rw, "["+refundFull+"]")
			return
		}
		fmt.Fprint(rw, wooOrder("processing", at(3, 9), refundSum))
	})
	if n := w.reread(); n != 0 {
		t.Errorf("%d read while somebody may still be at it", n)
	}
	w.clock.set(w.clock.now().Add(10 * time.Minute))
	if n := w.reread(); n != 1 || w.orderNow(16).Unclear() {
		t.Errorf("%d read after the lease", n)
	}
}
