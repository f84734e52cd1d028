package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/domain/period"
	"tributary/internal/errs"
	"tributary/internal/payout"
	"tributary/internal/store"
)

// payoutTable is the part of the route table about payouts.
func (s *Server) payoutTable() []route {
	return []route{
		{get, "/payouts", read, "List payout batches", reads(s.listPayouts)},
		{get, "/payouts/preview", read, "Reckon the next close and change nothing", asks(s.previewPayouts)},
		{post, "/payouts/close", write, "Close a month that has ended", acts(s.closeMonth)},
		{get, "/payouts/{id}", read, "Get a payout batch", reads(s.getPayout)},
		{get, "/payouts/{id}/lines", read, "List the lines of a batch", reads(s.listPayoutLines)},
		{post, "/payouts/{id}/approve", write, "Approve a draft batch as somebody else than who closed it", writes(s.approvePayout)},
		{post, "/payouts/{id}/pay", write, "Hand an approved batch to its rail", writes(s.payPayout)},
		{get, "/payouts/{id}/export.csv", read, "Get the file to pay from", sends(s.exportPayout, textCSV)},
		{post, "/payouts/{id}/settlements", write, "Take in a settlement file", large(writes(s.settlePayout))},
		{get, "/statements", read, "Get a statement as JSON or CSV", sends(s.statement, jsonOf[Statement]("Statement"), textCSV)},
		{post, "/write-offs", write, "Write off a debt that two people agree to forgive", writes(s.writeOff)},
	}
}

// maxFile is the largest file: a settlement of some hundred thousand payouts,
// or some thousand orders to simulate.
const maxFile = 16 << 20

// large lets an operation take a file instead of a document.
func large(mount func(*Server, huma.Operation)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		op.MaxBodyBytes = maxFile
		mount(s, op)
	}
}

// PayoutBatch is one closed month of the shop.
type PayoutBatch struct {
	ID         string        `json:"id" example:"bat_3"`
	Period     string        `json:"period" example:"2026-10" doc:"Month in the shop's time zone"`
	State      string        `json:"state" enum:"draft,approved,paying,paid,failed" doc:"paid: every payout has an outcome, some or all were paid; failed: all of them failed"`
	StartsAt   *time.Time    `json:"starts_at,omitempty" doc:"The cut before; absent when this is the first batch, which took in all before it"`
	CutAt      time.Time     `json:"cut_at" doc:"The month's end; later movements belong to the next batch"`
	Rail       string        `json:"rail" enum:"csv"`
	CreatedAt  time.Time     `json:"created_at"`
	CreatedBy  string        `json:"created_by,omitempty" doc:"Who closed the month: a person's number in the store, or an API key. Absent: the schedule" example:"user 42"`
	ApprovedAt *time.Time    `json:"approved_at,omitempty"`
	ApprovedBy string        `json:"approved_by,omitempty"`
	Totals     []PayoutTotal `json:"totals" doc:"One per currency"`
}

// PayoutTotal sums a batch's lines of one currency.
type PayoutTotal struct {
	Currency string `json:"currency"`
	Lines    int64  `json:"lines" doc:"Influencers with a balance or a movement"`
	Payouts  int64  `json:"payouts" doc:"Lines that pay something"`
	Pay      Money  `json:"pay" doc:"What the batch pays in all"`
	Paid     Money  `json:"paid"`
	Failed   Money  `json:"failed" doc:"Went back to the balances"`
	Waiting  Money  `json:"waiting" doc:"Without an outcome so far"`
	InDoubt  int64  `json:"in_doubt" doc:"Payouts of which the rail does not know"`
	Carried  Money  `json:"carried" doc:"Balances that stay, debts subtracted"`
}

