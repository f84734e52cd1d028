package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/domain/content"
)

// PostSnapshot is what a post had at an instant, as it is stored: never changed.
type PostSnapshot struct {
	ID, PostID int64
	content.Snapshot
	ReceivedAt time.Time
}

// AddSnapshot stores s, sets its ID and returns true; false when the same
// snapshot is there already.
func (tx *Tx) AddSnapshot(ctx context.Context, s *PostSnapshot) (bool, error) {
	s.At, s.ReceivedAt = s.At.UTC().Truncate(time.Microsecond), tx.Now
	all, err := json.Marshal(s.Snapshot)
	if err != nil {
		return false, fmt.Errorf("encode snapshot: %w", err)
	}
	digest := sha256.Sum256(all)
	err = tx.pgx.QueryRow(ctx, `INSERT INTO post_snapshots (shop_id, post_id, at, source, status, verified, likes, comments, shares, saves, views, followers,
		  evidence, digest, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (shop_id, post_id, digest) DO NOTHING RETURNING id`,
		tx.ShopID, s.PostID, s.At, s.Source, s.Status, s.Verified, s.Likes, s.Comments, s.Shares, s.Saves, s.Views, s.Followers, s.Evidence,
		digest[:], s.ReceivedAt).Scan(&s.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add snapshot of post %d: %w", s.PostID, err)
	}
	return true, nil
}

const snapshotColumns = "id, post_id, at, source, status, verified, likes, comments, shares, saves, views, followers, evidence, received_at"

func (tx *Tx) snapshots(ctx context.Context, where string, args ...any) ([]PostSnapshot, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+snapshotColumns+" FROM post_snapshots WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load snapshots: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s PostSnapshot, err error) {
		err = r.Scan(&s.ID, &s.PostID, &s.At, &s.Source, &s.Status, &s.Verified, &s.Likes, &s.Comments, &s.Shares, &s.Saves, &s.Views, &s.Followers,
			&s.Evidence, &s.ReceivedAt)
		s.At, s.ReceivedAt = s.At.UTC(), s.ReceivedAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("load snapshots: %w", err)
	}
	return out, nil
}

// SnapshotsOf returns all snapshots of posts, by post.
func (tx *Tx) SnapshotsOf(ctx context.Context, postIDs []int64) (map[int64][]content.Snapshot, error) {
	all, err := tx.snapshots(ctx, "post_id = ANY($2)", postIDs)
	out := make(map[int64][]content.Snapshot, len(postIDs))
	for _, s := range all {
		out[s.PostID] = append(out[s.PostID], s.Snapshot)
	}
	return out, err
}

// Snapshots lists the snapshots of a post, the last received first.
func (tx *Tx) Snapshots(ctx context.Context, postID int64, p Page) ([]PostSnapshot, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // snapshots() says shop_id = $1
	w.and("post_id = ?", postID)
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	tail := " ORDER BY id DESC " + w.limit(p.limit())
	out, err := tx.snapshots(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	out, next := cut(out, p, func(s *PostSnapshot) Cursor { return Cursor{Minor: s.ID} })
	return out, next, nil
}

// ShopsWithPostsDue lists the shops in which a connector has something to read.
// It works in a transaction of shop 0.
func (tx *Tx) ShopsWithPostsDue(ctx context.Context) ([]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id FROM door_posts_due($1)", tx.Now)
	if err != nil {
		return nil, fmt.Errorf("list shops with posts due: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list shops with posts due: %w", err)
	}
	return ids, nil
}

// TakeDuePosts takes up to limit posts of a platform that are due to be read,
// and puts them off to the given instant, so that nobody else reads them
// meanwhile and a reader that dies leaves them to the next.
func (tx *Tx) TakeDuePosts(ctx context.Context, platform string, limit int, until time.Time) ([]Post, error) {
	rows, err := tx.pgx.Query(ctx, `UPDATE posts SET next_at = $4 WHERE shop_id = $1 AND id IN (
		  SELECT id FROM posts WHERE shop_id = $1 AND platform = $2 AND next_at <= $5 ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING `+postColumns, tx.ShopID, platform, limit, until, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("take posts to read: %w", err)
	}
	ps, err := pgx.CollectRows(rows, scanPost)
	if err != nil {
		return nil, fmt.Errorf("take posts to read: %w", err)
	}
	return ps, nil
}
