package landing

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// mostLoaded bounds how many pages are kept rendered, mostOld how many versions
// of one that it no longer shows.
const (
	mostLoaded = 2000
	mostOld    = 8
)

// Pages answers for the published pages of all shops from memory. It knows of
// every page; what is on one is loaded when somebody asks. Every process asks
// PostgreSQL what has changed once a second.
type Pages struct {
	db   *store.DB
	log  *slog.Logger
	base string // where this server is reached

	known  sync.Map // public id → *entry
	loaded atomic.Int64

	refresh sync.Mutex
	mark    int64
	cancel  context.CancelFunc
	end     sync.WaitGroup
}

// entry is one page, as of one change.
type entry struct {
	shop, page, changed int64

	now atomic.Pointer[showing]

	mu       sync.Mutex // loading and rendering
	is       bool       // loaded
	head     store.LandingPage
	scene    store.LandingScene
	releases []page.Release
	old      map[int]*page.Document
}

// showing is what the page shows until an instant; no release: nothing.
type showing struct {
	release *page.Release
	until   time.Time // zero: until it is changed
	slots   []*slot
	slug    string
}

type slot struct {
	variant page.Variant
	doc     *page.Document
	out     atomic.Pointer[Rendered]
}

// NewPages starts to follow changes; Close it. every is how often it asks.
func NewPages(db *store.DB, log *slog.Logger, base string, every time.Duration) *Pages {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pages{db: db, log: log, base: base, cancel: cancel}
	p.end.Add(1)
	go p.follow(ctx, every)
	return p
}

// Close ends the following.
func (p *Pages) Close() {
	p.cancel()
	p.end.Wait()
}

func (p *Pages) follow(ctx context.Context, every time.Duration) {
	defer p.end.Done()
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		err := p.Refresh(ctx)
		if err != nil && ctx.Err() == nil && !failing { // once, not each second
			p.log.Warn("pages may be out of date", "err", err)
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Refresh takes in what has been committed so far. Who has changed a page calls
// it, so that the change is seen at once by this process.
func (p *Pages) Refresh(ctx context.Context) error {
	p.refresh.Lock()
	defer p.refresh.Unlock()
	list, mark, err := p.db.LandingChanges(ctx, p.mark)
	if err != nil {
		return err
	}
	for _, c := range list {
		if had, ok := p.known.Load(c.PublicID); !ok || had.(*entry).changed != c.Changed {
			p.known.Store(c.PublicID, &entry{shop: c.ShopID, page: c.Page, changed: c.Changed})
		}
	}
	p.mark = mark
	return nil
}

// errNoPage says that nothing is shown there.
var errNoPage = errs.New(errs.NotFound, "not_found", "There is no page here, or it has been taken down.")

// View is a page as it stands at an instant.
type View struct {
	Shop, Page, Agreement, Link, Release int64
	Slug                                 string

	pages *Pages
	entry *entry
	now   *showing
	at    time.Time
}

// Find returns the page that is shown under a public id. The error says that
// there is none, or that storage does not answer.
func (p *Pages) Find(ctx context.Context, publicID string) (*View, error) {
	v, ok := p.known.Load(publicID)
	if !ok {
		return nil, errNoPage
	}
	e, at := v.(*entry), p.db.Now()
	s := e.now.Load()
	if s == nil || (!s.until.IsZero() && !at.Before(s.until)) {
		var err error
		if s, err = p.show(ctx, e, at); err != nil {
			return nil, err
		}
	}
	if s.release == nil {
		return nil, errNoPage
	}
	return &View{Shop: e.shop, Page: e.page, Agreement: e.head.AgreementID, Link: e.head.LinkID, Release: s.release.ID, Slug: s.slug,
		pages: p, entry: e, now: s, at: at}, nil
}

// show finds out what the entry shows at an instant.
func (p *Pages) show(ctx context.Context, e *entry, at time.Time) (*showing, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := p.load(ctx, e); err != nil {
		return nil, err
	}
	_, until := page.StateAt(e.releases, at)
	s := &showing{until: until, slug: e.head.Slug, release: page.LiveAt(e.releases, at)}
	if s.release != nil {
		for _, v := range s.release.Variants {
			s.slots = append(s.slots, &slot{variant: v})
		}
	}
	e.now.Store(s)
	return s, nil
}

// load reads everything but documents; e.mu is held.
func (p *Pages) load(ctx context.Context, e *entry) error {
	if e.is {
		return nil
	}
	// One who leaves must not fail the others who wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := p.db.InTx(ctx, e.shop, func(tx *store.Tx) error {
		head, err := tx.LandingPage(ctx, e.page)
		if err != nil {
			return err
		}
		e.head = *head
		if e.releases, err = tx.Releases(ctx, e.page); err != nil {
			return err
		}
		e.scene, err = tx.LandingScene(ctx, head.AgreementID)
		return err
	})
	if store.IsNotFound(err) {
		return errNoPage
	}
	if err != nil {
		return fmt.Errorf("page %d of shop %d: %w", e.page, e.shop, err)
	}
	e.is, e.old = true, map[int]*page.Document{}
	if p.loaded.Add(1) > mostLoaded { // all are forgotten at once: simple, and rare
		p.loaded.Store(0)
		p.known.Range(func(k, v any) bool {
			o := v.(*entry)
			p.known.CompareAndSwap(k, o, &entry{shop: o.shop, page: o.page, changed: o.changed})
			return true
		})
	}
	return nil
}