// PayoutLine is the account of one influencer in one currency:
// closing = opening + movement − pay.
type PayoutLine struct {
	ID           string     `json:"id" example:"pln_1024"`
	BatchID      string     `json:"batch_id" example:"bat_3"`
	InfluencerID string     `json:"influencer_id" example:"inf_12"`
	Opening      Money      `json:"opening"`
	Movement     Money      `json:"movement"`
	Pay          Money      `json:"pay"`
	Closing      Money      `json:"closing"`
	State        string     `json:"state" enum:"carried,draft,paying,paid,failed,in_doubt"`
	CarryReason  string     `json:"carry_reason,omitempty" enum:"negative_balance,zero_balance,below_threshold,below_rail_minimum,influencer_banned,tax_form_missing,no_payout_method"`
	PayoutKey    string     `json:"payout_key,omitempty" doc:"Names the payout to the provider: the same payout always has the same"`
	Reference    string     `json:"reference,omitempty" doc:"The provider's"`
	Error        string     `json:"error,omitempty" doc:"The provider's"`
	SettledAt    *time.Time `json:"settled_at,omitempty"`
}

// asPayouts adds the totals to batches.
func asPayouts(ctx context.Context, tx *store.Tx, bs []store.PayoutBatch) (map[int64]PayoutBatch, error) {
	out := make(map[int64]PayoutBatch, len(bs))
	ids := make([]int64, len(bs))
	for i, b := range bs {
		ids[i] = b.ID
		out[b.ID] = PayoutBatch{ID: formatID("bat", b.ID), Period: b.Period, State: b.State, StartsAt: utcOrNil(b.StartsAt), CutAt: b.CutAt, Rail: b.Rail,
			CreatedAt: b.CreatedAt, CreatedBy: b.CreatedBy, ApprovedAt: utcOrNil(b.ApprovedAt), ApprovedBy: b.ApprovedBy, Totals: []PayoutTotal{}}
	}
	sums, err := tx.PayoutTotals(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for len(sums) > 0 {
		n := 1
		for n < len(sums) && sums[n].BatchID == sums[0].BatchID && sums[n].Currency == sums[0].Currency {
			n++
		}
		b := out[sums[0].BatchID]
		b.Totals = append(b.Totals, asTotal(sums[:n]))
		out[sums[0].BatchID] = b
		sums = sums[n:]
	}
	return out, nil
}

// asTotal adds up the states of one currency of one batch.
func asTotal(sums []store.BatchTotal) PayoutTotal {
	c := sums[0].Currency
	t := PayoutTotal{Currency: c}
	var pay, paid, failed, waiting, carried int64
	for _, s := range sums {
		t.Lines += s.Lines
		pay += s.Pay
		carried += s.Closing
		if s.State != store.LineCarried {
			t.Payouts += s.Lines
		}
		switch s.State {
		case store.LinePaid:
			paid += s.Pay
		case store.LineFailed:
			failed += s.Pay
		case store.LineInDoubt:
			t.InDoubt += s.Lines
			waiting += s.Pay
		default:
			waiting += s.Pay
		}
	}
	t.Pay, t.Paid, t.Failed, t.Waiting, t.Carried = asMoney(pay, c), asMoney(paid, c), asMoney(failed, c), asMoney(waiting, c), asMoney(carried, c)
	return t
}

func asPayout(ctx context.Context, tx *store.Tx, b *store.PayoutBatch) (PayoutBatch, error) {
	out, err := asPayouts(ctx, tx, []store.PayoutBatch{*b})
	return out[b.ID], err
}

func asPayoutLine(l *store.PayoutLine) PayoutLine {
	money := func(minor int64) Money { return asMoney(minor, l.Currency) }
	return PayoutLine{ID: formatID("pln", l.ID), BatchID: formatID("bat", l.BatchID), InfluencerID: formatID("inf", l.InfluencerID),
		Opening: money(l.Opening), Movement: money(l.Movement), Pay: money(l.Pay), Closing: money(l.Closing()), State: l.State, CarryReason: l.CarryReason,
		PayoutKey: l.Key, Reference: l.ProviderRef, Error: l.Error, SettledAt: utcOrNil(l.SettledAt)}
}

type listPayoutsIn struct {
	PageIn
	State string `query:"state" enum:"draft,approved,paying,paid,failed"`
}

func (s *Server) listPayouts(ctx context.Context, tx *store.Tx, in *listPayoutsIn) (List[PayoutBatch], error) {
	var none List[PayoutBatch]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	rows, next, err := tx.PayoutBatches(ctx, in.State, p)
	if err != nil {
		return none, err
	}
	shown, err := asPayouts(ctx, tx, rows)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, func(b *store.PayoutBatch) PayoutBatch { return shown[b.ID] }), nil
}

