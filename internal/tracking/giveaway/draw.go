package giveaway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/beacon"
	"tributary/internal/domain/draw"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Beacon is public randomness.
type Beacon interface {
	Chain(ctx context.Context) (*beacon.Chain, error)
	Round(ctx context.Context, number int64) (*beacon.Round, error)
}

// Drawer announces and draws; what it asks of the beacon it asks outside of
// transactions.
type Drawer struct {
	DB     *store.DB
	Beacon Beacon
}

// Announcement names the number that will decide, before anybody can know it.
type Announcement struct {
	Kind       string // draw.Drand, draw.Commit
	Round      int64  // drand; 0: the first one an hour after the giveaway closes
	Commitment string // hex sha256 of a seed that is kept secret until the draw
}

// settleTime is left between the close of a giveaway and the round that draws
// it, so that what was bought last is settled and the list can be frozen.
const settleTime = time.Hour

// Announce names the beacon of a giveaway whose list is not frozen. Until then
// another one may be named.
func (d *Drawer) Announce(ctx context.Context, shopID, id int64, n Announcement) (*store.Giveaway, error) {
	var w errs.Wrong
	w.When(n.Kind != draw.Drand && n.Kind != draw.Commit, "kind", "must be drand or commit")
	w.When(n.Kind != draw.Drand && n.Round != 0 || n.Round < 0, "round", "must be the number of a drand round")
	n.Commitment = strings.ToLower(strings.TrimSpace(n.Commitment))
	sum, err := hex.DecodeString(n.Commitment)
	w.When(n.Kind == draw.Commit && (err != nil || len(sum) != sha256.Size), "commitment", "must be the sha256 of your seed in hexadecimal")
	w.When(n.Kind == draw.Drand && n.Commitment != "", "commitment", "belongs to kind commit only")
	if err := w.Err("invalid_beacon", "The beacon cannot be like this."); err != nil {
		return nil, err
	}
	var chain *beacon.Chain
	if n.Kind == draw.Drand {
		if chain, err = d.Beacon.Chain(ctx); err != nil {
			return nil, silent(err)
		}
	}
	var g *store.Giveaway
	err = d.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if g, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if g.State != store.GiveawayPlanned {
			return notPlanned(g)
		}
		now := tx.Now
		g.Beacon, g.AnnouncedAt, g.Commitment, g.DrandChain, g.DrandRound, g.RoundAt = n.Kind, &now, n.Commitment, "", 0, nil
		if chain != nil {
			from := g.ClosesAt
			if now.After(from) {
				from = now
			}
			if n.Round == 0 {
				n.Round = chain.After(from.Add(settleTime))
			}
			at := chain.At(n.Round)
			if !at.After(from) {
				return errs.New(errs.Invalid, "invalid_beacon", "The beacon cannot be like this.",
					errs.Field{Path: "round", Msg: fmt.Sprintf("is made at %s; it must be made after the giveaway has closed, and not yet", at.Format(time.RFC3339))})
			}
			g.DrandChain, g.DrandRound, g.RoundAt = chain.Hash, n.Round, &at
		}
		return tx.SetGiveaway(ctx, g)
	})
	return g, err
}

