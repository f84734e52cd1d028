package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SocialAccount is how the shop is known to a social platform.
type SocialAccount struct {
	ID        int64
	Platform  string
	AccountID string
	Token     []byte // sealed
	CreatedAt time.Time
	RevokedAt *time.Time
	Health    string // "ok", "quota", "unauthorized", "unavailable"
	HealthAt  *time.Time
}

const socialColumns = "id, platform, account_id, token, created_at, revoked_at, health, health_at"

func (tx *Tx) socialAccounts(ctx context.Context, where string, args ...any) ([]SocialAccount, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+socialColumns+" FROM social_accounts WHERE shop_id = $1 AND "+where+" ORDER BY id DESC", append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load social accounts: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a SocialAccount, err error) {
		err = r.Scan(&a.ID, &a.Platform, &a.AccountID, &a.Token, &a.CreatedAt, &a.RevokedAt, &a.Health, &a.HealthAt)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("load social accounts: %w", err)
	}
	return out, nil
}

// SocialAccounts lists the shop's accounts, those revoked too, newest first.
func (tx *Tx) SocialAccounts(ctx context.Context) ([]SocialAccount, error) {
	return tx.socialAccounts(ctx, "true")
}

// LiveSocialAccounts is those in use.
func (tx *Tx) LiveSocialAccounts(ctx context.Context) ([]SocialAccount, error) {
	return tx.socialAccounts(ctx, "revoked_at IS NULL")
}

// SocialAccount returns one account; ErrNotFound when there is none.
func (tx *Tx) SocialAccount(ctx context.Context, id int64) (*SocialAccount, error) {
	as, err := tx.socialAccounts(ctx, "id = $2", id)
	if err != nil {
		return nil, err
	}
	if len(as) == 0 {
		return nil, fmt.Errorf("load social account %d: %w", id, ErrNotFound)
	}
	return &as[0], nil
}

// AddSocialAccount puts a in the place of the platform's account in use and
// makes what that could not read due again.
func (tx *Tx) AddSocialAccount(ctx context.Context, a *SocialAccount) error {
	a.CreatedAt, a.Health = tx.Now, "ok"
	if _, err := tx.pgx.Exec(ctx, "UPDATE social_accounts SET revoked_at = $3, token = '' WHERE shop_id = $1 AND platform = $2 AND revoked_at IS NULL",
		tx.ShopID, a.Platform, tx.Now); err != nil {
		return fmt.Errorf("replace social account: %w", err)
	}
	err := tx.pgx.QueryRow(ctx, "INSERT INTO social_accounts (shop_id, platform, account_id, token, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
		tx.ShopID, a.Platform, a.AccountID, a.Token, a.CreatedAt).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("add social account: %w", err)
	}
	if _, err := tx.pgx.Exec(ctx, "UPDATE posts SET next_at = $3 WHERE shop_id = $1 AND platform = $2 AND next_at > $3", tx.ShopID, a.Platform, tx.Now); err != nil {
		return fmt.Errorf("read posts again: %w", err)
	}
	return nil
}

// RevokeSocialAccount takes an account out of use and forgets its token.
func (tx *Tx) RevokeSocialAccount(ctx context.Context, id int64) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE social_accounts SET revoked_at = coalesce(revoked_at, $3), token = '' WHERE shop_id = $1 AND id = $2", tx.ShopID, id, tx.Now)
	if err != nil {
		return fmt.Errorf("revoke social account %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("revoke social account %d: %w", id, ErrNotFound)
	}
	return nil
}

// SetSocialHealth records how the platform last answered.
func (tx *Tx) SetSocialHealth(ctx context.Context, id int64, health string) error {
	if _, err := tx.pgx.Exec(ctx, "UPDATE social_accounts SET health = $3, health_at = $4 WHERE shop_id = $1 AND id = $2 AND health <> $3",
		tx.ShopID, id, health, tx.Now); err != nil {
		return fmt.Errorf("set health of social account %d: %w", id, err)
	}
	return nil
}

// Hashtag is a tag that a platform is searched for.
type Hashtag struct {
	ID, AgreementID int64
	Platform        string
	Tag             string // folded, without #
	NextAt          time.Time
	EndedAt         *time.Time
	CreatedAt       time.Time
}

const hashtagColumns = "id, agreement_id, platform, tag, next_at, ended_at, created_at"

func scanHashtag(r pgx.CollectableRow) (h Hashtag, err error) {
	err = r.Scan(&h.ID, &h.AgreementID, &h.Platform, &h.Tag, &h.NextAt, &h.EndedAt, &h.CreatedAt)
	return h, err
}

// AddHashtag stores h, sets its ID and returns true; false when the shop
// searches for the tag already.
func (tx *Tx) AddHashtag(ctx context.Context, h *Hashtag) (bool, error) {
	h.CreatedAt, h.NextAt = tx.Now, tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO hashtags AS h (shop_id, agreement_id, platform, tag, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (shop_id, platform, tag) DO UPDATE SET agreement_id = excluded.agreement_id, next_at = excluded.next_at, ended_at = NULL
		WHERE h.ended_at IS NOT NULL RETURNING id`, tx.ShopID, h.AgreementID, h.Platform, h.Tag, tx.Now).Scan(&h.ID)
	if IsNotFound(notFound(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add hashtag: %w", err)
	}
	return true, nil
}

// Hashtags lists the shop's hashtags, newest first.
func (tx *Tx) Hashtags(ctx context.Context) ([]Hashtag, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+hashtagColumns+" FROM hashtags WHERE shop_id = $1 ORDER BY id DESC", tx.ShopID)
	if err != nil {
		return nil, fmt.Errorf("list hashtags: %w", err)
	}
	return pgx.CollectRows(rows, scanHashtag)
}

// EndHashtag stops the search for a tag and returns it.
func (tx *Tx) EndHashtag(ctx context.Context, id int64) (*Hashtag, error) {
	rows, err := tx.pgx.Query(ctx, "UPDATE hashtags SET ended_at = coalesce(ended_at, $3) WHERE shop_id = $1 AND id = $2 RETURNING "+hashtagColumns, tx.ShopID, id, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("end hashtag %d: %w", id, err)
	}
	h, err := pgx.CollectExactlyOneRow(rows, scanHashtag)
	if err != nil {
		return nil, fmt.Errorf("end hashtag %d: %w", id, notFound(err))
	}
	return &h, nil
}

// TakeDueHashtags takes the tags of a platform that are due to be searched for,
// and puts them off to the given instant.
func (tx *Tx) TakeDueHashtags(ctx context.Context, platform string, limit int, until time.Time) ([]Hashtag, error) {
	rows, err := tx.pgx.Query(ctx, `UPDATE hashtags SET next_at = $4 WHERE shop_id = $1 AND id IN (
		  SELECT id FROM hashtags WHERE shop_id = $1 AND platform = $2 AND ended_at IS NULL AND next_at <= $5 ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING `+hashtagColumns, tx.ShopID, platform, limit, until, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("take hashtags: %w", err)
	}
	return pgx.CollectRows(rows, scanHashtag)
}
