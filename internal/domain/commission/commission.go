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
	Order    *order.Order
	Share    attribution.Share
	Terms    *terms.Terms
	Customer string // "new", "returning", "unknown"
	Zone     *time.Location
}

// Result is the target of one order source. Amounts are minor units of the
// terms' currency, Base fields of the order's shop currency.
type Result struct {
	Target    int64 // what is earned now, after caps and tiers
	GrossBase int64 // as sold
	NetBase   int64 // after refunds, edits and cancellation
	Lines     []LineResult
	RuleIDs   []string // component ids that gave it
	State     string   // "" or a reason to hold or void: "void:cancelled", "held:no_rate", "held:no_cost", "held:unknown_status", "unpaid"
}

// LineResult is a line's part; lines sum to Target exactly.
type LineResult struct {
	LineID int64
	Base   int64
	Amount int64
	RuleID string
}
