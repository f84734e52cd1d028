package tracking

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"strings"
	"time"

	"tributary/internal/batch"
	"tributary/internal/platform"
	"tributary/internal/store"
)

const (
	clickQueue    = 4096 // clicks that may wait for the writer; beyond it callers get 503
	clickRows     = 256  // in one commit
	clickPatience = 4 * time.Second
)

// ClickID is a signed click id, as it travels through the store (utm_id).
type ClickID string

// Touch is a link followed or a landing page visited.
type Touch struct {
	ShopID      int64
	Kind        store.ClickKind
	AgreementID int64
	LinkID      int64  // of a click
	PageID      int64  // of a visit
	Variant     string // of the page
	Seen        Seen
}

// Recorder makes clicks and visits durable; those that come at the same time
// share a commit.
type Recorder struct {
	db     *store.DB
	doors  *Doors
	ids    *platform.ClickIDs
	nets   *Networks
	writer *batch.Writer[*store.Click]
}

// NewRecorder starts a recorder; Close it. wake is called after a commit for
// each shop that has something new; it must not block. nets are the data
// centres.
func NewRecorder(db *store.DB, doors *Doors, nets *Networks, log *slog.Logger, wake func(shopID int64)) *Recorder {
	return &Recorder{
		db: db, doors: doors, ids: platform.NewClickIDs(doors.keys), nets: nets,
		writer: batch.New(batch.Options[*store.Click]{
			Name: "clicks", Queue: clickQueue, Rows: clickRows, Patience: clickPatience, Log: log, Commit: db.InsertClicks,
			Done: func(cs []*store.Click, _ int64) {
				var last int64
				for _, c := range cs {
					if c.ShopID != last {
						wake(c.ShopID)
						last = c.ShopID
					}
				}
			},
		}),
	}
}

// Close stops the recorder after it has stored what was already handed over.
func (r *Recorder) Close() { r.writer.Close() }

// Record returns the signed id of the touch when it is durable. An error means
// that it may not be: the visitor must not be sent on with an id. It is an
// errs.Error of kind Unavailable, or says that there is no such shop.
func (r *Recorder) Record(ctx context.Context, t Touch) (ClickID, error) {
	shop, err := r.doors.shop(ctx, t.ShopID)
	if err != nil {
		return "", err
	}
	c := r.click(shop, &t)
	if err := r.writer.Put(c); err != nil {
		return "", err
	}
	return ClickID(r.ids.Sign(c.ShopID, c.ID)), nil
}

// click is what is stored of a touch: no address, no agent, no path.
func (r *Recorder) click(shop *shopDoor, t *Touch) *store.Click {
	at := r.db.Now()
	c := &store.Click{ShopID: t.ShopID, ID: newID(at), At: at, Kind: t.Kind, AgreementID: t.AgreementID, LinkID: t.LinkID, PageID: t.PageID, Variant: t.Variant,
		Referrer: hostOf(t.Seen.Referrer)}
	c.Refused, c.Agent = t.Seen.refused(r.nets, shop.ConsentRequired)
	if t.Seen.mayKnow(shop.ConsentRequired) {
		c.Visitor = shop.visitor(&t.Seen, at)
		c.IPHash = shop.hash.IP(t.Seen.Address)
	}
	return c
}

// visitor is the key a visitor is recognised by: our cookie's while it holds,
// else a hash of network and agent that changes with the day of the shop.
func (d *shopDoor) visitor(s *Seen, at time.Time) string {
	if key, mac, ok := strings.Cut(s.Visitor, "."); ok && mac != "" && d.hash("visitor-cookie\n"+key) == mac {
		return key
	}
	return d.hash("visitor\n" + at.In(d.Zone).Format(time.DateOnly) + "\n" + network(s.Address) + "\n" + s.Agent)
}

// VisitorCookie is the value of the cookie that lets this visitor be recognised
// on other days; "" without consent. It holds nothing but the key they have
// already.
func (r *Recorder) VisitorCookie(ctx context.Context, shopID int64, s *Seen) string {
	d, err := r.doors.shop(ctx, shopID)
	if err != nil || s.Consent != "granted" || s.OptedOut {
		return ""
	}
	key := d.visitor(s, r.db.Now())
	return key + "." + d.hash("visitor-cookie\n"+key)
}

// Visitor is the key by which a visitor of the shop is recognised today; "" when
// they must not be.
func (r *Recorder) Visitor(ctx context.Context, shopID int64, s *Seen) string {
	d, err := r.doors.shop(ctx, shopID)
	if err != nil || !s.mayKnow(d.ConsentRequired) {
		return ""
	}
	return d.visitor(s, r.db.Now())
}

// newID is a UUID version 7 of the given time.
func newID(at time.Time) (id [16]byte) {
	_, _ = rand.Read(id[6:]) // never fails
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli())) //nolint:gosec // after 1970
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
