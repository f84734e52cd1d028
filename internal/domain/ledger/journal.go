package ledger

import (
	"fmt"
	"math"
	"time"

	"tributary/internal/domain/money"
)

// Event is what a journal is about. OpenFrom is the start of the shop's open
// period.
type Event struct {
	InfluencerID int64
	EarningID    int64 // 0 for payouts
	PayoutID     int64 // payout line; 0 for earnings
	Currency     money.Currency
	OriginAt     time.Time // when it happened
	OpenFrom     time.Time
}

// entry is which account a kind debits and which it credits, and whether its
// amount may be negative, which swaps them.
type entry struct {
	debit, credit Account
	swaps         bool
}

var entries = map[Kind]entry{
	KindRecord:      {CommissionExpense, InfluencerPending, true},
	KindLock:        {InfluencerPending, InfluencerPayable, true},
	KindAdjust:      {CommissionExpense, InfluencerPayable, true},
	KindPayoutStart: {InfluencerPayable, PayoutClearing, false},
	KindPayoutPaid:  {PayoutClearing, Cash, false},
	KindPayoutBack:  {PayoutClearing, InfluencerPayable, false},
	KindWriteOff:    {BadDebt, InfluencerPayable, false},
	KindAward:       {CommissionExpense, InfluencerPayable, false},
}

// The constructors give one journal, or none for an amount of zero.

// Record brings a pending earning to its target: delta is target − posted, so a
// refund's is negative and debits pending.
func Record(e Event, delta int64) []Journal { return journal(KindRecord, e, delta) }

// Lock makes what is pending for an earning payable when its hold is over.
func Lock(e Event, pending int64) []Journal { return journal(KindLock, e, pending) }

// Adjust is Record after the lock: it moves payable, which may turn negative
//
func Adjust(e Event, delta int64) []Journal { return journal(KindAdjust, e, delta) }

// PayoutStart takes a payout out of payable. Its amount, like those of the
// other payout journals, of WriteOff and of Award, is positive.
func PayoutStart(e Event, amount int64) []Journal { return journal(KindPayoutStart, e, amount) }

// PayoutPaid settles a started payout in cash.
func PayoutPaid(e Event, amount int64) []Journal { return journal(KindPayoutPaid, e, amount) }

// PayoutBack returns a failed payout to payable.
func PayoutBack(e Event, amount int64) []Journal { return journal(KindPayoutBack, e, amount) }

// WriteOff forgives so much of a negative payable balance.
func WriteOff(e Event, debt int64) []Journal { return journal(KindWriteOff, e, debt) }

// Award pays what a dispute found missing. It belongs to no earning, so that no
// settlement takes it back.
func Award(e Event, amount int64) []Journal { return journal(KindAward, e, amount) }

func journal(k Kind, e Event, amount int64) []Journal {
	if amount == 0 {
		return nil
	}
	legs := entries[k]
	return []Journal{{
		Kind: k, InfluencerID: e.InfluencerID, EarningID: e.EarningID, PayoutID: e.PayoutID, Currency: e.Currency,
		EffectiveAt: Effective(e.OriginAt, e.OpenFrom), OriginAt: e.OriginAt.UTC(),
		Postings: []Posting{{legs.debit, amount}, {legs.credit, -amount}},
	}}
}

// Effective is the instant that decides the period of something that happened
// at: never before the open period starts, for closed ones stay as they are
//
func Effective(at, openFrom time.Time) time.Time {
	if at.Before(openFrom) {
		at = openFrom
	}
	return at.UTC()
}

// Check tells what is wrong with a journal: legs that do not sum to zero or are
// not those of its kind, a missing owner, currency or time, or a period before
// it happened.
func (j Journal) Check() error {
	var sum money.Exact
	for i, p := range j.Postings {
		if p.Minor == 0 || p.Minor == math.MinInt64 {
			return fmt.Errorf("journal of kind %d: leg %d posts %d", j.Kind, i, p.Minor)
		}
		sum.AddInt(p.Minor)
	}
	if !sum.IsZero() {
		return fmt.Errorf("journal of kind %d is off by %s %s minor units: it must sum to zero", j.Kind, sum, j.Currency)
	}
	legs, ok := entries[j.Kind]
	switch {
	case !ok:
		return fmt.Errorf("journal of unknown kind %d", j.Kind)
	case len(j.Postings) != 2 || j.Postings[0].Account != legs.debit || j.Postings[1].Account != legs.credit:
		return fmt.Errorf("journal of kind %d has the legs %v, want accounts %d and %d", j.Kind, j.Postings, legs.debit, legs.credit)
	case !legs.swaps && j.Postings[0].Minor < 0:
		return fmt.Errorf("journal of kind %d has a negative amount, %d", j.Kind, j.Postings[0].Minor)
	case j.InfluencerID == 0 || j.Currency == "" || j.OriginAt.IsZero():
		return fmt.Errorf("journal of kind %d lacks its influencer, currency or time", j.Kind)
	case j.EffectiveAt.Before(j.OriginAt):
		return fmt.Errorf("journal of kind %d is effective at %s, before it happened at %s", j.Kind, j.EffectiveAt, j.OriginAt)
	}
	return nil
}
