package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Post is a post that an agreement may pay for by its engagement.
type Post struct {
	ID, AgreementID int64
	Platform        string
	URL             string // in the one form a post has
	ExternalID      string // the platform's own
	Author          string
	PublishedAt     time.Time
	Caption         string
	Hashtags        []string
	PaidPartnership bool
	Origin          string // "api", "hashtag"

	State      string // PostSubmitted, …
	Reason     string
	DecideBy   time.Time // then OnDeadline happens
	OnDeadline string    // "approve", "reject"
	DecidedAt  *time.Time
	DecidedBy  string

	Disclosure       string // code of the check
	DisclosureDetail string
	DisclosureAt     *time.Time

	Anomaly          string     // what looks wrong; "": nothing
	AnomalyBy        *time.Time // then it is released
	AnomalyDecision  string     // "", PostReleased, PostRefused
	AnomalyReason    string
	AnomalyDecidedAt *time.Time
	AnomalyDecidedBy string

	NextAt    *time.Time // when a connector reads it next
	Note      string     // what the connector last had to say
	CreatedAt time.Time
}

// The states of a post, and the decisions about what looks wrong.
const (
	PostSubmitted = "submitted"
	PostApproved  = "approved"
	PostRejected  = "rejected"

	PostReleased = "released"
	PostRefused  = "rejected"
)

// Held tells whether a person must look at the post's numbers first.
func (p *Post) Held() bool { return p.Anomaly != "" && p.AnomalyDecision == "" }

const postColumns = `id, agreement_id, platform, url, external_id, author, published_at, caption, hashtags, paid_partnership, origin, state, reason, decide_by,
	on_deadline, decided_at, decided_by, disclosure, disclosure_detail, disclosure_at, anomaly, anomaly_by, anomaly_decision, anomaly_reason,
	anomaly_decided_at, anomaly_decided_by, next_at, note, created_at`

func scanPost(r pgx.CollectableRow) (p Post, err error) {
	err = r.Scan(&p.ID, &p.AgreementID, &p.Platform, &p.URL, &p.ExternalID, &p.Author, &p.PublishedAt, &p.Caption, &p.Hashtags, &p.PaidPartnership, &p.Origin,
		&p.State, &p.Reason, &p.DecideBy, &p.OnDeadline, &p.DecidedAt, &p.DecidedBy, &p.Disclosure, &p.DisclosureDetail, &p.DisclosureAt,
		&p.Anomaly, &p.AnomalyBy, &p.AnomalyDecision, &p.AnomalyReason, &p.AnomalyDecidedAt, &p.AnomalyDecidedBy, &p.NextAt, &p.Note, &p.CreatedAt)
	p.PublishedAt, p.DecideBy, p.CreatedAt = p.PublishedAt.UTC(), p.DecideBy.UTC(), p.CreatedAt.UTC()
	return p, err
}

func (tx *Tx) posts(ctx context.Context, where string, args ...any) ([]Post, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+postColumns+" FROM posts WHERE shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load posts: %w", err)
	}
	ps, err := pgx.CollectRows(rows, scanPost)
	if err != nil {
		return nil, fmt.Errorf("load posts: %w", err)
	}
	return ps, nil
}

