package web

import (
	"context"
	"strconv"
	"time"

	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/rail/payee"
	"tributary/internal/store"
)

// Influencer is a person or company that sends buyers to the shop.
type Influencer struct {
	ID           string     `json:"id" example:"inf_12"`
	Handle       string     `json:"handle" example:"anna"`
	Name         string     `json:"name"`
	Email        string     `json:"email"`
	HasPhone     bool       `json:"has_phone" doc:"A telephone number is known; it is kept as a hash only"`
	CustomerID   string     `json:"customer_id,omitempty" doc:"The influencer as a customer of the store"`
	PayoutMethod string     `json:"payout_method" doc:"Empty: none yet"`
	PayoutDetail string     `json:"payout_detail"`
	PayoutSealed bool       `json:"payout_sealed" doc:"They told it themselves: it stands in the file to pay from, and nowhere else"`
	TaxForm      string     `json:"tax_form" enum:"not_required,missing,valid"`
	Active       bool       `json:"active"`
	ActiveSpans  []Span     `json:"active_spans" doc:"When the influencer was active"`
	BannedAt     *time.Time `json:"banned_at,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	InvitedAt    *time.Time `json:"invited_at,omitempty" doc:"To the portal, the last time"`
	LeavingAt    *time.Time `json:"leaving_at,omitempty" doc:"They have left, and ask to have deleted what the law does not want kept"`
}

// Span is a half-open interval of time.
type Span struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to,omitempty" doc:"Absent: still runs"`
}

func asInfluencer(i *store.Influencer, spans []store.InfluencerSpan) Influencer {
	out := Influencer{
		ID: formatID("inf", i.ID), Handle: i.Handle, Name: i.Name, Email: i.Email, HasPhone: i.PhoneHash != "",
		PayoutMethod: i.PayoutMethod, PayoutDetail: i.PayoutDetail, TaxForm: i.TaxForm,
		BannedAt: utc(i.BannedAt), CreatedAt: i.CreatedAt.UTC(), ActiveSpans: []Span{}, InvitedAt: utc(i.InvitedAt), LeavingAt: utc(i.LeavingAt),
	}
	if payee.IsSealed(i.PayoutDetail) {
		out.PayoutDetail, out.PayoutSealed = "", true
	}
	if i.CustomerID != 0 {
		out.CustomerID = strconv.FormatInt(i.CustomerID, 10)
	}
	for _, s := range spans {
		out.ActiveSpans = append(out.ActiveSpans, Span{From: s.ActiveFrom.UTC(), To: utc(s.ActiveTo)})
		out.Active = out.Active || s.ActiveTo == nil
	}
	return out
}

// withSpans loads what an influencer's answer shows beyond its row.
func withSpans(ctx context.Context, tx *store.Tx, i *store.Influencer) (Influencer, error) {
	spans, err := tx.InfluencerSpans(ctx, i.ID)
	if err != nil {
		return Influencer{}, err
	}
	return asInfluencer(i, spans[i.ID]), nil
}

// InfluencerChange is what may be said about an influencer; what is left out
// stays as it is.
type InfluencerChange struct {
	Handle       *string `json:"handle,omitempty" doc:"a-z, 0-9, _ and -; unique in the shop"`
	Name         *string `json:"name,omitempty"`
	Email        *string `json:"email,omitempty" doc:"One influencer per mailbox"`
	Phone        *string `json:"phone,omitempty" doc:"Kept as a hash, to tell when an influencer buys by their own code"`
	CustomerID   *string `json:"customer_id,omitempty" doc:"The influencer as a customer of the store; empty: not one"`
	PayoutMethod *string `json:"payout_method,omitempty" doc:"csv, or empty for none yet"`
	PayoutDetail *string `json:"payout_detail,omitempty" doc:"What the payout rail needs to find the payee"`
	TaxForm      *string `json:"tax_form,omitempty" doc:"not_required, missing or valid"`
}

func (b InfluencerChange) fields() (program.InfluencerFields, error) {
	f := program.InfluencerFields{Handle: b.Handle, Name: b.Name, Email: b.Email, Phone: b.Phone,
		PayoutMethod: b.PayoutMethod, PayoutDetail: b.PayoutDetail, TaxForm: b.TaxForm}
	if b.CustomerID != nil {
		f.CustomerID = new(int64)
		if *b.CustomerID != "" {
			n, err := strconv.ParseInt(*b.CustomerID, 10, 64)
			if err != nil {
				return f, errs.New(errs.Invalid, "invalid_influencer", "The influencer cannot be like this.",
					errs.Field{Path: "customer_id", Msg: "must be the store's number of the customer"})
			}
			*f.CustomerID = n
		}
	}
	return f, nil
}

type createInfluencerIn struct {
	Body InfluencerChange
}

func (s *Server) createInfluencer(ctx context.Context, tx *store.Tx, in *createInfluencerIn) (Influencer, error) {
	f, err := in.Body.fields()
	if err != nil {
		return Influencer{}, err
	}
	i, err := program.AddInfluencer(ctx, tx, s.Keys, f)
	if err != nil {
		return Influencer{}, err
	}
	return withSpans(ctx, tx, i)
}

