package content

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tributary/internal/domain/content"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/social"
	"tributary/internal/store"
)

// Connector reads a platform by its API.
type Connector interface {
	// Read returns what the platform says of posts by its own ids, as far as it
	// got: with an error, what it read before.
	Read(ctx context.Context, auth social.Auth, ids []string) ([]social.Reading, error)
	// Search returns posts published since an instant that carry a hashtag.
	Search(ctx context.Context, auth social.Auth, tag string, since time.Time) ([]social.Found, error)
}

// Reader takes snapshots of the posts that are due. It works on one shop and
// platform at a time: what is due is taken and put off in one transaction, the
// platform is asked outside of any, and what it said is written in another.
type Reader struct {
	DB         *store.DB
	Keys       *seal.Keys
	Log        *slog.Logger
	Connectors map[string]Connector // by platform
}

const (
	readAtOnce   = 50
	searchAtOnce = 5
	lease        = 20 * time.Minute // another reader may try after it
	searchEvery  = 6 * time.Hour
	searchBack   = 48 * time.Hour // a search overlaps the one before
)

// waits is how long a platform is left alone after it failed.
var waits = map[social.Kind]time.Duration{social.Quota: time.Hour, social.Unauthorized: 6 * time.Hour, social.Unavailable: lease}

// Tick reads what is due in every shop. One shop's failure does not stop others.
func (r *Reader) Tick(ctx context.Context) error {
	var shops []int64
	err := r.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shops, err = tx.ShopsWithPostsDue(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range shops {
		if err := r.Shop(ctx, id); err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed = append(failed, fmt.Errorf("read the posts of shop %d: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// Shop reads what is due in one shop.
func (r *Reader) Shop(ctx context.Context, shopID int64) error {
	var accounts []store.SocialAccount
	err := r.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		accounts, err = tx.LiveSocialAccounts(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for i := range accounts {
		a := &accounts[i]
		c := r.Connectors[a.Platform]
		if c == nil {
			continue
		}
		token, err := r.Keys.Open(a.Token, platform.SocialPlace(shopID, a.Platform))
		if err != nil {
			failed = append(failed, fmt.Errorf("open the %s token: %w", a.Platform, err))
			continue
		}
		w := reading{Reader: r, shopID: shopID, account: a, connector: c, auth: social.Auth{Token: string(token), AccountID: a.AccountID}}
		failed = append(failed, w.posts(ctx), w.hashtags(ctx))
	}
	return errors.Join(failed...)
}

// reading is the work on one shop's account with a platform.
type reading struct {
	*Reader
	shopID    int64
	account   *store.SocialAccount
	connector Connector
	auth      social.Auth
}

// posts reads the posts that are due, some at a time.
func (w *reading) posts(ctx context.Context) error {
	for {
		var due []store.Post
		if err := w.DB.InTx(ctx, w.shopID, func(tx *store.Tx) (err error) {
			due, err = tx.TakeDuePosts(ctx, w.account.Platform, readAtOnce, tx.Now.Add(lease))
			return err
		}); err != nil || len(due) == 0 {
			return err
		}
		ids := make([]string, len(due))
		for i := range due {
			ids[i] = due[i].ExternalID
		}
		at := w.DB.Now()
		got, asked := w.connector.Read(ctx, w.auth, ids)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.DB.InTx(ctx, w.shopID, func(tx *store.Tx) error {
			if err := w.health(ctx, tx, asked); err != nil {
				return err
			}
			for i := range due {
				k := slices.IndexFunc(got, func(r social.Reading) bool { return r.ID == due[i].ExternalID })
				if err := w.keep(ctx, tx, due[i].ID, got, k, at, asked); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if asked != nil {
			return asked
		}
	}
}

// keep writes what was read of a post, or puts it off when nothing was.
func (w *reading) keep(ctx context.Context, tx *store.Tx, postID int64, got []social.Reading, k int, at time.Time, asked error) error {
	p, err := tx.LockPost(ctx, postID)
	if err != nil {
		return err
	}
	if k < 0 {
		next := tx.Now.Add(waits[social.KindOf(asked)])
		p.NextAt, p.Note = &next, fmt.Sprintf("The platform did not answer: %s.", social.KindOf(asked))
		return tx.SetPost(ctx, p)
	}
	r := &got[k]
	v, zone, err := inForce(ctx, tx, p.AgreementID, p.PublishedAt)
	if err != nil {
		return err
	}
	s := store.PostSnapshot{PostID: p.ID, Snapshot: content.Snapshot{At: at, Source: "connector", Status: r.Status, Verified: true, Evidence: r.Evidence}}
	p.Note = ""
	if r.Status == "" {
		s.Likes, s.Comments, s.Shares, s.Saves, s.Views, s.Followers = r.Likes, r.Comments, r.Shares, r.Saves, r.Views, r.Followers
		p.Author, p.Caption, p.PaidPartnership = clip(r.Author, 200), clip(r.Caption, maxCaption), r.PaidPartnership || p.PaidPartnership
		if d := r.PublishedAt.Sub(p.PublishedAt).Abs(); !r.PublishedAt.IsZero() && d > time.Hour {
			p.Note = fmt.Sprintf("The platform says that it was published at %s.", r.PublishedAt.UTC().Format(time.RFC3339))
		}
		if v != nil {
			disclose(p, v.Terms, tx.Now)
		}
	}
	p.NextAt = nextLook(p, v, zone, tx.Now)
	if err := tx.SetPost(ctx, p); err != nil {
		return err
	}
	if _, err := tx.AddSnapshot(ctx, &s); err != nil {
		return err
	}
	return tx.MarkPostsDue(ctx, tx.Now, p.AgreementID)
}

// hashtags searches for the tags that are due.
func (w *reading) hashtags(ctx context.Context) error {
	var due []store.Hashtag
	if err := w.DB.InTx(ctx, w.shopID, func(tx *store.Tx) (err error) {
		due, err = tx.TakeDueHashtags(ctx, w.account.Platform, searchAtOnce, tx.Now.Add(searchEvery))
		return err
	}); err != nil {
		return err
	}
	for _, h := range due {
		found, asked := w.connector.Search(ctx, w.auth, h.Tag, w.DB.Now().Add(-searchBack))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.DB.InTx(ctx, w.shopID, func(tx *store.Tx) error {
			if err := w.health(ctx, tx, asked); err != nil {
				return err
			}
			return w.found(ctx, tx, h, found)
		}); err != nil {
			return err
		}
		if asked != nil {
			return asked
		}
	}
	return nil
}

// found submits what a search found and nobody has submitted.
func (w *reading) found(ctx context.Context, tx *store.Tx, h store.Hashtag, found []social.Found) error {
	for _, f := range found {
		url, external, wrong := NormalURL(h.Platform, f.URL)
		if wrong != "" || f.PublishedAt.IsZero() || f.PublishedAt.After(tx.Now) {
			continue
		}
		if external == "" {
			external = f.ID
		}
		p, err := tx.PostByURL(ctx, h.Platform, url)
		if err != nil {
			return err
		}
		if p != nil {
			if p.ExternalID == "" { // submitted by its address, which does not tell the id
				p.ExternalID, p.NextAt = external, &tx.Now
				if err := tx.SetPost(ctx, p); err != nil {
					return err
				}
			}
			continue
		}
		v, zone, err := inForce(ctx, tx, h.AgreementID, f.PublishedAt)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		p = &store.Post{AgreementID: h.AgreementID, Platform: h.Platform, URL: url, ExternalID: external, Author: clip(f.Author, 200),
			PublishedAt: f.PublishedAt.UTC().Truncate(time.Microsecond), Caption: clip(f.Caption, maxCaption), Hashtags: []string{h.Tag}, Origin: "hashtag"}
		if err := add(ctx, tx, p, v, zone); err != nil {
			return err
		}
	}
	return nil
}

// health keeps how the platform answered, for people to see.
func (w *reading) health(ctx context.Context, tx *store.Tx, asked error) error {
	state := "ok"
	if asked != nil {
		state = string(social.KindOf(asked))
		w.Log.WarnContext(ctx, "platform did not answer", slog.Int64("shop_id", w.shopID), slog.String("platform", w.account.Platform), slog.Any("err", asked))
	}
	return tx.SetSocialHealth(ctx, w.account.ID, state)
}