// Pick chooses a variant for a visitor by a hash that is theirs; one they have
// been given before stays theirs while it is shown.
func (v *View) Pick(hash uint64, before string) string {
	for _, s := range v.now.slots {
		if before != "" && s.variant.Name == before {
			return before
		}
	}
	return v.now.release.Pick(hash).Name
}

// Render returns the page in the variant, which Pick gave.
func (v *View) Render(ctx context.Context, variant string) (*Rendered, error) {
	for _, s := range v.now.slots {
		if s.variant.Name != variant {
			continue
		}
		r := s.out.Load()
		if r != nil && (r.StaleAt.IsZero() || v.at.Before(r.StaleAt)) {
			return r, nil
		}
		return v.render(ctx, s)
	}
	return nil, errNoPage
}

func (v *View) render(ctx context.Context, s *slot) (*Rendered, error) {
	e := v.entry
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := s.out.Load(); r != nil && (r.StaleAt.IsZero() || v.at.Before(r.StaleAt)) {
		return r, nil
	}
	if s.doc == nil {
		var err error
		if s.doc, err = v.pages.document(ctx, e, s.variant.Version); err != nil {
			return nil, err
		}
	}
	r, err := Render(s.doc, v.pages.scene(&e.head, &e.scene, s.variant.Version, s.variant.Name), v.at)
	if err != nil {
		return nil, err
	}
	s.out.Store(r)
	return r, nil
}

func (p *Pages) scene(head *store.LandingPage, s *store.LandingScene, version int, variant string) *Scene {
	return &Scene{BaseURL: p.base, Path: PathOf(head), Variant: variant, Version: version, Shop: s.Name, Influencer: s.Influencer, Zone: s.Zone}
}

// PathOf is where a page is, on this server.
func PathOf(p *store.LandingPage) string { return "/p/" + p.PublicID + "/" + p.Slug }

// document reads one version; e.mu is held.
func (p *Pages) document(ctx context.Context, e *entry, number int) (*page.Document, error) {
	if d, ok := e.old[number]; ok {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var d *page.Document
	err := p.db.InTx(ctx, e.shop, func(tx *store.Tx) error {
		v, err := tx.LandingVersion(ctx, e.page, number)
		if err == nil {
			d, err = page.Stored(v.Document)
		}
		return err
	})
	if store.IsNotFound(err) {
		return nil, errNoPage
	}
	if err != nil {
		return nil, err
	}
	if len(e.old) >= mostOld {
		clear(e.old)
	}
	e.old[number] = d
	return d, nil
}

// Out is a way out of a page.
type Out struct {
	Shop, Page, Agreement, Link int64
	page.Target
	Code     string // discount to apply on the way
	Platform order.Platform
	Handle   string // of the influencer
	Ref      string // slug of the page's link
	Campaign int64
	Variant  string // "": a preview, which counts for nothing
}

// Out finds the button at a place of a page. seen is the variant and version it
// was shown in, as the page's links say it.
func (p *Pages) Out(ctx context.Context, publicID, place, seen string) (*Out, error) {
	v, ok := p.known.Load(publicID)
	if !ok {
		return nil, errNoPage
	}
	o := &Out{}
	if seen != "" && seen[0] >= 'a' && seen[0] <= 'd' {
		o.Variant, seen = seen[:1], seen[1:]
	}
	number, err := strconv.ParseInt(seen, 10, 32)
	if err != nil || number < 1 {
		return nil, errNoPage
	}
	e := v.(*entry)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := p.load(ctx, e); err != nil {
		return nil, err
	}
	d, err := p.document(ctx, e, int(number))
	if err != nil {
		return nil, err
	}
	if o.Target, ok = d.TargetAt(place); !ok {
		return nil, errNoPage
	}
	o.Shop, o.Page, o.Agreement, o.Link, o.Code = e.shop, e.page, e.head.AgreementID, e.head.LinkID, d.DiscountCode()
	o.Platform, o.Handle, o.Campaign, o.Ref = order.Platform(e.scene.Platform), e.scene.Handle, e.scene.Campaign, linkSlug(publicID)
	return o, nil
}
