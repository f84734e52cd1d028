package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
)

// linkTable is what there is to call about links, clicks and domains.
func (s *Server) linkTable() []route {
	return []route{
		{get, "/links", read, "List links", reads(s.listLinks)},
		{post, "/links", write, "Add a link", writes(s.createLink)},
		{get, "/links/{id}", read, "Get a link", reads(s.getLink)},
		{get, "/links/{id}/qr", read, "Get a link as a QR code", sends(s.linkQR, media{"image/png", binary}, media{"image/svg+xml", binary})},
		{post, "/links/{id}/disable", write, "Switch a link off", writes(s.disableLink)},

		{get, "/clicks", read, "List clicks and visits", reads(s.listClicks)},
		{get, "/clicks/days", read, "Count clicks and visits by day of the shop", reads(s.clickDays)},
		{post, "/clicks/invalidate", write, "Take clicks out so that they do not count", writesThen(s.invalidateClicks, s.settleClicks)},

		{get, "/domains", read, "List domains", reads(s.listDomains)},
		{post, "/domains", write, "Add a domain, to be verified", writes(s.createDomain)},
		{post, "/domains/{id}/check", write, "Look for the proof of a domain", acts(s.checkDomain)},
		{post, "/domains/{id}/remove", write, "Take a domain away", writes(s.removeDomain)},
		{get, "/settings/consent", read, "Tell whether visitors must agree to be recognised", reads(s.getConsent)},
		{post, "/settings/consent", write, "Say whether visitors must agree to be recognised", writes(s.setConsent)},
	}
}

// Link leads shoppers to the store on behalf of an agreement.
type Link struct {
	ID          string     `json:"id" example:"lnk_5"`
	Slug        string     `json:"slug"`
	AgreementID string     `json:"agreement_id" example:"agr_7"`
	URL         string     `json:"url" doc:"What the influencer shares" example:"https://tributary.example.com/r/anna"`
	Destination string     `json:"destination"`
	CodeID      string     `json:"code_id,omitempty" example:"cod_4" doc:"Applied on the way while it is valid"`
	Products    []Product  `json:"products,omitempty" doc:"Put into the cart on the way"`
	DisabledAt  *time.Time `json:"disabled_at,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
}

// Product is so many of a product or variant of the store.
type Product struct {
	ID       string `json:"id" doc:"The store's id of a variant (Shopify) or product (WooCommerce)" example:"40123"`
	Quantity int    `json:"quantity" example:"1"`
}

func (s *Server) asLink(l *store.Link) Link {
	out := Link{ID: formatID("lnk", l.ID), Slug: l.Slug, URL: s.linkURL(l), AgreementID: formatID("agr", l.AgreementID), Destination: l.Destination,
		CodeID: formatOptionalID("cod", l.CodeID), DisabledAt: utc(l.DisabledAt), CreatedAt: l.CreatedAt.UTC()}
	for item := range strings.SplitSeq(l.Products, ",") {
		if id, n, ok := strings.Cut(item, ":"); ok {
			q, _ := strconv.Atoi(n)
			out.Products = append(out.Products, Product{ID: id, Quantity: q})
		}
	}
	return out
}

func (s *Server) linkURL(l *store.Link) string { return s.PublicURL + "/r/" + l.Public }

type createLinkIn struct {
	Body struct {
		AgreementID string    `json:"agreement_id" example:"agr_7"`
		Destination string    `json:"destination,omitempty" doc:"An address of the store, at its own host or a verified domain; absent: its front page" example:"https://example.myshopify.com/products/1"`
		Slug        string    `json:"slug,omitempty" doc:"A-Z, a-z, 0-9, _ and -; unique in the shop; absent: one is made"`
		CodeID      string    `json:"code_id,omitempty" example:"cod_4" doc:"A code of the same agreement, applied on the way"`
		Products    []Product `json:"products,omitempty" maxItems:"20" doc:"Put into the cart on the way"`
	}
}

func (s *Server) createLink(ctx context.Context, tx *store.Tx, in *createLinkIn) (Link, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Link{}, err
	}
	n := program.NewLink{AgreementID: agreement, Slug: in.Body.Slug, Destination: in.Body.Destination}
	if n.CodeID, err = parseOptionalID("cod", in.Body.CodeID); err != nil {
		return Link{}, err
	}
	for _, p := range in.Body.Products {
		id, err := strconv.ParseInt(p.ID, 10, 64)
		if err != nil {
			id = 0 // refused with the other fields
		}
		n.Products = append(n.Products, program.Product{ID: id, Quantity: p.Quantity})
	}
	l, err := program.AddLink(ctx, tx, n)
	if err != nil {
		return Link{}, err
	}
	return s.asLink(l), nil
}

func (s *Server) disableLink(ctx context.Context, tx *store.Tx, in *IDIn) (Link, error) {
	id, err := parseID("lnk", in.ID)
	if err != nil {
		return Link{}, err
	}
	l, err := program.DisableLink(ctx, tx, id)
	if err != nil {
		return Link{}, err
	}
	return s.asLink(l), nil
}

func (s *Server) getLink(ctx context.Context, tx *store.Tx, in *IDIn) (Link, error) {
	id, err := parseID("lnk", in.ID)
	if err != nil {
		return Link{}, err
	}
	l, err := tx.Link(ctx, id)
	if err != nil {
		return Link{}, err
	}
	return s.asLink(l), nil
}

type listLinksIn struct {
	PageIn
	Agreement  string `query:"agreement"`
	Influencer string `query:"influencer"`
}

func (s *Server) listLinks(ctx context.Context, tx *store.Tx, in *listLinksIn) (List[Link], error) {
	var none List[Link]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	var f store.LinkFilter
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	ls, next, err := tx.Links(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(ls, next, s.asLink), nil
}