// AddPost stores p, sets its ID and returns true; false when the shop has a post
// at that address.
func (tx *Tx) AddPost(ctx context.Context, p *Post) (bool, error) {
	p.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO posts (shop_id, agreement_id, platform, url, external_id, author, published_at, caption, hashtags, paid_partnership,
		  origin, state, decide_by, on_deadline, disclosure, disclosure_detail, disclosure_at, next_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT (shop_id, platform, url) DO NOTHING RETURNING id`,
		tx.ShopID, p.AgreementID, p.Platform, p.URL, p.ExternalID, p.Author, p.PublishedAt, p.Caption, p.Hashtags, p.PaidPartnership,
		p.Origin, p.State, p.DecideBy, p.OnDeadline, p.Disclosure, p.DisclosureDetail, p.DisclosureAt, p.NextAt, p.CreatedAt).Scan(&p.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add post: %w", err)
	}
	return true, nil
}

// Post returns one post; ErrNotFound when there is none.
func (tx *Tx) Post(ctx context.Context, id int64) (*Post, error) { return tx.onePost(ctx, id, "") }

// LockPost is Post that keeps others from changing it until the transaction ends.
func (tx *Tx) LockPost(ctx context.Context, id int64) (*Post, error) {
	return tx.onePost(ctx, id, " FOR NO KEY UPDATE")
}

func (tx *Tx) onePost(ctx context.Context, id int64, lock string) (*Post, error) {
	ps, err := tx.posts(ctx, "id = $2"+lock, id)
	if err != nil {
		return nil, err
	}
	if len(ps) == 0 {
		return nil, fmt.Errorf("load post %d: %w", id, ErrNotFound)
	}
	return &ps[0], nil
}

// PostByURL returns the shop's post at an address; nil when there is none.
func (tx *Tx) PostByURL(ctx context.Context, platform, url string) (*Post, error) {
	ps, err := tx.posts(ctx, "platform = $2 AND url = $3", platform, url)
	if err != nil || len(ps) == 0 {
		return nil, err
	}
	return &ps[0], nil
}

// PostsOfAgreements returns the posts of agreements, ascending by publication.
func (tx *Tx) PostsOfAgreements(ctx context.Context, agreementIDs ...int64) ([]Post, error) {
	return tx.posts(ctx, "agreement_id = ANY($2) ORDER BY published_at, id", agreementIDs)
}

// PostsAfter lists the posts of the shop, ascending by id, after the given one.
func (tx *Tx) PostsAfter(ctx context.Context, after int64, limit int) ([]Post, error) {
	return tx.posts(ctx, "id > $2 ORDER BY id LIMIT $3", after, limit)
}

// PostsOfInfluencers returns all posts of influencers, ascending by publication,
// and whose each agreement is.
func (tx *Tx) PostsOfInfluencers(ctx context.Context, influencerIDs []int64) ([]Post, map[int64]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, influencer_id FROM agreements WHERE shop_id = $1 AND influencer_id = ANY($2)", tx.ShopID, influencerIDs)
	if err != nil {
		return nil, nil, fmt.Errorf("load agreements: %w", err)
	}
	whose := map[int64]int64{}
	var agreement, influencer int64
	var ids []int64
	if _, err := pgx.ForEachRow(rows, []any{&agreement, &influencer}, func() error {
		whose[agreement] = influencer
		ids = append(ids, agreement)
		return nil
	}); err != nil {
		return nil, nil, fmt.Errorf("load agreements: %w", err)
	}
	ps, err := tx.PostsOfAgreements(ctx, ids...)
	return ps, whose, err
}

// PostFilter narrows a list; zero fields do not.
type PostFilter struct {
	AgreementID, InfluencerID int64
	State, Platform           string
	Held                      *bool
}

// Posts lists posts, newest first.
func (tx *Tx) Posts(ctx context.Context, f PostFilter, p Page) ([]Post, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // posts() says shop_id = $1
	if f.AgreementID != 0 {
		w.and("agreement_id = ?", f.AgreementID)
	}
	if f.InfluencerID != 0 {
		w.and("agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = $1 AND a.influencer_id = ?)", f.InfluencerID)
	}
	if f.State != "" {
		w.and("state = ?", f.State)
	}
	if f.Platform != "" {
		w.and("platform = ?", f.Platform)
	}
	if f.Held != nil {
		w.and("(anomaly <> '' AND anomaly_decision = '') = ?", *f.Held)
	}
	if p.After.Minor != 0 {
		w.and("id < ?", p.After.Minor)
	}
	tail := " ORDER BY id DESC " + w.limit(p.limit())
	ps, err := tx.posts(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	ps, next := cut(ps, p, func(p *Post) Cursor { return Cursor{Minor: p.ID} })
	return ps, next, nil
}

// SetPost writes every field of p that may change.
func (tx *Tx) SetPost(ctx context.Context, p *Post) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE posts SET external_id = $3, author = $4, caption = $5, hashtags = $6, paid_partnership = $7, state = $8, reason = $9,
		  decided_at = $10, decided_by = $11, disclosure = $12, disclosure_detail = $13, disclosure_at = $14, anomaly = $15, anomaly_by = $16,
		  anomaly_decision = $17, anomaly_reason = $18, anomaly_decided_at = $19, anomaly_decided_by = $20, next_at = $21, note = $22
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, p.ID, p.ExternalID, p.Author, p.Caption, p.Hashtags, p.PaidPartnership, p.State, p.Reason,
		p.DecidedAt, p.DecidedBy, p.Disclosure, p.DisclosureDetail, p.DisclosureAt, p.Anomaly, p.AnomalyBy,
		p.AnomalyDecision, p.AnomalyReason, p.AnomalyDecidedAt, p.AnomalyDecidedBy, p.NextAt, p.Note)
	if err != nil {
		return fmt.Errorf("change post %d: %w", p.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change post %d: %w", p.ID, ErrNotFound)
	}
	return nil
}

// MarkPostsDue marks the agreements of the influencer's posts due: a post's
// numbers are judged beside those of the influencer's earlier ones.
func (tx *Tx) MarkPostsDue(ctx context.Context, at time.Time, agreementID int64) error {
	rows, err := tx.pgx.Query(ctx, `SELECT DISTINCT p.agreement_id FROM posts p JOIN agreements a ON a.shop_id = p.shop_id AND a.id = p.agreement_id
		WHERE p.shop_id = $1 AND a.influencer_id = (SELECT influencer_id FROM agreements WHERE shop_id = $1 AND id = $2) ORDER BY 1`, tx.ShopID, agreementID)
	if err != nil {
		return fmt.Errorf("agreements with posts: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("agreements with posts: %w", err)
	}
	return tx.MarkDue(ctx, at, ids...)
}
