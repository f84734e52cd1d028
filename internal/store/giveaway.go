package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Giveaway is a draw of prizes among entries.
type Giveaway struct {
	ID, CampaignID int64
	Title, Prize   string
	Winners        int
	OpensAt        time.Time
	ClosesAt       time.Time
	Countries      []string // ISO 3166-1 alpha-2; empty: all
	Ways           []string // draw.Ways
	Terms          string
	State          string // GiveawayPlanned, …

	Beacon      string // "", draw.Drand, draw.Commit
	DrandChain  string
	DrandRound  int64
	RoundAt     *time.Time
	Commitment  string // hex sha256 of the seed
	AnnouncedAt *time.Time

	FrozenAt   *time.Time
	EntryCount int64
	ListHash   string

	Randomness string // hex
	Signature  string // hex
	DrawnAt    *time.Time
	CreatedAt  time.Time

	AgreementIDs []int64 // ascending
}

// The states of a giveaway. A planned one is open between its times.
const (
	GiveawayPlanned   = "planned"
	GiveawayFrozen    = "frozen"
	GiveawayDrawn     = "drawn"
	GiveawayCancelled = "cancelled"
)

const giveawayColumns = `g.id, g.campaign_id, g.title, g.prize, g.winners, g.opens_at, g.closes_at, g.countries, g.ways, g.terms, g.state, g.beacon, g.drand_chain,
	g.drand_round, g.round_at, g.commitment, g.announced_at, g.frozen_at, g.entry_count, g.list_hash, g.randomness, g.signature, g.drawn_at, g.created_at,
	ARRAY(SELECT a.agreement_id FROM giveaway_agreements a WHERE a.shop_id = g.shop_id AND a.giveaway_id = g.id ORDER BY 1)`

