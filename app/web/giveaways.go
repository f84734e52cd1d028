package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/domain/draw"
	"tributary/internal/earning"
	"tributary/internal/store"
	"tributary/internal/tracking/giveaway"
)

// giveawayTable is the part of the route table about giveaways.
func (s *Server) giveawayTable() []route {
	return []route{
		{get, "/giveaways", read, "List giveaways", reads(s.listGiveaways)},
		{post, "/giveaways", write, "Plan a giveaway", writesThen(s.addGiveaway, wakes[addGiveawayIn, Giveaway](s))},
		{get, "/giveaways/{id}", read, "Get a giveaway", reads(s.getGiveaway)},
		{patch, "/giveaways/{id}", write, "Change a giveaway that has not opened", writesThen(s.changeGiveaway, wakes[changeGiveawayIn, Giveaway](s))},
		{post, "/giveaways/{id}/cancel", write, "Cancel a giveaway", writesThen(s.cancelGiveaway, wakes[IDIn, Giveaway](s))},
		{post, "/giveaways/{id}/commit", write, "Announce the beacon that will draw", acts(s.commitGiveaway)},
		{post, "/giveaways/{id}/freeze", write, "Fix the list of entries and publish its hash", writesThen(s.freezeGiveaway, wakes[IDIn, Giveaway](s))},
		{post, "/giveaways/{id}/draw", write, "Draw the winners", acts(s.drawGiveaway)},
		{get, "/giveaways/{id}/entries", read, "List the entries that stand, by id", reads(s.listEntries)},
		{get, "/giveaways/{id}/entries.csv", read, "Get the entries that stand as a file", sends(s.exportEntries, textCSV)},
		{get, "/giveaways/{id}/proof", read, "Get all that anyone needs to draw again", reads(s.giveawayProof)},
	}
}