func (s *Server) getPayout(ctx context.Context, tx *store.Tx, in *IDIn) (PayoutBatch, error) {
	b, err := batchOf(ctx, tx, in.ID)
	if err != nil {
		return PayoutBatch{}, err
	}
	return asPayout(ctx, tx, b)
}

func batchOf(ctx context.Context, tx *store.Tx, id string) (*store.PayoutBatch, error) {
	n, err := parseID("bat", id)
	if err != nil {
		return nil, err
	}
	return tx.PayoutBatch(ctx, n)
}

type listPayoutLinesIn struct {
	IDIn
	PageIn
	Influencer string `query:"influencer"`
	State      string `query:"state" enum:"carried,draft,paying,paid,failed,in_doubt"`
}

func (s *Server) listPayoutLines(ctx context.Context, tx *store.Tx, in *listPayoutLinesIn) (List[PayoutLine], error) {
	var none List[PayoutLine]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	b, err := batchOf(ctx, tx, in.ID)
	if err != nil {
		return none, err
	}
	influencer, err := parseOptionalID("inf", in.Influencer)
	if err != nil {
		return none, err
	}
	rows, next, err := tx.PayoutLines(ctx, store.LineFilter{BatchID: b.ID, InfluencerID: influencer, State: in.State}, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asPayoutLine), nil
}

// PayoutPreview is what the next close would do if it were done now.
type PayoutPreview struct {
	Period   string        `json:"period" example:"2026-11"`
	Closable bool          `json:"closable" doc:"The month has ended in the shop's time zone"`
	From     time.Time     `json:"closable_from"`
	CutAt    time.Time     `json:"cut_at" doc:"Up to where this reckons: the month's end, or now"`
	Due      int64         `json:"due_earnings" doc:"How many earnings of these the close still has to lock, for their hold has just ended; a milestone may follow from them that is not in the lines"`
	Totals   []PayoutTotal `json:"totals" doc:"One per currency"`
	Lines    []PayoutLine  `json:"lines" doc:"Who gets how much, or why nothing; the first 1,000 by amount"`
}

const previewLines = 1000

