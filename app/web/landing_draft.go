package web

import (
	"context"
	"time"

	"tributary/internal/errs"
	"tributary/internal/landing"
	"tributary/internal/store"
)

// draftPreviewHours is how long the address of a draft's preview holds.
const draftPreviewHours = 12

// PageDraft is what somebody is writing on a page.
type PageDraft struct {
	PageID   string         `json:"page_id"`
	Document JSON           `json:"document"`
	Author   string         `json:"author,omitempty"`
	SavedAt  time.Time      `json:"saved_at"`
	Problems []ProblemField `json:"problems" doc:"What keeps it from being a version; empty when nothing does"`
	Preview  string         `json:"preview,omitempty" doc:"Where it can be looked at; absent while it has problems"`
}

func (s *Server) asDraft(tx *store.Tx, p *store.LandingPage, d *store.LandingDraft, problems []errs.Field) PageDraft {
	out := PageDraft{PageID: formatID("pag", p.ID), Document: JSON(d.Document), Author: d.Author, SavedAt: d.SavedAt, Problems: []ProblemField{}}
	for _, f := range problems {
		out.Problems = append(out.Problems, ProblemField{Field: f.Path, Message: f.Msg})
	}
	if len(problems) == 0 {
		until := tx.Now.Add(draftPreviewHours * time.Hour).Truncate(time.Second)
		out.Preview = s.PublicURL + landing.PathOf(p) + "?preview=" + landing.NewPreviews(s.Keys).Sign(tx.ShopID, p.ID, 0, until)
	}
	return out
}

func pageOf(ctx context.Context, tx *store.Tx, formatted string) (*store.LandingPage, error) {
	id, err := parseID("pag", formatted)
	if err != nil {
		return nil, err
	}
	return tx.LandingPage(ctx, id)
}

func (s *Server) getPageDraft(ctx context.Context, tx *store.Tx, in *IDIn) (PageDraft, error) {
	p, err := pageOf(ctx, tx, in.ID)
	if err != nil {
		return PageDraft{}, err
	}
	d, err := tx.LandingDraft(ctx, p.ID)
	if store.IsNotFound(err) {
		return PageDraft{}, errs.New(errs.NotFound, "no_draft", "Nobody is writing on this page.")
	}
	if err != nil {
		return PageDraft{}, err
	}
	problems, err := landing.Problems(ctx, tx, d.Document)
	if err != nil {
		return PageDraft{}, err
	}
	return s.asDraft(tx, p, d, problems), nil
}

type keepPageDraftIn struct {
	IDIn
	Body struct {
		Document JSON   `json:"document" doc:"See GET /pages/schema; it may have mistakes"`
		Author   string `json:"author,omitempty"`
	}
}

func (s *Server) keepPageDraft(ctx context.Context, tx *store.Tx, in *keepPageDraftIn) (PageDraft, error) {
	p, err := pageOf(ctx, tx, in.ID)
	if err != nil {
		return PageDraft{}, err
	}
	d, problems, err := landing.Draft(ctx, tx, p.ID, in.Body.Document, authorOf(ctx, in.Body.Author))
	if err != nil {
		return PageDraft{}, err
	}
	return s.asDraft(tx, p, d, problems), nil
}

// DraftDropped says that nobody is writing on a page any more.
type DraftDropped struct {
	PageID string `json:"page_id"`
}

func (s *Server) dropPageDraft(ctx context.Context, tx *store.Tx, in *IDIn) (DraftDropped, error) {
	p, err := pageOf(ctx, tx, in.ID)
	if err != nil {
		return DraftDropped{}, err
	}
	return DraftDropped{in.ID}, tx.DropLandingDraft(ctx, p.ID)
}
