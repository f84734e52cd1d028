// Package commission computes targets: what a source of earnings is worth now,
// as a pure function of its state and the signed terms (R-15 … …
// Settling posts target − posted; nothing here knows what
// was posted, except where a rule says that paid money stays paid.
package commission

import (
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// Source is one order under one share of its attribution.
type Source struct {
	Order *order.Order
	Share attribution.Share
	// Shares is every share of the same decision, in its order, and Index the
	// place of Share among them: what is dealt out by largest remainder needs
	// to know them all. Empty: Share is the only one.
	Shares   []attribution.Share
	Index    int
	Terms    *terms.Terms
	Customer string         // "new", "returning", "unknown"
	Zone     *time.Location // the shop's
}

// Result is the target of one order source. Amounts are minor units of the
// terms' currency, Base fields of the order's shop currency.
type Result struct {
	Target    int64 // what is earned now, after caps and tiers
	GrossBase int64 // as sold
	NetBase   int64 // after refunds, edits and cancellation
	Counted   int64 // NetBase in the terms' currency; what tiers and revenue milestones count
	Lines     []LineResult
	RuleIDs   []string // component ids that gave it
	// State is "" for a plain target. "unpaid", "void:…" and "denied:…" have a
	// zero target; "held:…" waits for a person or for missing facts.
	State string
}

// LineResult is a line's part; lines sum to Target exactly.
type LineResult struct {
	LineID int64
	Base   int64
	Amount int64
	RuleID string
}

// The states of a result. Attribution adds "denied:" and "held:" with its own
// reasons, such as "denied:self_referral".
const (
	Unpaid        = "unpaid"
	VoidCancelled = "void:cancelled"
	VoidDeleted   = "void:deleted"
	VoidTest      = "void:test"
	VoidNotOrder  = "void:not_order"
	HeldNoRate    = "held:no_rate" // no way from the order's currency to the terms'; target zero
	HeldNoCost    = "held:no_cost" // a share of margin without the cost of goods
	HeldStatus    = "held:unknown_status"
	HeldTooLarge  = "held:too_large" // beyond any plausible order; target zero
)
