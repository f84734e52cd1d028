package web

import (
	"context"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/program"
	"tributary/internal/store"
)

// Code says that a discount code belongs to an agreement, and when.
type Code struct {
	ID          string     `json:"id" example:"cod_4"`
	Code        string     `json:"code" doc:"In the form in which codes are compared: upper case" example:"ANNA10"`
	AgreementID string     `json:"agreement_id" example:"agr_7"`
	ValidFrom   time.Time  `json:"valid_from"`
	ValidTo     *time.Time `json:"valid_to,omitempty" doc:"Absent: until ended"`
	CreatedAt   time.Time  `json:"created_at"`
	DiscountID  string     `json:"discount_id,omitempty" doc:"What we made in the store for it; absent: the store's own code" example:"dsc_4"`
	InStore     string     `json:"in_store,omitempty" enum:"waiting,live,failed,removing,deleted"`
	Note        string     `json:"note,omitempty" doc:"Why the store does not have it"`
}

func asCode(c *store.Code) Code {
	return Code{ID: formatID("cod", c.ID), Code: c.Code, AgreementID: formatID("agr", c.AgreementID),
		ValidFrom: c.ValidFrom.UTC(), ValidTo: utc(c.ValidTo), CreatedAt: c.CreatedAt.UTC(),
		DiscountID: formatOptionalID("dsc", c.DiscountID), InStore: c.StoreState, Note: c.StoreNote}
}

type createCodeIn struct {
	Body struct {
		Code        string     `json:"code" example:"ANNA10"`
		AgreementID string     `json:"agreement_id" example:"agr_7"`
		ValidFrom   *time.Time `json:"valid_from,omitempty" doc:"Absent: now"`
		ValidTo     *time.Time `json:"valid_to,omitempty" doc:"Absent: until ended"`
	}
}

func (s *Server) createCode(ctx context.Context, tx *store.Tx, in *createCodeIn) (Code, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Code{}, err
	}
	n := program.NewCode{AgreementID: agreement, Code: in.Body.Code, ValidTo: in.Body.ValidTo}
	if in.Body.ValidFrom != nil {
		n.ValidFrom = *in.Body.ValidFrom
	}
	c, err := program.AddCode(ctx, tx, n)
	if err != nil {
		return Code{}, err
	}
	return asCode(c), nil
}

type endCodeIn struct {
	IDIn
	Body struct {
		At *time.Time `json:"at,omitempty" doc:"Absent: now; not past"`
	}
}

func (s *Server) endCode(ctx context.Context, tx *store.Tx, in *endCodeIn) (Code, error) {
	id, err := parseID("cod", in.ID)
	if err != nil {
		return Code{}, err
	}
	var at time.Time
	if in.Body.At != nil {
		at = *in.Body.At
	}
	c, err := program.EndCode(ctx, tx, id, at)
	if err != nil {
		return Code{}, err
	}
	return asCode(c), nil
}

func (s *Server) getCode(ctx context.Context, tx *store.Tx, in *IDIn) (Code, error) {
	id, err := parseID("cod", in.ID)
	if err != nil {
		return Code{}, err
	}
	c, err := tx.Code(ctx, id)
	if err != nil {
		return Code{}, err
	}
	return asCode(c), nil
}

type listCodesIn struct {
	PageIn
	Code       string    `query:"code" maxLength:"255" doc:"The code, in any case"`
	Agreement  string    `query:"agreement"`
	Influencer string    `query:"influencer"`
	LiveAt     time.Time `query:"live_at" doc:"RFC 3339; the code is somebody's at this instant"`
}

func (s *Server) listCodes(ctx context.Context, tx *store.Tx, in *listCodesIn) (List[Code], error) {
	var none List[Code]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.CodeFilter{LiveAt: in.LiveAt}
	if in.Code != "" {
		f.Code = order.Fold(in.Code)
	}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	cs, next, err := tx.Codes(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(cs, next, asCode), nil
}
