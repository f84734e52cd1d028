package web

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// Click is a link followed, or a landing page visited. Nothing in it says who
// came: visitor and ip_hash are keyed hashes that serve to find what belongs
// together.
type Click struct {
	ID          string    `json:"id" format:"uuid"`
	Kind        string    `json:"kind" enum:"click,visit"`
	At          time.Time `json:"at"`
	AgreementID string    `json:"agreement_id" example:"agr_7"`
	LinkID      string    `json:"link_id,omitempty" example:"lnk_5"`
	PageID      string    `json:"page_id,omitempty" example:"pag_2"`
	Variant     string    `json:"variant,omitempty" doc:"Of the page"`
	Visitor     string    `json:"visitor,omitempty" doc:"Absent without consent"`
	IPHash      string    `json:"ip_hash,omitempty"`
	Agent       string    `json:"agent,omitempty" doc:"What kind of program came: mobile, tablet, desktop, other, bot, preview"`
	Referrer    string    `json:"referrer,omitempty" doc:"Host that led here" example:"www.instagram.com"`
	Judged      bool      `json:"judged" doc:"false: it was recorded a moment ago"`
	Valid       bool      `json:"valid"`
	Invalid     string    `json:"invalid,omitempty" doc:"Why it does not count: bot, preview, prefetch, data_centre, gpc, no_consent, duplicate, visitor_cap, withdrawn, …"`
	Withdrawn   string    `json:"withdrawn,omitempty" doc:"Why a person took it out"`
}

func asClick(c *store.Click) Click {
	out := Click{ID: uuid.UUID(c.ID).String(), Kind: c.Kind.String(), At: c.At, AgreementID: formatOptionalID("agr", c.AgreementID),
		LinkID: formatOptionalID("lnk", c.LinkID), PageID: formatOptionalID("pag", c.PageID), Variant: c.Variant, Visitor: c.Visitor, IPHash: c.IPHash,
		Agent: c.Agent, Referrer: c.Referrer, Judged: c.Judged, Valid: c.Judged && c.Invalid == "", Invalid: c.Invalid, Withdrawn: c.Withdrawn}
	return out
}

type listClicksIn struct {
	PageIn
	Kind      string    `query:"kind" enum:"click,visit"`
	Agreement string    `query:"agreement"`
	Link      string    `query:"link"`
	Page      string    `query:"page"`
	Visitor   string    `query:"visitor" maxLength:"64"`
	IPHash    string    `query:"ip_hash" maxLength:"64"`
	Valid     string    `query:"valid" enum:"true,false"`
	From      time.Time `query:"from" doc:"RFC 3339"`
	To        time.Time `query:"to" doc:"RFC 3339; not included"`
}

