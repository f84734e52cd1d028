package ledger_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/ledger"
)

var (
	october  = time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC)
	november = time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC)
	sale     = ledger.Event{InfluencerID: 1, EarningID: 2, Currency: "USD", OriginAt: november.Add(time.Hour), OpenFrom: november}
)

func TestJournalsDebitAndCreditAsTheRulesSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		js   []ledger.Journal
		kind ledger.Kind
		want []ledger.Posting
	}{
		{"record", ledger.Record(sale, 1080), ledger.KindRecord, []ledger.Posting{{Account: ledger.CommissionExpense, Minor: 1080}, {Account: ledger.InfluencerPending, Minor: -1080}}},
		{"refund while pending", ledger.Record(sale, -432), ledger.KindRecord, []ledger.Posting{{Account: ledger.CommissionExpense, Minor: -432}, {Account: ledger.InfluencerPending, Minor: 432}}},
		{"lock", ledger.Lock(sale, 648), ledger.KindLock, []ledger.Posting{{Account: ledger.InfluencerPending, Minor: 648}, {Account: ledger.InfluencerPayable, Minor: -648}}},
		{"refund after the lock", ledger.Adjust(sale, -648), ledger.KindAdjust, []ledger.Posting{{Account: ledger.CommissionExpense, Minor: -648}, {Account: ledger.InfluencerPayable, Minor: 648}}},
		{"payout start", ledger.PayoutStart(sale, 50), ledger.KindPayoutStart, []ledger.Posting{{Account: ledger.InfluencerPayable, Minor: 50}, {Account: ledger.PayoutClearing, Minor: -50}}},
		{"payout settled", ledger.PayoutPaid(sale, 50), ledger.KindPayoutPaid, []ledger.Posting{{Account: ledger.PayoutClearing, Minor: 50}, {Account: ledger.Cash, Minor: -50}}},
		{"payout failed", ledger.PayoutBack(sale, 50), ledger.KindPayoutBack, []ledger.Posting{{Account: ledger.PayoutClearing, Minor: 50}, {Account: ledger.InfluencerPayable, Minor: -50}}},
		{"write-off", ledger.WriteOff(sale, 12), ledger.KindWriteOff, []ledger.Posting{{Account: ledger.BadDebt, Minor: 12}, {Account: ledger.InfluencerPayable, Minor: -12}}},
	} {
		if len(c.js) != 1 || c.js[0].Kind != c.kind || !slices.Equal(c.js[0].Postings, c.want) {
			t.Errorf("%s: %+v", c.name, c.js)
			continue
		}
		if err := c.js[0].Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNothingToPostIsNoJournal(t *testing.T) {
	t.Parallel()
	for i, f := range []func(ledger.Event, int64) []ledger.Journal{
		ledger.Record, ledger.Lock, ledger.Adjust, ledger.PayoutStart, ledger.PayoutPaid, ledger.PayoutBack, ledger.WriteOff,
	} {
		if js := f(sale, 0); js != nil {
			t.Errorf("constructor %d made %+v", i, js)
		}
	}
}

func TestAClosedPeriodIsNotPostedTo(t *testing.T) {
	t.Parallel()
	late := sale
	late.OriginAt = october
	j := ledger.Record(late, 1)[0]
	if !j.EffectiveAt.Equal(november) || !j.OriginAt.Equal(october) {
		t.Errorf("effective %s, origin %s", j.EffectiveAt, j.OriginAt)
	}
	if got := ledger.Effective(november.Add(1), november); !got.Equal(november.Add(1)) {
		t.Errorf("in the open period: %s", got)
	}
	if got := ledger.Effective(october, time.Time{}); !got.Equal(october) {
		t.Errorf("nothing closed yet: %s", got)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*ledger.Journal){
		"unbalanced":       func(j *ledger.Journal) { j.Postings[0].Minor++ },
		"one leg":          func(j *ledger.Journal) { j.Postings = j.Postings[:1] },
		"no legs":          func(j *ledger.Journal) { j.Postings = nil },
		"zero legs":        func(j *ledger.Journal) { j.Postings[0].Minor, j.Postings[1].Minor = 0, 0 },
		"wrapped around":   func(j *ledger.Journal) { j.Postings[0].Minor, j.Postings[1].Minor = math.MinInt64, math.MinInt64 },
		"other accounts":   func(j *ledger.Journal) { j.Postings[0].Account = ledger.Cash },
		"unknown kind":     func(j *ledger.Journal) { j.Kind = 99 },
		"negative payout":  func(j *ledger.Journal) { *j = ledger.PayoutStart(sale, -5)[0] },
		"no influencer":    func(j *ledger.Journal) { j.InfluencerID = 0 },
		"no currency":      func(j *ledger.Journal) { j.Currency = "" },
		"no time":          func(j *ledger.Journal) { j.OriginAt = time.Time{} },
		"before it was so": func(j *ledger.Journal) { j.EffectiveAt = j.OriginAt.Add(-1) },
	} {
		j := ledger.Record(sale, 100)[0]
		spoil(&j)
		if j.Check() == nil {
			t.Errorf("%s: %+v passes", name, j)
		}
	}
}

// Whatever targets an earning goes through, before and after its lock and with
// payouts that fail and succeed in between, what is owed is the last target less
// what was paid.
func TestWhatIsOwedIsTheTargetLessWhatWasPaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		balance := map[ledger.Account]int64{}
		post := func(js []ledger.Journal) {
			for _, j := range js {
				if err := j.Check(); err != nil {
					t.Fatal(err)
				}
				for _, p := range j.Postings {
					balance[p.Account] += p.Minor
				}
			}
		}
		var target, paid, posted int64
		locked := false
		amount := rapid.Int64Range(0, 100_000)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			payable := -balance[ledger.InfluencerPayable]
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				target = amount.Draw(t, "target")
				if locked {
					post(ledger.Adjust(sale, target-posted))
				} else {
					post(ledger.Record(sale, target-posted))
				}
				posted = target
			case 2:
				if !locked {
					post(ledger.Lock(sale, posted))
					locked = true
				}
			case 3:
				if payable <= 0 {
					continue
				}
				post(ledger.PayoutStart(sale, payable))
				if rapid.Bool().Draw(t, "fails") {
					post(ledger.PayoutBack(sale, payable))
				} else {
					post(ledger.PayoutPaid(sale, payable))
					paid += payable
				}
			case 4:
				if payable < 0 {
					post(ledger.WriteOff(sale, -payable))
					paid += payable
				}
			}
		}
		var sum int64
		for _, b := range balance {
			sum += b
		}
		owed := -balance[ledger.InfluencerPending] - balance[ledger.InfluencerPayable]
		if sum != 0 || owed != target-paid || balance[ledger.CommissionExpense] != target || balance[ledger.PayoutClearing] != 0 {
			t.Fatalf("target %d, paid %d: %v", target, paid, balance)
		}
		if locked && balance[ledger.InfluencerPending] != 0 {
			t.Fatalf("something is pending after the lock: %v", balance)
		}
	})
}
