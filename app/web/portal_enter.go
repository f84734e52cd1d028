package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"tributary/internal/identity"
	"tributary/internal/store"
)

// portalTable is the whole portal under /portal/v1.
func (s *Server) portalTable() []portalRoute {
	t := []portalRoute{
		{post, "/sign-in", true, "Ask for a link and a code by e-mail", s.askIn},
		{post, "/sign-in/link", true, "Sign in with the token of the link, in the browser that asked", s.enterByLink},
		{post, "/sign-in/code", true, "Sign in with the six digits, in the browser that asked", s.enterByCode},
		{post, "/sign-out", false, "Sign out in this browser", s.signOut},
		{get, "/me", false, "Tell who you are, and where", speaks(s.me)},
		{get, "/devices", false, "List where you are signed in", speaks(s.devices)},
		{post, "/devices/{id}/sign-out", false, "Sign out elsewhere", speaks(s.signOutDevice)},
	}
	return slices.Concat(t, s.portalMoney(), s.portalDeals(), s.portalProposals(), s.portalPagesAPI(), s.portalTax(), s.portalAssets(), s.portalDisputes(), s.portalSettings())
}

// Asked says that a mail is on its way, if we know the address.
type Asked struct {
	Message   string    `json:"message"`
	ExpiresAt time.Time `json:"expires_at" doc:"Until then the link and the code work"`
}

type askIn struct {
	Body struct {
		Email string `json:"email" maxLength:"254" example:"anna@example.com"`
	}
}

// cookied is an answer that sets a cookie.
type cookied[B any] struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      B
}

const askFor = 15 * time.Minute

// askIn answers the same, after the same work, whether anybody has the address
// or not.
func (s *Server) askIn(_ *Server, op huma.Operation) {
	huma.Register(s.portal, op, func(ctx context.Context, in *askIn) (*cookied[Asked], error) {
		browser, err := s.People.Ask(ctx, in.Body.Email)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		if s.WakeOutbox != nil {
			s.WakeOutbox(0)
		}
		until := s.DB.Now().Add(askFor)
		return &cookied[Asked]{SetCookie: []http.Cookie{*s.cookie(askCookie, browser, until)}, Body: Asked{ExpiresAt: until,
			Message: "If a shop works with this address, a mail with a link and a code is on its way. Both work once, for 15 minutes, in this browser."}}, nil
	})
}

// SignedIn says that a session has begun.
type SignedIn struct {
	ExpiresAt time.Time `json:"expires_at" doc:"However much it is used; unused, it ends after 14 days"`
}

type linkIn struct {
	Ask   string `cookie:"tributary-ask" hidden:"true"`
	Host  string `cookie:"__Host-tributary-ask" hidden:"true"`
	Agent string `header:"User-Agent" hidden:"true"`
	Body  struct {
		Token string `json:"token" maxLength:"100" doc:"What stands behind # in the link"`
	}
}

type codeIn struct {
	Ask   string `cookie:"tributary-ask" hidden:"true"`
	Host  string `cookie:"__Host-tributary-ask" hidden:"true"`
	Agent string `header:"User-Agent" hidden:"true"`
	Body  struct {
		Code string `json:"code" maxLength:"20" example:"123456"`
	}
}

// asked is the secret of the browser that asked, by the name it has here.
func (s *Server) asked(plain, host string) string {
	if s.secure() {
		return host
	}
	return plain
}

func (s *Server) entered(e identity.Entered) *cookied[SignedIn] {
	return &cookied[SignedIn]{SetCookie: []http.Cookie{*s.cookie(sessionCookie, e.Token, e.Expires), *s.cookie(askCookie, "", time.Time{})}, Body: SignedIn{ExpiresAt: e.Expires}}
}

func (s *Server) enterByLink(_ *Server, op huma.Operation) {
	huma.Register(s.portal, op, func(ctx context.Context, in *linkIn) (*cookied[SignedIn], error) {
		e, err := s.People.EnterByLink(ctx, in.Body.Token, s.asked(in.Ask, in.Host), in.Agent)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return s.entered(e), nil
	})
}

func (s *Server) enterByCode(_ *Server, op huma.Operation) {
	huma.Register(s.portal, op, func(ctx context.Context, in *codeIn) (*cookied[SignedIn], error) {
		e, err := s.People.EnterByCode(ctx, in.Body.Code, s.asked(in.Ask, in.Host), in.Agent)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return s.entered(e), nil
	})
}

// SignedOut says that a session has ended.
type SignedOut struct {
	SignedOut bool `json:"signed_out"`
}

