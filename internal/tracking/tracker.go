// Package tracking is the use case of everything that happens besides orders:
// clicks, page visits, leads, live sessions, posts and giveaways are recorded,
// judged, and settled through the same target − posted as orders are.
package tracking

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"tributary/internal/domain/attribution"
	"tributary/internal/earning"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// settleAtOnce is how many agreements one transaction settles.
const settleAtOnce = 50

// Tracker settles what has been recorded.
type Tracker struct {
	DB   *store.DB
	Keys *seal.Keys
	Log  *slog.Logger
	// Uncounted leaves the KPIs alone: it is for measuring what counting costs.
	Uncounted bool

	terms earning.Terms
}

// Drain judges what is new in a shop and settles the agreements that are due.
// It is safe to run twice, at once with others, and to be killed at any point.
// It returns how many agreements it settled.
func (t *Tracker) Drain(ctx context.Context, shopID int64) (settled int, err error) {
	for {
		n, clicks, mailboxes := 0, 0, 0
		err := t.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
			if err = tx.LockShop(ctx); err != nil {
				return err
			}
			if clicks, err = t.judge(ctx, tx); err != nil {
				return err
			}
			if mailboxes, err = t.judgeDue(ctx, tx); err != nil {
				return err
			}
			due, err := tx.TakeDue(ctx, settleAtOnce)
			if err != nil || len(due) == 0 {
				return err
			}
			n = len(due)
			return t.settle(ctx, tx, due)
		})
		settled += n
		if err != nil {
			return settled, fmt.Errorf("settle the activity of shop %d: %w", shopID, err)
		}
		if n < settleAtOnce && clicks < judgeAtOnce && mailboxes < mailboxesAtOnce {
			return settled, nil
		}
	}
}

func (t *Tracker) settle(ctx context.Context, tx *store.Tx, agreements []int64) error {
	if err := content.Judge(ctx, tx, &t.terms, agreements); err != nil {
		return err
	}
	versions, err := t.terms.Versions(ctx, tx, agreements)
	if err != nil {
		return err
	}
	book, err := earning.NewBook(ctx, tx)
	if err != nil {
		return err
	}
	book.Uncounted = t.Uncounted
	if err := book.Settle(ctx, versions); err != nil {
		return err
	}
	if err := book.CountPosts(ctx, agreements); err != nil {
		return err
	}
	for i := range versions {
		if at := book.NextDue(&versions[i]); !at.IsZero() {
			if err := tx.MarkDue(ctx, at, versions[i].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// DueShops lists the shops in which there is something to settle.
func (t *Tracker) DueShops(ctx context.Context) (ids []int64, err error) {
	err = t.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		if ids, err = tx.ShopsWithActivityDue(ctx); err != nil {
			return err
		}
		leads, err := tx.ShopsWithLeadsDue(ctx)
		if err != nil {
			return err
		}
		clicks, err := tx.ShopsWithClicks(ctx)
		ids = slices.Concat(ids, leads, clicks)
		return err
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Verify recomputes what every agreement of the shop earns by other means than
// orders and compares with what is stored and posted. It writes nothing.
func (t *Tracker) Verify(ctx context.Context, shopID int64) ([]store.Difference, error) {
	var out []store.Difference
	err := t.each(ctx, shopID, func(tx *store.Tx, versions []attribution.Agreement) error {
		book, err := earning.NewBook(ctx, tx)
		if err != nil {
			return err
		}
		book.Dry = &out
		ids := make([]int64, 0, len(versions))
		for i := range versions {
			ids = append(ids, versions[i].ID)
		}
		if err := content.Check(ctx, tx, &t.terms, ids, book.Differs); err != nil {
			return err
		}
		return book.Activity(ctx, versions) // milestones are verified with the orders
	})
	if err != nil {
		return nil, err
	}
	err = t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		book, err := earning.NewBook(ctx, tx)
		if err != nil {
			return err
		}
		book.Dry = &out
		return book.VerifyKPI(ctx)
	})
	if err != nil {
		return nil, err
	}
	leads, err := t.verifyLeads(ctx, shopID)
	if err != nil {
		return nil, err
	}
	clicks, err := t.verifyClicks(ctx, shopID)
	return slices.Concat(out, leads, clicks), err
}

// each runs f for every signed agreement of the shop, some at a time, each time
// in a transaction that holds the shop's lock.
func (t *Tracker) each(ctx context.Context, shopID int64, f func(*store.Tx, []attribution.Agreement) error) error {
	var after int64
	for {
		n := 0
		err := t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
			ids, err := tx.SignedAgreements(ctx, after, settleAtOnce)
			if err != nil || len(ids) == 0 {
				return err
			}
			n, after = len(ids), ids[len(ids)-1]
			versions, err := t.terms.Versions(ctx, tx, ids)
			if err != nil {
				return err
			}
			return f(tx, versions)
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
