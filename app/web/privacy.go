package web

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tributary/internal/errs"
	"tributary/internal/intake"
	"tributary/internal/platform"
	"tributary/internal/store"
)

func (s *Server) privacyTable() []route {
	return []route{
		{get, "/privacy-requests", read, "List what was asked about personal data", reads(s.listPrivacyRequests)},
		{post, "/privacy-requests", write, "Ask for a person's data, or for forgetting them", writes(s.createPrivacyRequest)},
		{get, "/privacy-requests/{id}", read, "Get a privacy request", reads(s.getPrivacyRequest)},
		{get, "/privacy-requests/{id}/report", read, "Get the answer to a data request", reads(s.getPrivacyReport)},
	}
}

// PrivacyRequest is what somebody asked about personal data.
type PrivacyRequest struct {
	ID          string     `json:"id" example:"prv_1"`
	Topic       string     `json:"topic" enum:"customers/data_request,customers/redact,shop/redact"`
	RequestedAt time.Time  `json:"requested_at"`
	DueAt       time.Time  `json:"due_at" doc:"The law's deadline; it is done long before"`
	DoneAt      *time.Time `json:"done_at,omitempty"`
	Note        string     `json:"note,omitempty"`
	HasReport   bool       `json:"has_report" doc:"The answer to a data request is there to be fetched"`
}

func asPrivacyRequest(r *store.PrivacyRequest) PrivacyRequest {
	out := PrivacyRequest{ID: formatID("prv", r.ID), Topic: r.Topic, RequestedAt: r.RequestedAt, DueAt: r.DueAt, Note: r.Note, HasReport: r.Report != nil}
	if !r.DoneAt.IsZero() {
		out.DoneAt = &r.DoneAt
	}
	return out
}

func (s *Server) listPrivacyRequests(ctx context.Context, tx *store.Tx, in *PageIn) (List[PrivacyRequest], error) {
	p, err := in.page()
	if err != nil {
		return List[PrivacyRequest]{}, err
	}
	rs, next, err := tx.ListPrivacyRequests(ctx, p)
	if err != nil {
		return List[PrivacyRequest]{}, err
	}
	return listOf(rs, next, asPrivacyRequest), nil
}

// NewPrivacyRequest says about whom it is: all that is known of them.
type NewPrivacyRequest struct {
	Topic      string   `json:"topic" enum:"customers/data_request,customers/redact"`
	Email      string   `json:"email,omitempty" maxLength:"254"`
	Phone      string   `json:"phone,omitempty" maxLength:"50"`
	CustomerID string   `json:"customer_id,omitempty" maxLength:"20" doc:"The store's"`
	OrderIDs   []string `json:"order_ids,omitempty" maxItems:"1000" doc:"The store's, where an order has another mailbox"`
}

type createPrivacyRequestIn struct {
	Body NewPrivacyRequest
}

func (s *Server) createPrivacyRequest(ctx context.Context, tx *store.Tx, in *createPrivacyRequestIn) (PrivacyRequest, error) {
	b := &in.Body
	p := platform.PrivacyRequest{Topic: b.Topic, Email: b.Email, Phone: b.Phone}
	var fields []errs.Field
	number := func(path, text string) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			fields = append(fields, errs.Field{Path: path, Msg: "must be the store's number"})
		}
		return n
	}
	if b.CustomerID != "" {
		p.CustomerID = number("customer_id", b.CustomerID)
	}
	for i, id := range b.OrderIDs {
		p.Orders = append(p.Orders, number("order_ids["+strconv.Itoa(i)+"]", id))
	}
	if b.Email == "" && b.CustomerID == "" && len(b.OrderIDs) == 0 {
		fields = append(fields, errs.Field{Path: "email", Msg: "is missing: say about whom it is, by email, customer_id or order_ids"})
	}
	if len(fields) > 0 {
		return PrivacyRequest{}, errs.New(errs.Invalid, "invalid_privacy_request", "It does not say about whom it is.", fields...)
	}
	id := uuid.New()
	if err := intake.AskPrivacy(ctx, tx, s.Keys, id, &p, tx.Now); err != nil {
		return PrivacyRequest{}, err
	}
	r, err := tx.PrivacyRequestOf(ctx, id)
	if err != nil {
		return PrivacyRequest{}, err
	}
	return asPrivacyRequest(r), nil
}

func (s *Server) privacyRequest(ctx context.Context, tx *store.Tx, in *IDIn) (*store.PrivacyRequest, error) {
	id, err := parseID("prv", in.ID)
	if err != nil {
		return nil, err
	}
	r, err := tx.PrivacyRequest(ctx, id)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "privacy_request_not_found", "There is no such privacy request in this shop.")
	}
	return r, err
}

func (s *Server) getPrivacyRequest(ctx context.Context, tx *store.Tx, in *IDIn) (PrivacyRequest, error) {
	r, err := s.privacyRequest(ctx, tx, in)
	if err != nil {
		return PrivacyRequest{}, err
	}
	return asPrivacyRequest(r), nil
}

func (s *Server) getPrivacyReport(ctx context.Context, tx *store.Tx, in *IDIn) (intake.Export, error) {
	r, err := s.privacyRequest(ctx, tx, in)
	if err != nil {
		return intake.Export{}, err
	}
	x, err := intake.ReportOf(s.Keys, tx.ShopID, r)
	switch {
	case err != nil:
		return intake.Export{}, err
	case x == nil:
		return intake.Export{}, errs.New(errs.NotFound, "no_report", "This request has no answer, not yet or not any more.")
	}
	return *x, nil
}
