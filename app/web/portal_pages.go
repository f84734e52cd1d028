package web

import (
	"context"

	"tributary/internal/landing"
	"tributary/internal/store"
)

// portalPagesAPI is the part of the portal about landing pages.
func (s *Server) portalPagesAPI() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/pages", false, "List your landing pages", sees(s.myPages)},
		{get, "/shops/{shop}/pages/{id}", false, "Get a landing page with its newest document", sees(s.myPage)},
		{post, "/shops/{shop}/pages/{id}/preview", false, "Make an address at which the newest version can be looked at", does(ownPage, s.previewMyPage)},
		{post, "/shops/{shop}/pages/{id}/versions", false, "Change texts and pictures, as far as the shop allows it", does(ownPageEdit, s.editMyPage)},
	}
}

type myPagesIn struct{ PageIn }

func (s *Server) myPages(ctx context.Context, tx *store.Tx, in *myPagesIn) (List[LandingPage], error) {
	return s.listPages(ctx, tx, &listPagesIn{PageIn: in.PageIn})
}

// MyPage is a landing page with what can be edited.
type MyPage struct {
	LandingPage
	Document JSON `json:"document" doc:"Of the newest version, which need not be the one that is shown"`
}

func (s *Server) myPage(ctx context.Context, tx *store.Tx, in *IDIn) (MyPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return MyPage{}, err
	}
	p, err := tx.LandingPage(ctx, id)
	if err != nil {
		return MyPage{}, err
	}
	return s.wholePage(ctx, tx, p)
}

func (s *Server) wholePage(ctx context.Context, tx *store.Tx, p *store.LandingPage) (out MyPage, err error) {
	if out.LandingPage, err = s.asPageShown(ctx, tx, p); err != nil {
		return out, err
	}
	v, err := tx.LandingVersion(ctx, p.ID, p.Versions)
	if err != nil {
		return out, err
	}
	out.Document = JSON(v.Document)
	return out, nil
}

// ownPage finds the page as the portal's role: only one's own.
func ownPage(ctx context.Context, tx *store.Tx, in *IDIn) error {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return err
	}
	_, err = tx.LandingPage(ctx, id)
	return err
}

func (s *Server) previewMyPage(ctx context.Context, tx *store.Tx, _ *store.Membership, in *IDIn) (PagePreview, error) {
	return s.previewPage(ctx, tx, &previewPageIn{IDIn: *in})
}

type editMyPageIn struct {
	IDIn
	Body struct {
		Document JSON `json:"document" doc:"The newest one, with other texts and pictures"`
	}
}

func ownPageEdit(ctx context.Context, tx *store.Tx, in *editMyPageIn) error {
	return ownPage(ctx, tx, &in.IDIn)
}

// editMyPage shows within a second, in this process as in others, what was
// published.
func (s *Server) editMyPage(ctx context.Context, tx *store.Tx, m *store.Membership, in *editMyPageIn) (MyPage, error) {
	id, err := parseID("pag", in.ID)
	if err != nil {
		return MyPage{}, err
	}
	p, err := landing.Edit(ctx, tx, id, in.Body.Document, formatID("inf", m.InfluencerID))
	if err != nil {
		return MyPage{}, err
	}
	return s.wholePage(ctx, tx, p)
}