// Freeze fixes the list of a giveaway that has closed and publishes its hash.
// Freezing again changes nothing.
func Freeze(ctx context.Context, tx *store.Tx, id int64) (*store.Giveaway, error) {
	g, err := lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	switch {
	case g.State == store.GiveawayFrozen || g.State == store.GiveawayDrawn:
		return g, nil
	case g.State != store.GiveawayPlanned:
		return nil, notPlanned(g)
	case tx.Now.Before(g.ClosesAt):
		return nil, errs.New(errs.Conflict, "giveaway_still_open", "The list can be frozen when the giveaway has closed, at "+g.ClosesAt.Format(time.RFC3339)+".")
	case g.AnnouncedAt == nil:
		return nil, errs.New(errs.Conflict, "beacon_missing", "Announce the beacon first: the number that draws must be named before the list is fixed.")
	case g.RoundAt != nil && !g.RoundAt.After(tx.Now):
		return nil, errs.New(errs.Conflict, "round_is_out", "The round that was announced has been made already. Announce a later one, then freeze the list before it is made.")
	case !g.AnnouncedAt.Before(tx.Now):
		return nil, errs.New(errs.Conflict, "beacon_missing", "The beacon was announced this very moment. Freeze the list a moment later.")
	}
	if waits, err := tx.DeliveriesWait(ctx); err != nil {
		return nil, err
	} else if waits {
		return nil, errs.New(errs.Conflict, "deliveries_wait", "Orders that came in wait to be settled, and may be entries. Try again in a moment.")
	}
	entries, err := earning.StandingEntries(ctx, tx, g)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errs.New(errs.Conflict, "giveaway_empty", "Nobody has entered: there is nothing to draw. Cancel the giveaway.")
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = draw.FormatID(e.ID)
	}
	if err := tx.FreezeEntries(ctx, g.ID, entries); err != nil {
		return nil, err
	}
	now := tx.Now
	g.State, g.FrozenAt, g.EntryCount, g.ListHash = store.GiveawayFrozen, &now, int64(len(ids)), draw.ListHash(ids)
	if err := tx.SetGiveaway(ctx, g); err != nil {
		return nil, err
	}
	return g, tx.MarkDue(ctx, tx.Now, g.AgreementIDs...)
}

// Draw draws the winners of a frozen giveaway: with the announced drand round,
// or with the seed (hex) whose hash was announced. Drawing again changes
// nothing.
func (d *Drawer) Draw(ctx context.Context, shopID, id int64, seed string) (*store.Giveaway, error) {
	var g *store.Giveaway
	var now time.Time
	err := d.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		now = tx.Now
		g, err = tx.Giveaway(ctx, id)
		return missing(err, "giveaway")
	})
	if err != nil || g.State == store.GiveawayDrawn {
		return g, err
	}
	if g.State != store.GiveawayFrozen {
		return nil, errs.New(errs.Conflict, "giveaway_not_frozen", "Freeze the list first: who may win must be fixed before the number that draws is known.")
	}
	value, signature, err := d.value(ctx, g, strings.ToLower(strings.TrimSpace(seed)), now)
	if err != nil {
		return nil, err
	}
	err = d.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		if g, err = lock(ctx, tx, id); err != nil || g.State == store.GiveawayDrawn {
			return err
		}
		g.Randomness, g.Signature = value, signature
		return drawn(ctx, tx, g)
	})
	return g, err
}

// value is the beacon's value, hex, and the signature that proves it.
func (d *Drawer) value(ctx context.Context, g *store.Giveaway, seed string, now time.Time) (value, signature string, err error) {
	if g.Beacon == draw.Commit {
		b, err := hex.DecodeString(seed)
		sum := sha256.Sum256(b)
		if err != nil || len(b) == 0 || hex.EncodeToString(sum[:]) != g.Commitment {
			return "", "", errs.New(errs.Invalid, "invalid_seed", "This is not the seed that was announced.",
				errs.Field{Path: "seed", Msg: "must be the hexadecimal seed whose sha256 is " + g.Commitment})
		}
		return seed, "", nil
	}
	if g.RoundAt.After(now) {
		return "", "", errs.New(errs.Conflict, "round_not_out", "The round that draws is made at "+g.RoundAt.UTC().Format(time.RFC3339)+".")
	}
	r, err := d.Beacon.Round(ctx, g.DrandRound)
	if errors.Is(err, beacon.ErrNotYet) {
		return "", "", errs.New(errs.Conflict, "round_not_out", "drand has not made the round yet. Try again in a moment.")
	}
	if err != nil {
		return "", "", silent(err)
	}
	return r.Randomness, r.Signature, nil
}