// Giveaway is a draw of prizes among entries.
type Giveaway struct {
	ID           string          `json:"id" example:"gaw_12"`
	CampaignID   string          `json:"campaign_id" example:"cmp_3"`
	AgreementIDs []string        `json:"agreement_ids" doc:"Whose influencers take part, and are paid for entries if their terms say so"`
	Title        string          `json:"title"`
	Prize        string          `json:"prize"`
	Winners      int             `json:"winners"`
	OpensAt      time.Time       `json:"opens_at"`
	ClosesAt     time.Time       `json:"closes_at"`
	Countries    []string        `json:"countries" doc:"ISO 3166-1 alpha-2; empty: all"`
	Ways         []string        `json:"ways" doc:"purchase, signup, free"`
	Terms        string          `json:"terms" doc:"The rules as people read them"`
	State        string          `json:"state" enum:"planned,frozen,drawn,cancelled" doc:"A planned one is open between its times"`
	Page         string          `json:"page" doc:"Where people enter, and later find the proof"`
	Beacon       *GiveawayBeacon `json:"beacon,omitempty" doc:"Absent until it is announced"`
	FrozenAt     *time.Time      `json:"frozen_at,omitempty"`
	EntryCount   int64           `json:"entry_count,omitempty" doc:"Entries in the frozen list"`
	ListHash     string          `json:"list_hash,omitempty" doc:"Hex sha256 of the sorted entry ids joined by |, then | and the count"`
	DrawnAt      *time.Time      `json:"drawn_at,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
}

// GiveawayBeacon is the number that decides a draw.
type GiveawayBeacon struct {
	Kind        string     `json:"kind" enum:"drand,commit"`
	Chain       string     `json:"chain,omitempty"`
	Round       int64      `json:"round,omitempty"`
	RoundAt     *time.Time `json:"round_at,omitempty" doc:"When drand makes the round"`
	Commitment  string     `json:"commitment,omitempty" doc:"Hex sha256 of the seed"`
	AnnouncedAt *time.Time `json:"announced_at,omitempty"`
	Value       string     `json:"value,omitempty" doc:"Hex; absent until the draw"`
}

func (s *Server) asGiveaway(g *store.Giveaway) Giveaway {
	out := Giveaway{ID: formatID("gaw", g.ID), CampaignID: formatID("cmp", g.CampaignID), AgreementIDs: make([]string, len(g.AgreementIDs)), Title: g.Title, Prize: g.Prize,
		Winners: g.Winners, OpensAt: g.OpensAt, ClosesAt: g.ClosesAt, Countries: g.Countries, Ways: g.Ways, Terms: g.Terms, State: g.State,
		Page: s.PublicURL + "/g/" + formatID("gaw", g.ID), FrozenAt: utc(g.FrozenAt), EntryCount: g.EntryCount, ListHash: g.ListHash, DrawnAt: utc(g.DrawnAt), CreatedAt: g.CreatedAt.UTC()}
	for i, id := range g.AgreementIDs {
		out.AgreementIDs[i] = formatID("agr", id)
	}
	if g.Beacon != "" {
		out.Beacon = &GiveawayBeacon{Kind: g.Beacon, Chain: g.DrandChain, Round: g.DrandRound, RoundAt: utc(g.RoundAt), Commitment: g.Commitment, AnnouncedAt: utc(g.AnnouncedAt), Value: g.Randomness}
	}
	return out
}

// asGiveawayOr is asGiveaway of what did not fail.
func (s *Server) asGiveawayOr(g *store.Giveaway, err error) (Giveaway, error) {
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveaway(g), nil
}

// GiveawayChange is what may be said about a giveaway; what is left out stays as
// it is.
type GiveawayChange struct {
	Title        *string    `json:"title,omitempty"`
	Prize        *string    `json:"prize,omitempty"`
	Winners      *int       `json:"winners,omitempty" doc:"1 to 1000"`
	OpensAt      *time.Time `json:"opens_at,omitempty"`
	ClosesAt     *time.Time `json:"closes_at,omitempty"`
	Countries    *[]string  `json:"countries,omitempty" doc:"ISO 3166-1 alpha-2; empty: all"`
	Ways         *[]string  `json:"ways,omitempty" doc:"purchase, signup, free; where people in the US may enter, purchase needs free beside it"`
	Terms        *string    `json:"terms,omitempty" doc:"The rules as people read them"`
	AgreementIDs *[]string  `json:"agreement_ids,omitempty"`
}

func (c GiveawayChange) fields() (giveaway.Fields, error) {
	f := giveaway.Fields{Title: c.Title, Prize: c.Prize, Winners: c.Winners, OpensAt: c.OpensAt, ClosesAt: c.ClosesAt, Countries: c.Countries, Ways: c.Ways, Terms: c.Terms}
	if c.AgreementIDs != nil {
		ids := make([]int64, len(*c.AgreementIDs))
		for i, id := range *c.AgreementIDs {
			var err error
			if ids[i], err = parseID("agr", id); err != nil {
				return f, err
			}
		}
		f.AgreementIDs = &ids
	}
	return f, nil
}

type addGiveawayIn struct {
	Body struct {
		CampaignID string `json:"campaign_id"`
		GiveawayChange
	}
}

func (s *Server) addGiveaway(ctx context.Context, tx *store.Tx, in *addGiveawayIn) (Giveaway, error) {
	campaign, err := parseID("cmp", in.Body.CampaignID)
	if err != nil {
		return Giveaway{}, err
	}
	f, err := in.Body.fields()
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveawayOr(giveaway.Add(ctx, tx, campaign, f))
}

func (s *Server) getGiveaway(ctx context.Context, tx *store.Tx, in *IDIn) (Giveaway, error) {
	return s.asGiveawayOr(giveawayOf(ctx, tx, in.ID))
}

func giveawayOf(ctx context.Context, tx *store.Tx, id string) (*store.Giveaway, error) {
	n, err := parseID("gaw", id)
	if err != nil {
		return nil, err
	}
	return tx.Giveaway(ctx, n)
}

type listGiveawaysIn struct {
	PageIn
	Campaign string `query:"campaign"`
	State    string `query:"state" enum:"planned,frozen,drawn,cancelled"`
}

func (s *Server) listGiveaways(ctx context.Context, tx *store.Tx, in *listGiveawaysIn) (List[Giveaway], error) {
	var none List[Giveaway]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.GiveawayFilter{State: in.State}
	if f.CampaignID, err = parseOptionalID("cmp", in.Campaign); err != nil {
		return none, err
	}
	rows, next, err := tx.Giveaways(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, s.asGiveaway), nil
}

type changeGiveawayIn struct {
	IDIn
	Body GiveawayChange
}

func (s *Server) changeGiveaway(ctx context.Context, tx *store.Tx, in *changeGiveawayIn) (Giveaway, error) {
	id, err := parseID("gaw", in.ID)
	if err != nil {
		return Giveaway{}, err
	}
	f, err := in.Body.fields()
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveawayOr(giveaway.Change(ctx, tx, id, f))
}

func (s *Server) cancelGiveaway(ctx context.Context, tx *store.Tx, in *IDIn) (Giveaway, error) {
	id, err := parseID("gaw", in.ID)
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveawayOr(giveaway.Cancel(ctx, tx, id))
}

type commitGiveawayIn struct {
	IDIn
	Body struct {
		Kind       string `json:"kind" doc:"drand: a round of the public randomness; commit: a seed of yours"`
		Round      int64  `json:"round,omitempty" doc:"drand; absent: the first one an hour after the giveaway closes"`
		Commitment string `json:"commitment,omitempty" doc:"commit: the hex sha256 of the seed, which you keep secret until the draw"`
	}
}

func (s *Server) commitGiveaway(ctx context.Context, shopID int64, in *commitGiveawayIn) (Giveaway, error) {
	id, err := parseID("gaw", in.ID)
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveawayOr(s.Giveaways.Announce(ctx, shopID, id, giveaway.Announcement{Kind: in.Body.Kind, Round: in.Body.Round, Commitment: in.Body.Commitment}))
}

func (s *Server) freezeGiveaway(ctx context.Context, tx *store.Tx, in *IDIn) (Giveaway, error) {
	id, err := parseID("gaw", in.ID)
	if err != nil {
		return Giveaway{}, err
	}
	return s.asGiveawayOr(giveaway.Freeze(ctx, tx, id))
}

type drawGiveawayIn struct {
	IDIn
	Body *DrawSeed
}

// DrawSeed is the seed whose hash was announced; a drand round needs none.
type DrawSeed struct {
	Seed string `json:"seed,omitempty" maxLength:"2048" doc:"commit: the seed in hexadecimal"`
}

func (s *Server) drawGiveaway(ctx context.Context, shopID int64, in *drawGiveawayIn) (draw.Proof, error) {
	id, err := parseID("gaw", in.ID)
	if err != nil {
		return draw.Proof{}, err
	}
	seed := ""
	if in.Body != nil {
		seed = in.Body.Seed
	}
	g, err := s.Giveaways.Draw(ctx, shopID, id, seed)
	if err != nil {
		return draw.Proof{}, err
	}
	if s.Wake != nil {
		s.Wake(shopID)
	}
	var p *draw.Proof
	if err := s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		p, err = giveaway.Proof(ctx, tx, g)
		return err
	}); err != nil {
		return draw.Proof{}, err
	}
	return *p, nil
}

func (s *Server) giveawayProof(ctx context.Context, tx *store.Tx, in *IDIn) (draw.Proof, error) {
	g, err := giveawayOf(ctx, tx, in.ID)
	if err != nil {
		return draw.Proof{}, err
	}
	p, err := giveaway.Proof(ctx, tx, g)
	if err != nil {
		return draw.Proof{}, err
	}
	return *p, nil
}

// GiveawayEntry is a person's entry to a giveaway. Who they are is not shown: it is in
// nobody's interest until they have won, and then they are told by mail.
type GiveawayEntry struct {
	ID          string    `json:"id" example:"3f0a1c77d2b4e690"`
	Way         string    `json:"way" enum:"purchase,signup,free"`
	At          time.Time `json:"at"`
	OrderID     string    `json:"order_id,omitempty" doc:"Of a purchase, the store's number"`
	AgreementID string    `json:"agreement_id,omitempty" doc:"Whose influencer they came by"`
}

func asEntry(e *draw.Entry) GiveawayEntry {
	out := GiveawayEntry{ID: draw.FormatID(e.ID), Way: e.Way, At: e.At, AgreementID: formatOptionalID("agr", e.AgreementID)}
	if e.OrderID != 0 {
		out.OrderID = fmt.Sprint(e.OrderID)
	}
	return out
}

// listEntries pages through the entries by their ids.
func (s *Server) listEntries(ctx context.Context, tx *store.Tx, in *listSnapshotsIn) (List[GiveawayEntry], error) {
	var none List[GiveawayEntry]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	g, err := giveawayOf(ctx, tx, in.ID)
	if err != nil {
		return none, err
	}
	all, err := earning.StandingEntries(ctx, tx, g)
	if err != nil {
		return none, err
	}
	var rows []draw.Entry
	for _, e := range all {
		if p.After.Minor != 0 && e.ID <= p.After.Minor {
			continue
		}
		if len(rows) == p.Limit {
			return listOf(rows, &store.Cursor{Minor: rows[len(rows)-1].ID}, asEntry), nil
		}
		rows = append(rows, e)
	}
	return listOf(rows, nil, asEntry), nil
}

func (s *Server) exportEntries(ctx context.Context, tx *store.Tx, in *IDIn) (sent, error) {
	g, err := giveawayOf(ctx, tx, in.ID)
	if err != nil {
		return sent{}, err
	}
	all, err := earning.StandingEntries(ctx, tx, g)
	if err != nil {
		return sent{}, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"id", "way", "at", "order_id", "agreement_id"}) // a buffer takes everything
	for i := range all {
		e := asEntry(&all[i])
		_ = w.Write([]string{e.ID, e.Way, e.At.Format(time.RFC3339), e.OrderID, e.AgreementID})
	}
	w.Flush()
	return sent{contentType: contentCSV, name: formatID("gaw", g.ID) + "-entries.csv", body: b.Bytes()}, nil
}

func encodeProof(p *draw.Proof) ([]byte, error) { return json.MarshalIndent(p, "", "  ") }
