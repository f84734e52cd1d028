package web

import (
	"context"
	"time"

	"tributary/internal/domain/tax"
	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/store"
)

// taxTable is the part of the route table about tax forms.
func (s *Server) taxTable() []route {
	return []route{
		{post, "/influencers/{id}/tax-form/open", write, "Read an influencer's tax form as they filled it in", writes(s.getTaxForm)},
	}
}

// portalTax is the same, of the portal.
func (s *Server) portalTax() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/tax-form", false, "Tell whether a tax form is there, and what was paid this year", sees(s.myTaxForm)},
		{post, "/shops/{shop}/tax-form", false, "Fill in a tax form; it is stored encrypted", does(nil, s.fileMyTaxForm)},
	}
}

// FiledTaxForm is a form with all that stands in it.
type FiledTaxForm struct {
	tax.Form
	SignedAt   time.Time  `json:"signed_at"`
	ValidUntil *time.Time `json:"valid_until,omitempty" doc:"Then it is missing again; absent: until another is filled in"`
}

func (s *Server) getTaxForm(ctx context.Context, tx *store.Tx, in *IDIn) (FiledTaxForm, error) {
	id, err := parseID("inf", in.ID)
	if err != nil {
		return FiledTaxForm{}, err
	}
	row, err := tx.TaxForm(ctx, id)
	if store.IsNotFound(err) {
		return FiledTaxForm{}, errs.New(errs.NotFound, "tax_form_not_found", "This influencer has filled in no form.")
	}
	if err != nil {
		return FiledTaxForm{}, err
	}
	f, err := program.OpenTaxForm(s.Keys, tx.ShopID, row)
	return FiledTaxForm{Form: f, SignedAt: row.SignedAt, ValidUntil: utcOrNil(row.ValidUntil)}, err
}

// MyTaxForm is how one stands with the tax.
type MyTaxForm struct {
	State      string     `json:"state" enum:"not_required,missing,valid" doc:"missing: nothing is paid before it is there"`
	Kind       string     `json:"kind,omitempty" enum:"w9,w8ben,w8bene"`
	Name       string     `json:"name,omitempty"`
	TIN        string     `json:"tin,omitempty" doc:"All but its end hidden" example:"…6789"`
	SignedAt   *time.Time `json:"signed_at,omitempty"`
	ValidUntil *time.Time `json:"valid_until,omitempty"`
	Year       int        `json:"year" doc:"Of the shop's calendar"`
	Paid       Money      `json:"paid" doc:"In this year, in USD"`
	Threshold  Money      `json:"threshold" doc:"From this sum on, payments of this year are reported to the tax office of the United States"`
}

func (s *Server) myTaxForm(ctx context.Context, tx *store.Tx, _ *none) (MyTaxForm, error) {
	return s.taxOf(ctx, tx, guestFrom(ctx).member)
}

func (s *Server) taxOf(ctx context.Context, tx *store.Tx, m *store.Membership) (MyTaxForm, error) {
	i, err := tx.Influencer(ctx, m.InfluencerID)
	if err != nil {
		return MyTaxForm{}, err
	}
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		return MyTaxForm{}, err
	}
	year := tx.Now.In(zone).Year()
	paid, err := tx.PaidBetween(ctx, i.ID, "USD", time.Date(year, 1, 1, 0, 0, 0, 0, zone), time.Date(year+1, 1, 1, 0, 0, 0, 0, zone))
	if err != nil {
		return MyTaxForm{}, err
	}
	out := MyTaxForm{State: i.TaxForm, Year: year, Paid: asMoney(paid, "USD"), Threshold: asMoney(tax.Threshold(year), "USD")}
	row, err := tx.TaxForm(ctx, i.ID)
	if store.IsNotFound(err) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	f, err := program.OpenTaxForm(s.Keys, tx.ShopID, row)
	if err != nil {
		return out, err
	}
	out.Kind, out.Name, out.TIN, out.SignedAt, out.ValidUntil = f.Kind, f.Name, tax.Mask(f.TIN), &row.SignedAt, utcOrNil(row.ValidUntil)
	if out.State == "valid" && !row.ValidUntil.IsZero() && !row.ValidUntil.After(tx.Now) {
		out.State = "missing"
	}
	return out, nil
}

type taxFormIn struct {
	Body struct {
		tax.Form
		Consent bool `json:"consent" doc:"true: under penalties of perjury, what it says is true"`
	}
}

func (s *Server) fileMyTaxForm(ctx context.Context, tx *store.Tx, m *store.Membership, in *taxFormIn) (MyTaxForm, error) {
	if !in.Body.Consent {
		return MyTaxForm{}, errs.New(errs.Invalid, "consent_missing", "The form counts with your word that it is true.", errs.Field{Path: "body.consent", Msg: "must be true"})
	}
	if _, err := program.FileTaxForm(ctx, tx, s.Keys, m.InfluencerID, in.Body.Form); err != nil {
		return MyTaxForm{}, err
	}
	return s.taxOf(ctx, tx, m)
}
