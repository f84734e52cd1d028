package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/earning"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

const (
	// batchSize is how many deliveries are settled in one transaction.
	batchSize = 1000
	// readSize is how many are read at once: finding what is due is planned
	// over all partitions, which takes as long as reading a hundred.
	readSize = 2 * batchSize
)

// Settler turns stored deliveries into orders, decisions and postings.
type Settler struct {
	db      *store.DB
	keys    *seal.Keys
	log     *slog.Logger
	metrics *obs.Metrics
	terms   earning.Terms
	clicks  *platform.ClickIDs

	// Uncounted leaves the KPIs alone: it is for measuring what counting costs.
	Uncounted bool

	// original is what a replay takes from the ledger that it rebuilds, because
	// it is history and no function of what the deliveries say; else nil.
	original *store.Original
}

// NewSettler makes a Settler. keys open the shops' hash keys.
func NewSettler(db *store.DB, keys *seal.Keys, log *slog.Logger, m *obs.Metrics) *Settler {
	return &Settler{db: db, keys: keys, log: log, metrics: m, clicks: platform.NewClickIDs(keys)}
}

// Report is what a Drain did.
type Report struct {
	Deliveries int // taken
	Orders     int // whose state changed
	Postings   int // journals written
	Failed     int // put off or parked
	Unclear    int // orders that should be read from the store again
}

func (r *Report) add(o Report) {
	r.Deliveries += o.Deliveries
	r.Orders += o.Orders
	r.Postings += o.Postings
	r.Failed += o.Failed
	r.Unclear += o.Unclear
}

// Drain settles all that is due for a shop. It is safe to run twice, at once
// with others, and to be killed at any point: what a delivery says and that it
// is done are committed together, and settling posts target − posted.
//
// One goroutine reads and decodes ahead while the other writes; the reading
// needs no lock, because settling a delivery again changes nothing.
func (s *Settler) Drain(ctx context.Context, shopID int64) (Report, error) {
	var total Report
	for {
		n, err := s.pass(ctx, shopID, &total)
		if err != nil {
			return total, err
		}
		if n == 0 {
			return total, s.drainDue(ctx, shopID, &total)
		}
	}
}

// pass settles what is due now and returns how many deliveries that were.
func (s *Settler) pass(ctx context.Context, shopID int64, total *Report) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan []item, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(chunks)
		failed <- s.readAhead(ctx, shopID, chunks)
	}()
	for chunk := range chunks {
		r, err := s.settleOrSplit(ctx, shopID, chunk)
		total.add(r)
		n += len(chunk)
		if err != nil {
			cancel()
			for range chunks { //nolint:revive // let the reader see the cancellation and end
			}
			return n, err
		}
	}
	return n, <-failed
}

func (s *Settler) readAhead(ctx context.Context, shopID int64, chunks chan<- []item) error {
	var cursor store.DueCursor
	var hash platform.Hash
	for {
		var ds []store.Delivery
		err := s.db.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if hash == nil {
				shop, err := tx.ShopForSettling(ctx)
				if err != nil {
					return err
				}
				if hash, err = platform.OpenHash(s.keys, order.Platform(shop.Platform), shop.Domain, shop.HashKey); err != nil {
					return err
				}
			}
			ds, err = tx.DueDeliveries(ctx, &cursor, readSize)
			return err
		})
		if err != nil || len(ds) == 0 {
			return err
		}
		if err := handOver(ctx, chunks, ds, hash); err != nil {
			return err
		}
	}
}

// settleOrSplit settles a chunk in one transaction. If the database or a rule
// refuses it because of what is in it, each order is settled alone, so that
// the poisonous one falls out alone.
func (s *Settler) settleOrSplit(ctx context.Context, shopID int64, chunk []item) (Report, error) {
	start := time.Now()
	r, err := s.settle(ctx, shopID, chunk)
	s.observe(chunk, r, time.Since(start))
	if err == nil || !isPoison(err) {
		return r, err
	}
	var total Report
	for _, group := range byOrder(chunk) {
		r, err := s.settle(ctx, shopID, group)
		if err != nil {
			if !isPoison(err) {
				return total, err
			}
			s.log.Warn("delivery put off", "shop_id", shopID, "order_id", group[0].orderID(), "err", err)
			for i := range group {
				group[i].err = err
			}
			if r, err = s.settle(ctx, shopID, group); err != nil {
				return total, err
			}
		}
		total.add(r)
	}
	return total, nil
}