type changeInfluencerIn struct {
	IDIn
	Body InfluencerChange
}

func (s *Server) changeInfluencer(ctx context.Context, tx *store.Tx, in *changeInfluencerIn) (Influencer, error) {
	id, err := parseID("inf", in.ID)
	if err != nil {
		return Influencer{}, err
	}
	f, err := in.Body.fields()
	if err != nil {
		return Influencer{}, err
	}
	i, err := program.ChangeInfluencer(ctx, tx, s.Keys, id, f)
	if err != nil {
		return Influencer{}, err
	}
	return withSpans(ctx, tx, i)
}

// turn mounts one of program's changes that need nothing but the influencer.
func (s *Server) turn(f func(context.Context, *store.Tx, int64) (*store.Influencer, error)) func(context.Context, *store.Tx, *IDIn) (Influencer, error) {
	return func(ctx context.Context, tx *store.Tx, in *IDIn) (Influencer, error) {
		id, err := parseID("inf", in.ID)
		if err != nil {
			return Influencer{}, err
		}
		i, err := f(ctx, tx, id)
		if err != nil {
			return Influencer{}, err
		}
		return withSpans(ctx, tx, i)
	}
}

func (s *Server) getInfluencer(ctx context.Context, tx *store.Tx, in *IDIn) (Influencer, error) {
	id, err := parseID("inf", in.ID)
	if err != nil {
		return Influencer{}, err
	}
	i, err := tx.Influencer(ctx, id)
	if err != nil {
		return Influencer{}, err
	}
	return withSpans(ctx, tx, i)
}

// InfluencerExport is all that is kept about an influencer, table by table;
// amounts are minor units.
type InfluencerExport struct {
	ID   string         `json:"id"`
	Data map[string]any `json:"data"`
}

func (s *Server) exportInfluencer(ctx context.Context, tx *store.Tx, in *IDIn) (InfluencerExport, error) {
	id, err := parseID("inf", in.ID)
	if err != nil {
		return InfluencerExport{}, err
	}
	if _, err := tx.Influencer(ctx, id); err != nil {
		return InfluencerExport{}, err
	}
	data, err := tx.InfluencerData(ctx, id)
	if err != nil {
		return InfluencerExport{}, err
	}
	out := InfluencerExport{ID: in.ID, Data: map[string]any{}}
	for k, v := range data {
		out.Data[k] = v
	}
	return out, nil
}

type listInfluencersIn struct {
	PageIn
	Search string `query:"search" maxLength:"100" doc:"Part of the name, handle or e-mail"`
	Active string `query:"active" enum:"true,false"`
	Banned string `query:"banned" enum:"true,false"`
}

func (s *Server) listInfluencers(ctx context.Context, tx *store.Tx, in *listInfluencersIn) (List[Influencer], error) {
	p, err := in.page()
	if err != nil {
		return List[Influencer]{}, err
	}
	is, next, err := tx.Influencers(ctx, store.InfluencerFilter{Search: in.Search, Active: triState(in.Active), Banned: triState(in.Banned)}, p)
	if err != nil {
		return List[Influencer]{}, err
	}
	ids := make([]int64, len(is))
	for k := range is {
		ids[k] = is[k].ID
	}
	spans, err := tx.InfluencerSpans(ctx, ids...)
	if err != nil {
		return List[Influencer]{}, err
	}
	return listOf(is, next, func(i *store.Influencer) Influencer { return asInfluencer(i, spans[i.ID]) }), nil
}

// PeopleImport is what a file of influencers changed.
type PeopleImport struct {
	Added     int             `json:"added"`
	Changed   int             `json:"changed"`
	Unchanged int             `json:"unchanged"`
	Problems  []PersonProblem `json:"problems" doc:"Rows that were not taken in"`
}

// PersonProblem is a row that was not taken in.
type PersonProblem struct {
	Line    int    `json:"line" doc:"Of the file, the heading being 1"`
	Message string `json:"message"`
}

type importPeopleIn struct {
	RawBody []byte `contentType:"text/csv" doc:"Columns name, handle and email; phone, customer_id, payout_method, payout_detail and tax_form where known. Up to 5,000 rows"`
}

func (s *Server) importPeople(ctx context.Context, shopID int64, in *importPeopleIn) (PeopleImport, error) {
	done, err := program.ImportPeople(ctx, s.DB, s.Keys, shopID, in.RawBody)
	if err != nil {
		return PeopleImport{}, err
	}
	out := PeopleImport{Added: done.Added, Changed: done.Changed, Unchanged: done.Unchanged, Problems: []PersonProblem{}}
	for _, p := range done.Problems {
		msg := p.Err.Msg
		for _, f := range p.Err.Fields {
			msg += " " + f.Path + " " + f.Msg + "."
		}
		out.Problems = append(out.Problems, PersonProblem{p.Line, msg})
	}
	return out, nil
}