func (s *Server) signOut(_ *Server, op huma.Operation) {
	huma.Register(s.portal, op, func(ctx context.Context, _ *none) (*cookied[SignedOut], error) {
		v := guestFrom(ctx).visitor
		if err := s.People.SignOut(ctx, v, v.Session.ID); err != nil {
			return nil, problemOf(ctx, err)
		}
		return &cookied[SignedOut]{SetCookie: []http.Cookie{*s.cookie(sessionCookie, "", time.Time{})}, Body: SignedOut{true}}, nil
	})
}

// Me is who is signed in.
type Me struct {
	Email     string   `json:"email"`
	CSRFToken string   `json:"csrf_token" doc:"What changes something carries it in X-CSRF-Token"`
	Shops     []MyShop `json:"shops" doc:"Where you are an influencer"`
}

// MyShop is a shop with what the visitor is there.
type MyShop struct {
	ID           string `json:"id" example:"shp_1"`
	Name         string `json:"name"`
	Domain       string `json:"domain"`
	Currency     string `json:"currency"`
	TimeZone     string `json:"time_zone" doc:"Days, holds and months are the shop's"`
	InfluencerID string `json:"influencer_id" example:"inf_12"`
	Influencer   string `json:"influencer" doc:"Your name there"`
	Handle       string `json:"handle"`
	Banned       bool   `json:"banned" doc:"New sales earn nothing; what you are owed stays to be seen"`
}

func (s *Server) me(_ context.Context, v *identity.Visitor, _ *none) (Me, error) {
	out := Me{Email: v.Person.Email, CSRFToken: v.CSRF(), Shops: []MyShop{}}
	for _, m := range v.Members {
		name := m.Shop
		if name == "" {
			name = m.Domain
		}
		out.Shops = append(out.Shops, MyShop{ID: formatID("shp", m.ShopID), Name: name, Domain: m.Domain, Currency: m.Currency, TimeZone: m.TimeZone,
			InfluencerID: formatID("inf", m.InfluencerID), Influencer: m.Name, Handle: m.Handle, Banned: m.Banned})
	}
	return out, nil
}

// PortalDevice is a browser that is signed in.
type PortalDevice struct {
	ID        string    `json:"id" example:"ses_3"`
	Device    string    `json:"device" example:"Safari on iPhone"`
	Current   bool      `json:"current" doc:"The one that asks"`
	SignedIn  time.Time `json:"signed_in_at"`
	SeenAt    time.Time `json:"seen_at" doc:"To some minutes"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Server) devices(ctx context.Context, v *identity.Visitor, _ *none) (List[PortalDevice], error) {
	list, err := s.People.Devices(ctx, v)
	if err != nil {
		return List[PortalDevice]{}, err
	}
	return listOf(list, nil, func(d *store.Session) PortalDevice {
		return PortalDevice{ID: formatID("ses", d.ID), Device: d.Device, Current: d.ID == v.Session.ID, SignedIn: d.CreatedAt.UTC(), SeenAt: d.SeenAt.UTC(), ExpiresAt: d.ExpiresAt.UTC()}
	}), nil
}

func (s *Server) signOutDevice(ctx context.Context, v *identity.Visitor, in *IDIn) (SignedOut, error) {
	id, err := parseID("ses", in.ID)
	if err != nil {
		return SignedOut{}, err
	}
	return SignedOut{true}, s.People.SignOut(ctx, v, id)
}

// portalPages shows the portal to people: one page for all its addresses, that
// asks the API, and the pages that need no session.
func (s *Server) portalPages() {
	if s.People == nil {
		return
	}
	show := s.built("portal.html", func(c echo.Context, page []byte) error { return withPolicy(c, page, "'self'", "'none'") })
	for _, p := range []string{"/portal", "/portal/", "/portal/*"} {
		s.echo.GET(p, show, s.limitAddress)
	}
	s.echo.GET(portalPath+"/*", func(echo.Context) error { return echo.ErrNotFound }, s.limitAddress)
	s.echo.GET("/apply/of/:shop", s.applyShopPage, s.limitAddress)
	s.echo.GET("/apply/:id", s.applyPage, s.limitAddress)
	s.echo.POST("/apply/:id", s.applyPage, s.limitAddress)
	if s.Teller != nil {
		s.echo.GET("/portal/unsubscribe/:token", s.unsubscribe(false), s.limitAddress)
		s.echo.POST("/portal/unsubscribe/:token", s.unsubscribe(true), s.limitAddress)
	}
}
