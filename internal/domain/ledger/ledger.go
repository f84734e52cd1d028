// Package ledger makes the balanced journals of R-60. A journal is immutable;
// its postings sum to zero per currency. Debits are positive, credits negative.
package ledger

import (
	"time"

	"tributary/internal/domain/money"
)

// Account is a kind of account; with an influencer and a currency it names one.
type Account int16

// The accounts. InfluencerPending and InfluencerPayable are liabilities: what
// is owed shows as a credit (negative) balance.
const (
	CommissionExpense Account = 1
	InfluencerPending Account = 2
	InfluencerPayable Account = 3
	PayoutClearing    Account = 4
	Cash              Account = 5
	BadDebt           Account = 6
	FXGainLoss        Account = 7
)

// Kind is what a journal records.
type Kind int16

// The kinds of journal.
const (
	KindRecord      Kind = 1 // commission recorded or its target changed while pending
	KindLock        Kind = 2 // hold over: pending becomes payable
	KindAdjust      Kind = 3 // target changed after the lock
	KindPayoutStart Kind = 4 // payable moves to clearing
	KindPayoutPaid  Kind = 5 // clearing is paid in cash
	KindPayoutBack  Kind = 6 // a failed payout returns to payable
	KindWriteOff    Kind = 7
	KindAward       Kind = 8 // what a dispute found missing
)

// Posting is one leg. Minor is positive for a debit, negative for a credit.
type Posting struct {
	Account Account
	Minor   int64
}

// Journal is one balanced set of postings for one influencer in one currency.
type Journal struct {
	Kind         Kind
	InfluencerID int64
	EarningID    int64 // 0 for payouts
	PayoutID     int64 // payout line; 0 for earnings
	Currency     money.Currency
	// EffectiveAt is the business instant that decides the period; never before
	// the start of the shop's open period.
	EffectiveAt time.Time
	// OriginAt is the business instant before that clamp.
	OriginAt time.Time
	Postings []Posting
}