// settle is the page to read: one transaction from what deliveries say to what
// the ledger holds.
func (s *Settler) settle(ctx context.Context, shopID int64, chunk []item) (r Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = poison{fmt.Errorf("panic while settling: %v", p)}
		}
	}()
	err = s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		w, err := s.newWork(ctx, tx)
		if err != nil {
			return err
		}
		if err := w.shopNews(chunk); err != nil {
			return err
		}
		if err := w.apply(chunk); err != nil { // what the orders are now
			return err
		}
		unclear, err := w.askRereads(chunk) // what they do not tell
		if err != nil {
			return err
		}
		if err := w.decide(); err != nil { // whose they are
			return err
		}
		if err := w.post(); err != nil { // what is owed: target − posted
			return err
		}
		if err := tx.FinishDeliveries(ctx, finish(chunk, tx.Now)); err != nil {
			return err
		}
		r = Report{Deliveries: len(chunk), Orders: w.changed, Postings: w.book.Journals, Unclear: unclear}
		for i := range chunk {
			if chunk[i].err != nil {
				r.Failed++
			}
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return r, nil
}

// Resettle decides and settles orders again, after evidence or the programme
// changed.
func (s *Settler) Resettle(ctx context.Context, shopID int64, orderIDs ...int64) error {
	return s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		_, err := s.resettle(ctx, tx, orderIDs)
		return err
	})
}

// resettle is Resettle within a transaction that holds the shop's lock.
func (s *Settler) resettle(ctx context.Context, tx *store.Tx, orderIDs []int64) (*work, error) {
	w, err := s.newWork(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := w.load(orderIDs); err != nil {
		return nil, err
	}
	if err := w.loadHistory(); err != nil {
		return nil, err
	}
	if err := w.decide(); err != nil {
		return nil, err
	}
	return w, w.post()
}

// poison marks an error that the data causes: trying again as it is cannot
// help, and others must not wait behind it.
type poison struct{ error }

func (p poison) Unwrap() error { return p.error }

func isPoison(err error) bool {
	var p poison
	return errors.As(err, &p) || store.IsDataError(err)
}

// byOrder groups a chunk by the order it is about.
func byOrder(chunk []item) [][]item {
	groups := map[int64][]item{}
	var keys []int64
	for _, it := range chunk {
		k := it.orderID()
		if _, ok := groups[k]; !ok {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], it)
	}
	out := make([][]item, len(keys))
	for i, k := range keys {
		out[i] = groups[k]
	}
	return out
}

// The waits before a delivery that failed is tried again; after the last it is
// parked until a person retries it.
var retryAfter = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour}

// finish says what became of each delivery.
func finish(chunk []item, now time.Time) []store.Delivery {
	out := make([]store.Delivery, 0, len(chunk))
	for i := range chunk {
		it := &chunk[i]
		if it.replayed {
			continue
		}
		d := it.delivery
		d.OrderID = it.orderID()
		d.Note = it.note
		switch {
		case it.err == nil && it.ignored:
			d.State = store.DeliveryIgnored
		case it.err == nil:
			d.State = store.DeliveryDone
		default:
			d.Note = it.err.Error()
			d.Attempts++
			if int(d.Attempts) > len(retryAfter) {
				d.State = store.DeliveryParked
			} else {
				d.State, d.NextAt = store.DeliveryRetry, now.Add(retryAfter[d.Attempts-1])
			}
		}
		d.Note = shorten(d.Note)
		d.Body = nil
		out = append(out, d)
	}
	return out
}

// shorten makes a note of what may be a stranger's words: the database refuses
// NUL and half a character.
func shorten(s string) string {
	const most = 500
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// item is one delivery with what it says.
type item struct {
	delivery store.Delivery
	fact     *order.Fact // nil: not about an order
	news     *news       // nil: not about the shop
	ignored  bool
	replayed bool // comes from a replay: there is no delivery to finish
	note     string
	err      error // could not be read, or could not be settled
}

func (it *item) orderID() int64 {
	if it.fact == nil {
		return 0
	}
	return it.fact.OrderID
}

func (s *Settler) observe(chunk []item, r Report, took time.Duration) {
	m := s.metrics
	m.SettleBatchSecs.Observe(took.Seconds())
	m.SettleBatch.Observe(float64(len(chunk)))
	m.SettleDeliver.WithLabelValues("done").Add(float64(r.Deliveries - r.Failed))
	m.SettleDeliver.WithLabelValues("retry").Add(float64(r.Failed))
	m.Postings.Add(float64(2 * r.Postings))
}
