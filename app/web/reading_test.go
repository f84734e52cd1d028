package web_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/s2"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/ledger"
	"tributary/internal/domain/order"
	"tributary/internal/store"
)

var sold = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)

// number is the number in an id such as inf_12.
func number(t *testing.T, id string) int64 {
	t.Helper()
	_, digits, _ := strings.Cut(id, "_")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		t.Fatalf("id %q", id)
	}
	return n
}

// settled stores an order, its decision, its earning and the journals, as
// settling does, and returns the earning's id.
func (s shop) settled(orderID int64, agreement m, minor int64) int64 {
	t, ctx := s.w.t, context.Background()
	t.Helper()
	influencer, agr := number(t, agreement.str("influencer_id")), number(t, agreement.str("id"))
	v := agreement.list("versions")[0]
	version := number(t, v.str("id"))
	at := sold.Add(time.Duration(orderID) * time.Minute)
	o := order.Order{Platform: order.Shopify, ID: orderID, Name: fmt.Sprint("#", orderID), Snapshot: order.Snapshot{
		Version: at, CreatedAt: at, PaidAt: at, Payment: order.PaymentPaid, Currency: "USD", Total: 10 * minor,
		Codes: []order.Code{{Text: "ANNA10", Amount: 100}},
		Lines: []order.Line{{ID: 1, Quantity: 2, Net: 10 * minor}},
	}}
	d := attribution.Decision{OrderID: orderID, Outcome: attribution.Attributed, Customer: "new",
		Shares: []attribution.Share{{InfluencerID: influencer, AgreementID: agr, VersionID: version, TermsHash: v.str("hash"), Bps: 10000, Via: attribution.CodeUse, TouchID: "code:ANNA10", Code: "ANNA10"}},
		Candidates: []attribution.Candidate{
			{Touch: attribution.Touch{ID: "code:ANNA10", Kind: attribution.CodeUse, InfluencerID: influencer, AgreementID: agr, Code: "ANNA10", At: at}, VersionID: version, Won: true, Reason: "won"},
			{Touch: attribution.Touch{ID: "click:1", Kind: attribution.Click, InfluencerID: influencer, AgreementID: agr, LinkID: 5, At: at}, VersionID: version, Reason: "beaten_by_code", Detail: "A code beats a click."},
		}}
	e := store.EarningRow{Kind: store.EarningOrder, Source: orderID, InfluencerID: influencer, AgreementID: agr, VersionID: version, TermsHash: v.str("hash"),
		Currency: "USD", GrossBase: 10 * minor, NetBase: 10 * minor, Posted: minor, State: store.EarningPending, OccurredAt: at, ReleaseAt: at.AddDate(0, 0, 30),
		Detail: fmt.Appendf(nil, `{"lines":[{"LineID":1,"Base":%d,"Amount":%d,"RuleID":"base"}],"rules":["base"]}`, 10*minor, minor)}
	s.w.in(s, func(tx *store.Tx) error {
		if err := tx.UpsertOrders(ctx, []store.OrderRow{{ID: orderID, Name: o.Name, Payment: int16(order.PaymentPaid), CreatedAt: at, PaidAt: at, Currency: "USD", Total: 10 * minor,
			Outcome: string(d.Outcome), InfluencerID: influencer, VersionID: version, Via: "code", DecisionNumber: 1, State: s2.Encode(nil, order.Encode(&o))}}); err != nil {
			return err
		}
		if err := tx.InsertDecisions(ctx, []store.DecisionRow{{OrderID: orderID, Number: 1, Bytes: d.Encode()}}); err != nil {
			return err
		}
		if err := tx.UpsertEarnings(ctx, []*store.EarningRow{&e}); err != nil {
			return err
		}
		_, err := tx.PostJournals(ctx, []ledger.Journal{{Kind: ledger.KindRecord, InfluencerID: influencer, EarningID: e.ID, Currency: "USD", EffectiveAt: at, OriginAt: at,
			Postings: []ledger.Posting{{Account: ledger.CommissionExpense, Minor: minor}, {Account: ledger.InfluencerPending, Minor: -minor}}}})
		return err
	})
	return e.ID
}

func TestAnOrderExplainsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	w.a.settled(1001, a, 250)
	o := w.a.get("/orders/1001").is(200)
	if o.str("name") != "#1001" || o.obj("total").str("amount") != "25.00" || o.str("payment") != "paid" || o.str("influencer_id") != a.str("influencer_id") {
		t.Errorf("%v", o)
	}
	if l := o.list("lines"); len(l) != 1 || l[0].obj("net").str("amount") != "25.00" || l[0].str("kind") != "goods" {
		t.Errorf("%v", o)
	}
	if e := o.list("earnings"); len(e) != 1 || e[0].obj("amount").str("amount") != "2.50" || len(e[0].list("lines")) != 1 || e[0].list("lines")[0].obj("amount").str("amount") != "2.50" {
		t.Errorf("%v", o)
	}
	why := w.a.get("/orders/1001/why").is(200)
	d := why.list("decisions")
	if len(d) != 1 || len(d[0].list("candidates")) != 2 || d[0].list("winners")[0].str("terms_hash") != a.list("versions")[0].str("hash") ||
		d[0].list("candidates")[1].str("reason") != "beaten_by_code" || d[0].list("candidates")[1].str("link_id") != "lnk_5" {
		t.Errorf("%v", why)
	}
	w.a.get("/orders/1002").problem(404, "order_not_found")
	w.a.get("/orders/x/why").problem(404, "order_not_found")
	w.b.get("/orders/1001").problem(404, "order_not_found")
	w.b.get("/orders/1001/why").problem(404, "order_not_found")
}

func TestOrdersAreListedByWhatTheyBecame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ben := w.a.agreement("anna"), w.a.agreement("ben")
	for i := range int64(5) {
		w.a.settled(1001+i, []m{anna, ben}[i%2], 100)
	}
	for query, want := range map[string]int{
		"": 5,
		"?influencer=" + anna.str("influencer_id"):  3,
		"?outcome=attributed&payment=paid&via=code": 5,
		"?outcome=none":                0,
		"?payment=void":                0,
		"?code=anna10":                 5,
		`?code=%22%20%3F%20%28true%29`: 0,
		"?from=2026-11-01T04:42:00Z":   4,
		"?from=2026-11-01T04:42:00Z&to=2026-11-01T04:44:00Z": 2,
	} {
		if l := w.a.get("/orders" + query).is(200).list("data"); len(l) != want {
			t.Errorf("%s: %d orders, want %d: %v", query, len(l), want, l)
		}
	}
	page := w.a.get("/orders?limit=3").is(200)
	rest := w.a.get("/orders?limit=3&cursor=" + page.str("next_cursor")).is(200)
	if l := append(page.list("data"), rest.list("data")...); len(l) != 5 || l[0].str("id") != "1005" || l[4].str("id") != "1001" || rest.str("next_cursor") != "" {
		t.Errorf("%v", l)
	}
	w.a.get("/orders?outcome=maybe").problem(422, "invalid_request")
	w.a.get("/orders?influencer=anna").problem(404, "not_found")
	if l := w.b.get("/orders").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

func TestEvidenceIsRecordedAndTheOrderSettledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	w.a.settled(1001, a, 100)
	body := m{"kind": "manual", "agreement_id": a.str("id"), "at": "2026-10-31T11:00:00Z", "note": "Screenshot from the buyer"}
	first := w.a.post("/orders/1001/evidence", body, "Idempotency-Key", "e1").is(201)
	w.a.post("/orders/1001/evidence", body, "Idempotency-Key", "e1").is(201)
	if len(w.resettled) != 2 || w.resettled[0] != 1001 { // the replay settles again: it cannot know that the first time did
		t.Errorf("%v", w.resettled)
	}
	w.in(w.a, func(tx *store.Tx) error {
		rows, err := tx.EvidenceOf(context.Background(), []int64{1001})
		if len(rows) != 1 || rows[0].Kind != "manual" || "evd_"+strconv.FormatInt(rows[0].ID, 10) != first.str("id") {
			t.Errorf("%v", rows)
		}
		return err
	})
	w.a.post("/orders/9/evidence", body).problem(404, "order_not_found")
	body["kind"] = "rumour"
	w.a.post("/orders/1001/evidence", body).problem(422, "invalid_request")
	body["kind"], body["note"], body["at"] = "click", " ", "2100-01-01T00:00:00Z"
	if p := w.a.post("/orders/1001/evidence", body).problem(422, "invalid_evidence"); p.fields() != "note at" {
		t.Errorf("%v", p)
	}
}

func TestABanSettlesWhatIsInHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.a.agreement("anna")
	w.a.settled(1001, a, 100)
	w.a.settled(1002, a, 100)
	w.a.post("/influencers/"+a.str("influencer_id")+"/ban", nil).is(200)
	if fmt.Sprint(w.resettled) != "[1001 1002]" {
		t.Errorf("%v", w.resettled)
	}
}

func TestEarningsShowTheJournalsBehindThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ben := w.a.agreement("anna"), w.a.agreement("ben")
	id := "ern_" + strconv.FormatInt(w.a.settled(1001, anna, 123), 10)
	w.a.settled(1002, ben, 100)
	for query, want := range map[string]int{
		"": 2, "?influencer=" + anna.str("influencer_id"): 1, "?agreement=" + ben.str("id"): 1, "?state=pending": 2, "?state=locked": 0,
		"?order=1002": 1, "?from=2026-11-01T04:42:00Z": 1,
	} {
		if l := w.a.get("/earnings" + query).is(200).list("data"); len(l) != want {
			t.Errorf("%s: %d, want %d", query, len(l), want)
		}
	}
	e := w.a.get("/earnings/" + id).is(200)
	if e.str("order_id") != "1001" || e.obj("amount").str("amount") != "1.23" || e.str("release_at") != "2026-12-01T04:41:00Z" {
		t.Errorf("%v", e)
	}
	for _, path := range []string{"/earnings/" + id + "/journals", "/journals?influencer=" + anna.str("influencer_id")} {
		j := w.a.get(path).is(200).list("data")
		if len(j) != 1 || j[0].str("kind") != "record" || j[0].str("earning_id") != id || len(j[0].list("postings")) != 2 ||
			j[0].list("postings")[0].obj("debit").str("amount") != "1.23" || j[0].list("postings")[1].str("account") != "influencer_pending" ||
			j[0].list("postings")[1].obj("credit").str("amount") != "1.23" {
			t.Errorf("%s: %v", path, j)
		}
	}
	w.a.get("/journals").problem(422, "invalid_request")
	w.b.get("/earnings/"+id).problem(404, "not_found")
	w.b.get("/earnings/"+id+"/journals").problem(404, "not_found")
	w.b.get("/journals?influencer="+anna.str("influencer_id")).problem(404, "not_found")
}

func TestBalancesAreThoseOfTheInstantAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	anna, ben := w.a.agreement("anna"), w.a.agreement("ben")
	id := w.a.settled(1001, anna, 500)
	w.a.settled(1002, ben, 70)
	influencer := number(t, anna.str("influencer_id"))
	lock, refund := sold.AddDate(0, 0, 31), sold.AddDate(0, 0, 40)
	post := func(at time.Time, kind ledger.Kind, c string, p ...ledger.Posting) {
		w.in(w.a, func(tx *store.Tx) error {
			_, err := tx.PostJournals(ctx, []ledger.Journal{{Kind: kind, InfluencerID: influencer, EarningID: id, Currency: "USD", EffectiveAt: at, OriginAt: at, Postings: p}})
			return err
		})
		_ = c
	}
	post(lock, ledger.KindLock, "USD", ledger.Posting{Account: ledger.InfluencerPending, Minor: 500}, ledger.Posting{Account: ledger.InfluencerPayable, Minor: -500})
	post(lock.Add(time.Hour), ledger.KindPayoutStart, "USD", ledger.Posting{Account: ledger.InfluencerPayable, Minor: 500}, ledger.Posting{Account: ledger.PayoutClearing, Minor: -500})
	post(lock.Add(2*time.Hour), ledger.KindPayoutPaid, "USD", ledger.Posting{Account: ledger.PayoutClearing, Minor: 500}, ledger.Posting{Account: ledger.Cash, Minor: -500})
	post(refund, ledger.KindAdjust, "USD", ledger.Posting{Account: ledger.InfluencerPayable, Minor: 120}, ledger.Posting{Account: ledger.CommissionExpense, Minor: -120})
	for at, want := range map[time.Time]string{
		sold.AddDate(0, 0, 1):      "5.00 0.00 0.00 0.00",
		lock.Add(-time.Second):     "5.00 0.00 0.00 0.00",
		lock:                       "0.00 5.00 0.00 0.00",
		lock.Add(90 * time.Minute): "0.00 0.00 5.00 0.00",
		lock.Add(2 * time.Hour):    "0.00 0.00 0.00 5.00",
		refund:                     "0.00 -1.20 0.00 5.00",
	} {
		l := w.a.get("/balances?influencer=" + anna.str("influencer_id") + "&at=" + at.Format(time.RFC3339)).is(200).list("data")
		if len(l) != 1 {
			t.Fatalf("%v: %v", at, l)
		}
		b := l[0]
		if got := b.obj("pending").str("amount") + " " + b.obj("payable").str("amount") + " " + b.obj("clearing").str("amount") + " " + b.obj("paid").str("amount"); got != want {
			t.Errorf("at %v: %s, want %s", at, got, want)
		}
	}
	at := refund.Format(time.RFC3339)
	all := w.a.get("/balances?limit=1&at=" + at).is(200)
	next := w.a.get("/balances?limit=1&at=" + at + "&cursor=" + all.str("next_cursor")).is(200)
	if len(all.list("data")) != 1 || len(next.list("data")) != 1 || next.list("data")[0].str("influencer_id") != ben.str("influencer_id") || next.str("next_cursor") != "" {
		t.Errorf("%v %v", all, next)
	}
	if l := w.a.get("/balances?at=2020-01-01T00:00:00Z").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	if l := w.b.get("/balances?at=" + at).is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}

func TestAParkedDeliveryIsSeenAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	var ids []uuid.UUID
	for i := range 3 {
		id := uuid.New()
		ids = append(ids, id)
		d := store.Delivery{ShopID: w.a.id, ID: id, Day: sold.Truncate(24 * time.Hour), Platform: order.Shopify, Topic: "orders/updated",
			ReceivedAt: sold.Add(time.Duration(i/2) * time.Second), Body: []byte("x"), State: store.DeliveryParked, Note: "broken"}
		if _, err := w.db.InsertDeliveries(ctx, []*store.Delivery{&d}); err != nil {
			t.Fatal(err)
		}
	}
	page := w.a.get("/deliveries?limit=2").is(200)
	rest := w.a.get("/deliveries?limit=2&cursor=" + page.str("next_cursor")).is(200)
	seen := map[string]bool{}
	for _, d := range append(page.list("data"), rest.list("data")...) {
		seen[d.str("id")] = d.str("state") == "parked" && d.str("note") == "broken"
	}
	if len(seen) != 3 || !seen[ids[0].String()] || rest.str("next_cursor") != "" {
		t.Errorf("%v", seen)
	}
	w.b.post("/deliveries/"+ids[0].String()+"/retry", nil).problem(404, "delivery_not_parked")
	w.a.post("/deliveries/"+ids[0].String()+"/retry", nil).is(200)
	w.a.post("/deliveries/"+ids[0].String()+"/retry", nil).problem(404, "delivery_not_parked")
	w.a.post("/deliveries/nonsense/retry", nil).problem(404, "delivery_not_parked")
	if len(w.woken) != 1 || w.woken[0] != w.a.id {
		t.Errorf("%v", w.woken)
	}
	if l := w.a.get("/deliveries?state=retry").is(200).list("data"); len(l) != 1 {
		t.Errorf("%v", l)
	}
	if l := w.b.get("/deliveries").is(200).list("data"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}
