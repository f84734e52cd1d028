package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// payoutTable is the part of the route table about payouts.
func (s *Server) payoutTable() []route {
	return []route{
		{get, "/payouts", read, "List payout batches", reads(s.listPayouts)},
		{post, "/payouts/close", write, "Close a month that has ended", acts(s.closeMonth)},
		{get, "/payouts/{id}", read, "Get a payout batch", reads(s.getPayout)},
		{post, "/payouts/{id}/approve", write, "Approve a draft batch", writes(s.approvePayout)},
		{post, "/payouts/{id}/pay", write, "Hand an approved batch to its rail", writes(s.payPayout)},
	}
}

// payoutJSON is one batch of payouts: a month of the shop.
type payoutJSON struct {
	ID         string     `json:"id" example:"bat_3"`
	Period     string     `json:"period" example:"2026-10" doc:"Month in the shop's time zone"`
	State      string     `json:"state" enum:"draft,approved,paying,paid,failed"`
	CutAt      time.Time  `json:"cut_at" doc:"The month's end; later movements belong to the next batch"`
	Rail       string     `json:"rail"`
	ApprovedBy string     `json:"approved_by,omitempty"`
	ApprovedAt *time.Time `json:"approved_at,omitempty"`
}

func payoutOf(b *store.PayoutBatch) payoutJSON {
	j := payoutJSON{ID: "bat_" + strconv.FormatInt(b.ID, 10), Period: b.Period, State: string(b.State), CutAt: b.CutAt, Rail: b.Rail, ApprovedBy: b.ApprovedBy}
	if !b.ApprovedAt.IsZero() {
		j.ApprovedAt = &b.ApprovedAt
	}
	return j
}

type payoutPath struct {
	ID string `path:"id" example:"bat_3"`
}

func (p payoutPath) number() (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(p.ID, "bat_"), 10, 64)
	if err != nil || !strings.HasPrefix(p.ID, "bat_") {
		return 0, errs.New(errs.NotFound, "not_found", "There is no such payout batch in this shop.")
	}
	return n, nil
}

type payoutList struct {
	Items []payoutJSON `json:"items"`
}

func (s *Server) listPayouts(ctx context.Context, tx *store.Tx, _ *struct{}) (payoutList, error) {
	list, _, err := tx.PayoutBatches(ctx, "", store.Page{Limit: 200})
	out := payoutList{Items: make([]payoutJSON, len(list))}
	for i := range list {
		out.Items[i] = payoutOf(&list[i])
	}
	return out, err
}

func (s *Server) getPayout(ctx context.Context, tx *store.Tx, in *payoutPath) (payoutJSON, error) {
	id, err := in.number()
	if err != nil {
		return payoutJSON{}, err
	}
	b, err := tx.PayoutBatch(ctx, id)
	if err != nil {
		return payoutJSON{}, err
	}
	return payoutOf(b), nil
}

type closeInput struct {
	Body struct {
		Period string `json:"period" example:"2026-10" doc:"The month to close, in the shop's time zone"`
	}
}

func (s *Server) closeMonth(ctx context.Context, shopID int64, in *closeInput) (payoutJSON, error) {
	month, err := period.ParseMonth(in.Body.Period)
	if err != nil {
		return payoutJSON{}, errs.New(errs.Invalid, "invalid_period", "This is not a month.", errs.Field{Path: "period", Msg: "must look like 2026-10"})
	}
	c, err := s.Payouts.Close(ctx, shopID, month, "api", nil)
	if err != nil {
		return payoutJSON{}, err
	}
	return payoutOf(c.Batch), nil
}

type approveInput struct {
	payoutPath
	Body struct {
		By string `json:"by" minLength:"1" maxLength:"200" doc:"Who approves"`
	}
}

func (s *Server) approvePayout(ctx context.Context, tx *store.Tx, in *approveInput) (payoutJSON, error) {
	id, err := in.number()
	if err != nil {
		return payoutJSON{}, err
	}
	b, err := payout.Approve(ctx, tx, id, in.Body.By)
	if err != nil {
		return payoutJSON{}, err
	}
	return payoutOf(b), nil
}

func (s *Server) payPayout(ctx context.Context, tx *store.Tx, in *payoutPath) (payoutJSON, error) {
	id, err := in.number()
	if err != nil {
		return payoutJSON{}, err
	}
	b, err := payout.StartPaying(ctx, tx, id)
	if err != nil {
		return payoutJSON{}, err
	}
	return payoutOf(b), nil
}