func (s *Server) previewPayouts(ctx context.Context, tx *store.Tx, _ *none) (PayoutPreview, error) {
	p, err := payout.Ahead(ctx, tx)
	if err != nil {
		return PayoutPreview{}, err
	}
	out := PayoutPreview{Period: string(p.Period), Closable: p.Closable, From: p.From.UTC(), CutAt: p.CutAt.UTC(), Due: p.Due, Totals: []PayoutTotal{}, Lines: []PayoutLine{}}
	sums := map[string][]store.BatchTotal{}
	for i := range p.Lines {
		l := &p.Lines[i]
		sums[l.Currency] = append(sums[l.Currency], store.BatchTotal{Currency: l.Currency, State: l.State, Lines: 1, Pay: l.Pay, Closing: l.Closing()})
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		out.Totals = append(out.Totals, asTotal(sums[currency]))
	}
	slices.SortStableFunc(p.Lines, func(a, b store.PayoutLine) int { return cmp.Compare(b.Pay, a.Pay) })
	for i := range p.Lines[:min(len(p.Lines), previewLines)] {
		l := asPayoutLine(&p.Lines[i])
		l.ID, l.BatchID = "", ""
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

type closeMonthIn struct {
	Body struct {
		Period string `json:"period" example:"2026-10" doc:"The month to close, in the shop's time zone"`
	}
}

func (s *Server) closeMonth(ctx context.Context, shopID int64, in *closeMonthIn) (PayoutBatch, error) {
	var out PayoutBatch
	month, err := parsePeriod("period", in.Body.Period)
	if err != nil {
		return out, err
	}
	c, err := s.Payouts.Close(ctx, shopID, month, callerFrom(ctx).Actor(), nil)
	if err != nil {
		return out, err
	}
	err = s.DB.InTx(ctx, shopID, func(tx *store.Tx) (err error) {
		out, err = asPayout(ctx, tx, c.Batch)
		return err
	})
	return out, err
}

func parsePeriod(path, text string) (period.Month, error) {
	m, err := period.ParseMonth(text)
	if err != nil {
		return "", errs.New(errs.Invalid, "invalid_period", "This is not a month.", errs.Field{Path: path, Msg: "must look like 2026-10"})
	}
	return m, nil
}

// approvePayout takes who calls for who approves: nobody can give another's name.
func (s *Server) approvePayout(ctx context.Context, tx *store.Tx, in *IDIn) (PayoutBatch, error) {
	id, err := parseID("bat", in.ID)
	if err != nil {
		return PayoutBatch{}, err
	}
	b, err := payout.Approve(ctx, tx, id, callerFrom(ctx).Actor())
	if err != nil {
		return PayoutBatch{}, err
	}
	return asPayout(ctx, tx, b)
}

func (s *Server) payPayout(ctx context.Context, tx *store.Tx, in *IDIn) (PayoutBatch, error) {
	id, err := parseID("bat", in.ID)
	if err != nil {
		return PayoutBatch{}, err
	}
	b, err := payout.StartPaying(ctx, tx, id)
	if err != nil {
		return PayoutBatch{}, err
	}
	return asPayout(ctx, tx, b)
}

func (s *Server) exportPayout(ctx context.Context, tx *store.Tx, in *IDIn) (sent, error) {
	id, err := parseID("bat", in.ID)
	if err != nil {
		return sent{}, err
	}
	body, name, err := payout.Export(ctx, tx, s.Keys, id)
	return sent{contentType: contentCSV, name: name, body: body}, err
}

// Settlement is what a settlement file changed.
type Settlement struct {
	Paid      int         `json:"paid"`
	Failed    int         `json:"failed"`
	InDoubt   int         `json:"in_doubt"`
	Unchanged int         `json:"unchanged" doc:"Rows that say what was known already"`
	Waiting   int         `json:"waiting" doc:"Payouts of the batch that still have no outcome"`
	Batch     PayoutBatch `json:"batch"`
}

type settlePayoutIn struct {
	IDIn
	RawBody []byte `contentType:"text/csv" doc:"Columns payout_id or payout_key, and status (paid, failed, in_doubt); reference, error, amount and currency may stand beside them"`
}

func (s *Server) settlePayout(ctx context.Context, tx *store.Tx, in *settlePayoutIn) (Settlement, error) {
	id, err := parseID("bat", in.ID)
	if err != nil {
		return Settlement{}, err
	}
	done, err := payout.Settle(ctx, tx, id, in.RawBody)
	if err != nil {
		return Settlement{}, err
	}
	b, err := asPayout(ctx, tx, done.Batch)
	return Settlement{Paid: done.Paid, Failed: done.Failed, InDoubt: done.InDoubt, Unchanged: done.Unchanged, Waiting: done.Waiting, Batch: b}, err
}

// The kinds of file that operations send.
const contentCSV = "text/csv; charset=utf-8"

// sent is a file that an operation answers with.
type sent struct {
	contentType string
	name        string // to save it as; "" shows it
	body        []byte
}

// media describes one type of file in the API document.
type media struct {
	name   string
	schema func(huma.Registry) *huma.Schema
}

var textCSV = media{"text/csv", func(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }}

// sends mounts an operation that reads in one transaction of the caller's shop
// and answers with a file of one of the given types.
func sends[I any](f func(context.Context, *store.Tx, *I) (sent, error), types ...media) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		content := map[string]*huma.MediaType{}
		for _, m := range types {
			content[m.name] = &huma.MediaType{Schema: m.schema(s.api.OpenAPI().Components.Schemas)}
		}
		op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
		huma.Register(s.api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
			var out sent
			err := s.DB.InTx(ctx, callerFrom(ctx).ShopID, func(tx *store.Tx) (err error) {
				out, err = f(ctx, tx, in)
				return err
			})
			if err == nil {
				err = s.noteRead(ctx, &op)
			}
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				hc.SetHeader("Content-Type", out.contentType)
				if out.name != "" {
					hc.SetHeader("Content-Disposition", `attachment; filename="`+out.name+`"`)
				}
				_, _ = hc.BodyWriter().Write(out.body) // the client may be gone
			}}, nil
		})
	}
}
