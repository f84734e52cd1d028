package tracking

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// mostDoors bounds what is remembered, misses included.
const mostDoors = 200_000

// Doors remembers links and shops for those who come from outside, so that a
// click asks the database nothing. Every process asks PostgreSQL what has changed
// once a second and forgets that.
type Doors struct {
	db   *store.DB
	keys *seal.Keys
	log  *slog.Logger

	known sync.Map // linkKey → *Target (nil: there is none), hostKey → int64, int64 → *shopDoor
	size  atomic.Int64
	// era counts changes: what was loaded in one is not kept in the next.
	era    atomic.Int64
	loads  singleflight.Group
	cancel context.CancelFunc
	end    sync.WaitGroup
}

// shopDoor is a shop as the public door knows it.
type shopDoor struct {
	store.ClickShop
	hash  platform.Hash
	hosts map[string]bool // the store is reached by them
	front string          // where it begins
}

// NewDoors starts to follow changes; Close it.
func NewDoors(db *store.DB, keys *seal.Keys, log *slog.Logger, every time.Duration) *Doors {
	ctx, cancel := context.WithCancel(context.Background())
	d := &Doors{db: db, keys: keys, log: log, cancel: cancel}
	d.end.Add(1)
	go d.follow(ctx, every)
	return d
}

// Close ends the following.
func (d *Doors) Close() {
	d.cancel()
	d.end.Wait()
}

func (d *Doors) follow(ctx context.Context, every time.Duration) {
	defer d.end.Done()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var mark int64
	failing := false
	for {
		changed, next, err := d.db.LinksChanged(ctx, mark)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failing { // once, not each second
				d.log.Warn("links may be out of date", "err", err)
			}
		default:
			if mark == 0 {
				d.forgetAll()
			} else if len(changed) > 0 {
				d.forget(changed)
			}
			mark = next
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// forget drops what is known of what has changed, and all misses.
func (d *Doors) forget(list []store.LinkChange) {
	d.era.Add(1)
	changed := make(map[store.LinkChange]bool, len(list))
	for _, c := range list {
		changed[c] = true
	}
	whole := func(shop int64) bool { return changed[store.LinkChange{ShopID: shop}] }
	d.known.Range(func(k, v any) bool {
		gone := false
		switch v := v.(type) {
		case *Target:
			gone = v == nil || whole(v.shop.ID) || changed[store.LinkChange{ShopID: v.shop.ID, LinkID: v.linkID}]
		case *shopDoor:
			gone = v == nil || whole(v.ID)
		case int64:
			gone = v == 0 || whole(v)
		}
		if gone {
			d.known.Delete(k)
			d.size.Add(-1)
		}
		return true
	})
}

func (d *Doors) forgetAll() {
	d.era.Add(1)
	d.known.Clear()
	d.size.Store(0)
}

// remembered returns what is known under k, or loads it: once, however many ask
// at the same time. A miss is remembered too, as the zero V.
func remembered[V any](ctx context.Context, d *Doors, k any, name string, load func(context.Context) (V, error)) (V, error) {
	if v, ok := d.known.Load(k); ok {
		return v.(V), nil
	}
	v, err, _ := d.loads.Do(name, func() (any, error) {
		era := d.era.Load()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clickPatience) // one who leaves must not fail the others
		defer cancel()
		v, err := load(ctx)
		if errors.Is(err, store.ErrNotFound) {
			var none V
			v, err = none, nil
		}
		if err != nil {
			return v, err
		}
		if d.era.Load() == era {
			if d.size.Load() >= mostDoors {
				d.known.Clear()
				d.size.Store(0)
			}
			if _, had := d.known.Swap(k, v); !had {
				d.size.Add(1)
			}
		}
		return v, nil
	})
	if err != nil {
		d.log.Error("look up for a visitor", "what", name, "err", err)
		var none V
		return none, errs.New(errs.Unavailable, "storage_down", "Storage is not available. Try again.")
	}
	return v.(V), nil
}

// errNoShop says that the shop is not there, or has left.
var errNoShop = errs.New(errs.NotFound, "not_found", "There is nothing here.")

func (d *Doors) shop(ctx context.Context, id int64) (*shopDoor, error) {
	s, err := remembered(ctx, d, id, "shop "+strconv.FormatInt(id, 10), func(ctx context.Context) (*shopDoor, error) { return d.loadShop(ctx, id) })
	if err == nil && s == nil {
		return nil, errNoShop
	}
	return s, err
}

func (d *Doors) loadShop(ctx context.Context, id int64) (*shopDoor, error) {
	s := &shopDoor{}
	err := d.db.InTx(ctx, id, func(tx *store.Tx) (err error) {
		if s.ClickShop, err = tx.ClickShop(ctx); err != nil {
			return err
		}
		if s.hosts, err = tx.StoreHosts(ctx); err != nil {
			return err
		}
		s.front, err = tx.FrontPage(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.hash, err = platform.OpenHash(d.keys, order.Platform(s.Platform), s.Domain, s.HashKey)
	return s, err
}

// hostKey names a host.
type hostKey string

// Shop returns the shop whose links and pages the host serves; 0 when it serves
// none.
func (d *Doors) Shop(ctx context.Context, host string) (int64, error) {
	return remembered(ctx, d, hostKey(host), "host "+host, func(ctx context.Context) (int64, error) { return d.db.ShopOfHost(ctx, host) })
}