func (s *Server) listClicks(ctx context.Context, tx *store.Tx, in *listClicksIn) (List[Click], error) {
	var none List[Click]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.ClickFilter{Visitor: in.Visitor, IPHash: in.IPHash, From: in.From, To: in.To,
		Kind: map[string]store.ClickKind{"click": store.ClickLink, "visit": store.ClickVisit}[in.Kind]}
	if in.Valid != "" {
		f.Valid = new(in.Valid == "true")
	}
	if err := parseIDs(
		idInto{"agr", in.Agreement, &f.AgreementID}, idInto{"lnk", in.Link, &f.LinkID}, idInto{"pag", in.Page, &f.PageID}); err != nil {
		return none, err
	}
	cs, next, err := tx.ListClicks(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(cs, next, asClick), nil
}

// idInto is an id that may be absent, and where to put it.
type idInto struct {
	prefix, text string
	to           *int64
}

func parseIDs(list ...idInto) (err error) {
	for _, i := range list {
		if *i.to, err = parseOptionalID(i.prefix, i.text); err != nil {
			return err
		}
	}
	return nil
}

// ClickDay counts a day of the shop.
type ClickDay struct {
	Day         string `json:"day" doc:"In the shop's time zone" example:"2026-11-01"`
	Clicks      int64  `json:"clicks" doc:"All that came"`
	ValidClicks int64  `json:"valid_clicks"`
	Visits      int64  `json:"visits"`
	ValidVisits int64  `json:"valid_visits"`
}

type clickDaysIn struct {
	Agreement  string    `query:"agreement"`
	Influencer string    `query:"influencer"`
	Link       string    `query:"link"`
	Page       string    `query:"page"`
	From       time.Time `query:"from" doc:"RFC 3339; the day begins at or after it"`
	To         time.Time `query:"to" doc:"RFC 3339; not included"`
}

func (s *Server) clickDays(ctx context.Context, tx *store.Tx, in *clickDaysIn) (List[ClickDay], error) {
	f := store.ClickDayFilter{From: in.From, To: in.To}
	if err := parseIDs(idInto{"agr", in.Agreement, &f.AgreementID}, idInto{"inf", in.Influencer, &f.InfluencerID},
		idInto{"lnk", in.Link, &f.LinkID}, idInto{"pag", in.Page, &f.PageID}); err != nil {
		return List[ClickDay]{}, err
	}
	days, err := tx.ClickStats(ctx, f)
	if err != nil {
		return List[ClickDay]{}, err
	}
	return listOf(days, nil, func(d *store.DayCount) ClickDay { return ClickDay(*d) }), nil
}

type invalidateIn struct {
	Body struct {
		IDs     []string   `json:"ids,omitempty" maxItems:"1000" doc:"Ids of clicks"`
		Visitor string     `json:"visitor,omitempty" maxLength:"64"`
		IPHash  string     `json:"ip_hash,omitempty" maxLength:"64"`
		LinkID  string     `json:"link_id,omitempty" example:"lnk_5"`
		From    *time.Time `json:"from,omitempty"`
		To      *time.Time `json:"to,omitempty" doc:"Not included"`
		Reason  string     `json:"reason" doc:"Why; people read it" example:"bought traffic"`
	}
}

// Invalidated says how many clicks were taken out.
type Invalidated struct {
	Clicks int64 `json:"clicks" doc:"Those that could have counted until now"`
}

func (s *Server) invalidateClicks(ctx context.Context, tx *store.Tx, in *invalidateIn) (Invalidated, error) {
	b := &in.Body
	n := tracking.Invalidation{IDs: b.IDs, Visitor: b.Visitor, IPHash: b.IPHash, Reason: b.Reason}
	if b.From != nil {
		n.From = *b.From
	}
	if b.To != nil {
		n.To = *b.To
	}
	var err error
	if n.LinkID, err = parseOptionalID("lnk", b.LinkID); err != nil {
		return Invalidated{}, err
	}
	count, err := tracking.Invalidate(ctx, tx, n)
	return Invalidated{Clicks: count}, err
}

// settleClicks wakes a worker; a sweep would find the clicks later anyway.
func (s *Server) settleClicks(ctx context.Context, _ *invalidateIn, _ Invalidated) error {
	if s.Wake != nil {
		s.Wake(callerFrom(ctx).ShopID)
	}
	return nil
}

type qrIn struct {
	IDIn
	Format string `query:"format" enum:"png,svg" default:"png"`
	Size   int    `query:"size" minimum:"100" maximum:"2000" default:"512" doc:"Width in pixels, at most"`
}

func (s *Server) linkQR(ctx context.Context, tx *store.Tx, in *qrIn) (sent, error) {
	id, err := parseID("lnk", in.ID)
	if err != nil {
		return sent{}, err
	}
	l, err := tx.Link(ctx, id)
	if err != nil {
		return sent{}, err
	}
	code, err := newQR(s.linkURL(l))
	if err != nil {
		return sent{}, errs.New(errs.Invalid, "link_too_long", "The link's address does not fit into a QR code of "+strconv.Itoa(in.Size)+" pixels.")
	}
	if in.Format == "svg" {
		return sent{contentType: "image/svg+xml", body: code.svg()}, nil
	}
	body, err := code.png(in.Size)
	return sent{contentType: "image/png", body: body}, err
}