func (tx *Tx) giveaways(ctx context.Context, where string, args ...any) ([]Giveaway, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+giveawayColumns+" FROM giveaways g WHERE g.shop_id = $1 AND "+where, append([]any{tx.ShopID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load giveaways: %w", err)
	}
	gs, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (g Giveaway, err error) {
		err = r.Scan(&g.ID, &g.CampaignID, &g.Title, &g.Prize, &g.Winners, &g.OpensAt, &g.ClosesAt, &g.Countries, &g.Ways, &g.Terms, &g.State,
			&g.Beacon, &g.DrandChain, &g.DrandRound, &g.RoundAt, &g.Commitment, &g.AnnouncedAt, &g.FrozenAt, &g.EntryCount, &g.ListHash, &g.Randomness,
			&g.Signature, &g.DrawnAt, &g.CreatedAt, &g.AgreementIDs)
		g.OpensAt, g.ClosesAt = g.OpensAt.UTC(), g.ClosesAt.UTC()
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("load giveaways: %w", err)
	}
	return gs, nil
}

// AddGiveaway stores g, with its agreements, and sets its ID.
func (tx *Tx) AddGiveaway(ctx context.Context, g *Giveaway) error {
	g.CreatedAt, g.State = tx.Now, GiveawayPlanned
	err := tx.pgx.QueryRow(ctx, `INSERT INTO giveaways (shop_id, campaign_id, title, prize, winners, opens_at, closes_at, countries, ways, terms, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		tx.ShopID, g.CampaignID, g.Title, g.Prize, g.Winners, g.OpensAt, g.ClosesAt, g.Countries, g.Ways, g.Terms, g.State, g.CreatedAt).Scan(&g.ID)
	if err != nil {
		return fmt.Errorf("add giveaway: %w", err)
	}
	return tx.setGiveawayAgreements(ctx, g)
}

func (tx *Tx) setGiveawayAgreements(ctx context.Context, g *Giveaway) error {
	if _, err := tx.pgx.Exec(ctx, "DELETE FROM giveaway_agreements WHERE shop_id = $1 AND giveaway_id = $2 AND agreement_id <> ALL($3)",
		tx.ShopID, g.ID, g.AgreementIDs); err != nil {
		return fmt.Errorf("set agreements of giveaway %d: %w", g.ID, err)
	}
	if _, err := tx.pgx.Exec(ctx, `INSERT INTO giveaway_agreements (shop_id, giveaway_id, agreement_id) SELECT $1, $2, a FROM unnest($3::bigint[]) AS a
		ON CONFLICT DO NOTHING`, tx.ShopID, g.ID, g.AgreementIDs); err != nil {
		return fmt.Errorf("set agreements of giveaway %d: %w", g.ID, err)
	}
	return nil
}

// Giveaway returns one giveaway; ErrNotFound when there is none.
func (tx *Tx) Giveaway(ctx context.Context, id int64) (*Giveaway, error) {
	return tx.oneGiveaway(ctx, id, "")
}

// LockGiveaway is Giveaway that keeps others from changing it, and from entering
// it, until the transaction ends.
func (tx *Tx) LockGiveaway(ctx context.Context, id int64) (*Giveaway, error) {
	return tx.oneGiveaway(ctx, id, " FOR UPDATE")
}

// ShareGiveaway is Giveaway that keeps it from being frozen until the transaction
// ends, while others may enter.
func (tx *Tx) ShareGiveaway(ctx context.Context, id int64) (*Giveaway, error) {
	return tx.oneGiveaway(ctx, id, " FOR SHARE")
}

func (tx *Tx) oneGiveaway(ctx context.Context, id int64, lock string) (*Giveaway, error) {
	gs, err := tx.giveaways(ctx, "g.id = $2"+lock, id)
	if err != nil {
		return nil, err
	}
	if len(gs) == 0 {
		return nil, fmt.Errorf("load giveaway %d: %w", id, ErrNotFound)
	}
	return &gs[0], nil
}

// GiveawayFilter narrows a list; zero fields do not.
type GiveawayFilter struct {
	CampaignID int64
	State      string
}

// Giveaways lists giveaways, newest first.
func (tx *Tx) Giveaways(ctx context.Context, f GiveawayFilter, p Page) ([]Giveaway, *Cursor, error) {
	w := &where{conds: []string{"true"}, args: []any{tx.ShopID}} // giveaways() says shop_id = $1
	if f.CampaignID != 0 {
		w.and("g.campaign_id = ?", f.CampaignID)
	}
	if f.State != "" {
		w.and("g.state = ?", f.State)
	}
	if p.After.Minor != 0 {
		w.and("g.id < ?", p.After.Minor)
	}
	tail := " ORDER BY g.id DESC " + w.limit(p.limit())
	gs, err := tx.giveaways(ctx, w.String()+tail, w.args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	gs, next := cut(gs, p, func(g *Giveaway) Cursor { return Cursor{Minor: g.ID} })
	return gs, next, nil
}

// GiveawaysBetween returns the giveaways, cancelled ones left out, whose time to
// enter has an instant in [from, to].
func (tx *Tx) GiveawaysBetween(ctx context.Context, from, to time.Time) ([]Giveaway, error) {
	return tx.giveaways(ctx, "g.closes_at > $2 AND g.opens_at <= $3 AND g.state <> 'cancelled' ORDER BY g.id", from, to)
}

// GiveawaysOfAgreement returns those that an agreement takes part in, cancelled
// ones left out.
func (tx *Tx) GiveawaysOfAgreement(ctx context.Context, agreementID int64) ([]Giveaway, error) {
	return tx.giveaways(ctx, `g.state <> 'cancelled' AND EXISTS (SELECT FROM giveaway_agreements a WHERE a.shop_id = g.shop_id AND a.giveaway_id = g.id
		AND a.agreement_id = $2) ORDER BY g.id`, agreementID)
}

// SetGiveaway writes every field of g that may change, and its agreements.
func (tx *Tx) SetGiveaway(ctx context.Context, g *Giveaway) error {
	tag, err := tx.pgx.Exec(ctx, `UPDATE giveaways SET title = $3, prize = $4, winners = $5, opens_at = $6, closes_at = $7, countries = $8, ways = $9, terms = $10,
		  state = $11, beacon = $12, drand_chain = $13, drand_round = $14, round_at = $15, commitment = $16, announced_at = $17, frozen_at = $18,
		  entry_count = $19, list_hash = $20, randomness = $21, signature = $22, drawn_at = $23
		WHERE shop_id = $1 AND id = $2`, tx.ShopID, g.ID, g.Title, g.Prize, g.Winners, g.OpensAt, g.ClosesAt, g.Countries, g.Ways, g.Terms,
		g.State, g.Beacon, g.DrandChain, g.DrandRound, g.RoundAt, g.Commitment, g.AnnouncedAt, g.FrozenAt,
		g.EntryCount, g.ListHash, g.Randomness, g.Signature, g.DrawnAt)
	if err != nil {
		return fmt.Errorf("change giveaway %d: %w", g.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change giveaway %d: %w", g.ID, ErrNotFound)
	}
	return tx.setGiveawayAgreements(ctx, g)
}

// ShopOfGiveaway tells whose a giveaway is; ErrNotFound when there is none. It
// works in a transaction of shop 0.
func (tx *Tx) ShopOfGiveaway(ctx context.Context, id int64) (shopID int64, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT shop_id FROM door_giveaway($1)", id).Scan(&shopID)
	if err != nil {
		return 0, fmt.Errorf("find giveaway %d: %w", id, notFound(err))
	}
	return shopID, nil
}

// GiveawayOrders walks the orders placed in [from, to) by id.
func (tx *Tx) GiveawayOrders(ctx context.Context, from, to time.Time, afterID int64, limit int) ([]OrderRow, error) {
	return tx.orders(ctx, "created_at >= $2 AND created_at < $3 AND id > $4 ORDER BY id LIMIT $5", from, to, afterID, limit)
}

// AgreementOfVersion tells which agreement each version belongs to.
func (tx *Tx) AgreementOfVersion(ctx context.Context, versions []int64) (map[int64]int64, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT id, agreement_id FROM agreement_versions WHERE shop_id = $1 AND id = ANY($2)", tx.ShopID, versions)
	if err != nil {
		return nil, fmt.Errorf("load agreements of versions: %w", err)
	}
	out := map[int64]int64{}
	var version, agreement int64
	if _, err := pgx.ForEachRow(rows, []any{&version, &agreement}, func() error { out[version] = agreement; return nil }); err != nil {
		return nil, fmt.Errorf("load agreements of versions: %w", err)
	}
	return out, nil
}

// DeliveriesWait tells whether the shop has deliveries that nobody has tried to
// settle yet.
func (tx *Tx) DeliveriesWait(ctx context.Context) (waits bool, err error) {
	if err := tx.pgx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM deliveries WHERE shop_id = $1 AND state = 0)", tx.ShopID).Scan(&waits); err != nil {
		return false, fmt.Errorf("look for waiting deliveries: %w", err)
	}
	return waits, nil
}
