package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The states of an application.
const (
	ApplicationSubmitted = "submitted"
	ApplicationApproved  = "approved"
	ApplicationRejected  = "rejected"
)

// Application is somebody's wish to take part in a campaign.
type Application struct {
	ID, CampaignID                 int64
	Name, Email, Channels, Message string
	Answers                        []Answered // to the campaign's questions
	State, Reason                  string
	InfluencerID                   int64 // 0: none yet
	CreatedAt                      time.Time
	DecidedAt                      time.Time // zero: not decided
}

// Answered is what somebody answered to a campaign's question, as it was then.
type Answered struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// AddApplication stores a and sets its ID. IsUnique "applications_open": this
// address has applied and waits for an answer.
func (tx *Tx) AddApplication(ctx context.Context, a *Application) error {
	a.State, a.CreatedAt = ApplicationSubmitted, tx.Now
	answers, err := json.Marshal(append([]Answered{}, a.Answers...))
	if err != nil {
		return fmt.Errorf("add application: %w", err)
	}
	err = tx.pgx.QueryRow(ctx, `INSERT INTO applications (shop_id, campaign_id, name, email, channels, message, answers, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT DO NOTHING RETURNING id`, tx.ShopID, a.CampaignID, a.Name, a.Email, a.Channels, a.Message, answers, a.State, a.CreatedAt).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("add application: %w", notFound(err))
	}
	return nil
}

func (tx *Tx) applications(ctx context.Context, where string, args ...any) ([]Application, error) {
	rows, err := tx.pgx.Query(ctx, `SELECT id, campaign_id, name, email, channels, message, answers, state, reason, coalesce(influencer_id, 0), created_at, decided_at
		FROM applications WHERE shop_id = $1 AND `+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load applications: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a Application, err error) {
		var decided pgtype.Timestamptz
		err = r.Scan(&a.ID, &a.CampaignID, &a.Name, &a.Email, &a.Channels, &a.Message, &a.Answers, &a.State, &a.Reason, &a.InfluencerID, &a.CreatedAt, &decided)
		a.DecidedAt = fromTimestamptz(decided)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("load applications: %w", err)
	}
	return out, nil
}

// Application returns one application, locked or not; ErrNotFound when there is
// none.
func (tx *Tx) Application(ctx context.Context, id int64, lock bool) (*Application, error) {
	tail := ""
	if lock {
		tail = " FOR UPDATE"
	}
	as, err := tx.applications(ctx, "id = $2"+tail, id)
	if err != nil {
		return nil, err
	}
	if len(as) == 0 {
		return nil, fmt.Errorf("load application %d: %w", id, ErrNotFound)
	}
	return &as[0], nil
}

// Applications lists applications, newest first; an empty state lists all.
func (tx *Tx) Applications(ctx context.Context, state string, p Page) ([]Application, *Cursor, error) {
	as, err := tx.applications(ctx, "($2 = '' OR state = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4", state, p.After.Minor, p.limit())
	if err != nil {
		return nil, nil, err
	}
	as, next := cut(as, p, func(a *Application) Cursor { return Cursor{Minor: a.ID} })
	return as, next, nil
}

// SetApplication writes how an application was decided.
func (tx *Tx) SetApplication(ctx context.Context, a *Application) error {
	var influencer *int64
	if a.InfluencerID != 0 {
		influencer = &a.InfluencerID
	}
	return tx.exec(ctx, "decide application", "UPDATE applications SET state = $3, reason = $4, influencer_id = $5, decided_at = $6 WHERE shop_id = $1 AND id = $2",
		tx.ShopID, a.ID, a.State, a.Reason, influencer, toTimestamptz(a.DecidedAt))
}

// OpenCampaign is a campaign that people may apply to.
type OpenCampaign struct {
	ShopID            int64
	Shop              string
	CampaignID        int64
	Name, Goal, Pitch string
	Questions         []string
	OpenID            string
	EndsAt            *time.Time
}

// OpenCampaigns lists the campaigns of all shops that people may apply to, or
// with an id the one. It works in a transaction of shop 0.
func (tx *Tx) OpenCampaigns(ctx context.Context, openID string) ([]OpenCampaign, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id, shop, campaign_id, name, goal, pitch, questions, open_id, ends_at FROM door_open_campaigns($1)", openID)
	if err != nil {
		return nil, fmt.Errorf("list open campaigns: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenCampaign])
	if err != nil {
		return nil, fmt.Errorf("list open campaigns: %w", err)
	}
	return out, nil
}

// SetCampaignOpen opens a campaign to applications under an id, or closes it
// with none.
func (tx *Tx) SetCampaignOpen(ctx context.Context, id int64, openID *string, pitch string, questions []string) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE campaigns SET open_id = $3, pitch = $4, questions = $5 WHERE shop_id = $1 AND id = $2", tx.ShopID, id, openID, pitch, append([]string{}, questions...))
	if err != nil {
		return fmt.Errorf("open campaign %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("open campaign %d: %w", id, ErrNotFound)
	}
	return nil
}

// CampaignOpen returns what applicants see of a campaign, and its OpenID, which
// is "" when nobody may apply.
func (tx *Tx) CampaignOpen(ctx context.Context, id int64) (c OpenCampaign, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT id, name, goal, coalesce(open_id, ''), pitch, questions FROM campaigns WHERE shop_id = $1 AND id = $2", tx.ShopID, id).
		Scan(&c.CampaignID, &c.Name, &c.Goal, &c.OpenID, &c.Pitch, &c.Questions)
	if err != nil {
		return c, fmt.Errorf("load campaign %d: %w", id, notFound(err))
	}
	return c, nil
}

// Invite notes that an influencer is invited now, unless that was less than a day
// ago; false then. ErrNotFound when there is no such influencer.
func (tx *Tx) Invite(ctx context.Context, influencerID int64) (bool, error) {
	if err := tx.LockInfluencer(ctx, influencerID); err != nil {
		return false, err
	}
	tag, err := tx.pgx.Exec(ctx, "UPDATE influencers SET invited_at = $3 WHERE shop_id = $1 AND id = $2 AND (invited_at IS NULL OR invited_at < $4)",
		tx.ShopID, influencerID, tx.Now, tx.Now.Add(-24*time.Hour))
	if err != nil {
		return false, fmt.Errorf("invite influencer %d: %w", influencerID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// InvitedSince counts whom the shop has invited since an instant.
func (tx *Tx) InvitedSince(ctx context.Context, from time.Time) (n int, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM influencers WHERE shop_id = $1 AND invited_at >= $2", tx.ShopID, from).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count invitations: %w", err)
	}
	return n, nil
}
