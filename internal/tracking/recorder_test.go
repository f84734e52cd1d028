package tracking_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tributary/internal/store"
	"tributary/internal/tracking"
)

const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"

// door is the public side of the shop of a test.
type door struct {
	*tracking.Doors
	*tracking.Recorder
	woken atomic.Int64
}

func (s *shop) door(networks string) *door {
	s.t.Helper()
	nets, err := tracking.ParseNetworks(strings.NewReader(networks))
	if err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d := &door{Doors: tracking.NewDoors(s.db, s.keys, log, 20*time.Millisecond)}
	d.Recorder = tracking.NewRecorder(s.db, d.Doors, nets, log, func(int64) { d.woken.Add(1) })
	s.t.Cleanup(d.Doors.Close)
	s.t.Cleanup(d.Recorder.Close)
	return d
}

// shopper is a person on a phone at the given address.
func shopper(address string) tracking.Seen {
	return tracking.Seen{Address: address, Agent: phone, Method: "GET", Referrer: "https://www.instagram.com/p/secret?igsh=1"}
}

func TestAThousandClicksAtOnceAreAllDurableAndHaveIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.door("")
	var wg sync.WaitGroup
	var ids sync.Map
	for range 1000 {
		wg.Go(func() {
			id, err := d.Record(context.Background(), tracking.Touch{ShopID: s.id, Kind: store.ClickLink, AgreementID: 1, LinkID: 1, Seen: shopper("192.0.2.7")})
			if err != nil {
				t.Error(err)
			}
			if _, twice := ids.LoadOrStore(id, true); twice || len(id) != 32 {
				t.Errorf("id %q", id)
			}
		})
	}
	wg.Wait()
	s.in(func(tx *store.Tx) error {
		n, err := tx.CountNewClicks(context.Background())
		if n != 1000 {
			t.Errorf("%d clicks are stored", n)
		}
		return err
	})
	if n := d.woken.Load(); n < 1 || n > 1000 {
		t.Errorf("woken %d times", n)
	}
}

func uuidOf(id [16]byte) string { return uuid.UUID(id).String() }