// drawn writes who won, and has them told. An entry whose purchase was given
// back between the freeze and the round cannot win; once the number is out,
// nothing changes who does.
func drawn(ctx context.Context, tx *store.Tx, g *store.Giveaway) error {
	value, err := hex.DecodeString(g.Randomness)
	if err != nil {
		return fmt.Errorf("giveaway %d: beacon: %w", g.ID, err)
	}
	entries, err := tx.FrozenEntries(ctx, g.ID)
	if err != nil {
		return err
	}
	var before time.Time
	if g.RoundAt != nil {
		before = *g.RoundAt
	}
	standing, err := earning.StandingPersons(ctx, tx, g, before)
	if err != nil {
		return err
	}
	void := map[int64]string{}
	byName := map[string]*store.FrozenEntry{}
	ids := make([]string, len(entries))
	for i := range entries {
		e := &entries[i]
		ids[i] = draw.FormatID(e.ID)
		byName[ids[i]] = e
		if !standing[e.Person] {
			void[e.ID] = "the purchase was given back"
		}
	}
	names := draw.Winners(value, ids, func(id string) bool { return void[byName[id].ID] != "" }, g.Winners)
	winners := make([]int64, len(names))
	for i, name := range names {
		winners[i] = byName[name].ID
		if _, err := tx.AddOutbox(ctx, MailWinner, winnerPayload{V: 1, GiveawayID: g.ID, EntryID: winners[i], Place: i + 1}); err != nil {
			return err
		}
	}
	if err := tx.DrawEntries(ctx, g.ID, void, winners); err != nil {
		return err
	}
	now := tx.Now
	g.State, g.DrawnAt = store.GiveawayDrawn, &now
	if err := tx.SetGiveaway(ctx, g); err != nil {
		return err
	}
	return tx.MarkDue(ctx, tx.Now, g.AgreementIDs...)
}

// Proof is all that is published about a giveaway's draw; an error of kind
// NotFound until its list is frozen.
func Proof(ctx context.Context, tx *store.Tx, g *store.Giveaway) (*draw.Proof, error) {
	if g.FrozenAt == nil {
		return nil, errs.New(errs.NotFound, "proof_not_there", "The list of this giveaway is not frozen yet: there is nothing to check.")
	}
	entries, err := tx.FrozenEntries(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	p := &draw.Proof{Version: 1, Giveaway: fmt.Sprintf("gaw_%d", g.ID), Title: g.Title, Prize: g.Prize, Winners: g.Winners, FrozenAt: g.FrozenAt.UTC(), Count: int(g.EntryCount),
		ListHash: g.ListHash, Entries: make([]string, len(entries)), Void: []draw.VoidEntry{}, Drawn: []draw.WinnerEntry{},
		Beacon: draw.Beacon{Kind: g.Beacon, AnnouncedAt: g.AnnouncedAt.UTC(), Chain: g.DrandChain, Round: g.DrandRound, RoundAt: inUTC(g.RoundAt), Commitment: g.Commitment,
			Value: g.Randomness, Signature: g.Signature},
		DrawnAt: inUTC(g.DrawnAt)}
	for i, e := range entries {
		id := draw.FormatID(e.ID)
		p.Entries[i] = id
		if e.Void != "" {
			p.Void = append(p.Void, draw.VoidEntry{ID: id, Reason: e.Void})
		}
		if e.Place > 0 {
			p.Drawn = append(p.Drawn, draw.WinnerEntry{Place: e.Place, ID: id})
		}
	}
	slices.SortFunc(p.Drawn, func(a, b draw.WinnerEntry) int { return a.Place - b.Place })
	return p, nil
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func notPlanned(g *store.Giveaway) error {
	return errs.New(errs.Conflict, "giveaway_"+g.State, "This giveaway is "+g.State+" already.")
}

func silent(err error) error {
	return fmt.Errorf("%w: %w", errs.New(errs.Unavailable, "beacon_unavailable", "The public randomness does not answer. Try again in a moment."), err)
}
