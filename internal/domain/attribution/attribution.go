// Package attribution decides which influencer an order belongs to: a pure
// function of the set of evidence about it (R-1 … R-14). The decision carries
// every candidate with the reason it won or lost.
package attribution

import (
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/domain/terms"
)

// Kind of touch, in the default order of precedence.
type Kind string

// The kinds of touch.
const (
	CodeUse Kind = "code"
	Click   Kind = "click"
	Visit   Kind = "visit" // a landing page of ours
	Live    Kind = "live"
	Bound   Kind = "binding"
	Manual  Kind = "manual" // decided in a dispute; beats everything
)

// Touch is one piece of evidence that an influencer sent this buyer.
type Touch struct {
	ID           string    `json:"id"` // stable and unique within the order's evidence: "code:ANNA10", "click:123", "claim:ref:anna"
	Kind         Kind      `json:"kind"`
	InfluencerID int64     `json:"influencer_id"`
	AgreementID  int64     `json:"agreement_id"`
	Code         string    `json:"code,omitempty"`
	LinkID       int64     `json:"link_id,omitempty"`
	PageID       int64     `json:"page_id,omitempty"` // the landing page they were on
	Variant      string    `json:"variant,omitempty"` // of it: "a" … "d"
	At           time.Time `json:"at"`
	TimeClaimed  bool      `json:"time_claimed,omitempty"` // At is not our own measurement
	IPHash       string    `json:"ip,omitempty"`
	// SessionID is the live session that the order belongs to by this touch
	// 0: none. It changes what the touch is paid as, not its precedence.
	SessionID int64 `json:"session_id,omitempty"`
}

// Span is a half-open interval [From, To); a zero To is open.
type Span struct{ From, To time.Time }

// Agreement is one signed agreement version as it can win an order.
type Agreement struct {
	ID           int64
	VersionID    int64
	Number       int // version number, 1 first
	InfluencerID int64
	CampaignID   int64
	Hash         string
	Terms        *terms.Terms
	// Effective is when touches fall under this version.
	Effective Span
}

// Influencer is what Decide must know of a candidate.
type Influencer struct {
	ID       int64
	Active   []Span
	BannedAt time.Time
	// Self-referral signals, hashed like order.Customer.
	CustomerID               int64
	EmailHashes, PhoneHashes []string
	AddressHash              string
}

// PastOrder is an earlier order of the same customer: for new/returning
// and bindings. Ascending by (CreatedAt, OrderID).
type PastOrder struct {
	OrderID      int64
	CreatedAt    time.Time
	Paid         bool
	InfluencerID int64 // 0: not attributed
	VersionID    int64
	Via          Kind
}

// Input is all the evidence about one order.
type Input struct {
	Order       *order.Order
	Touches     []Touch // as a set: their order does not matter
	Influencers map[int64]Influencer
	// Agreements by id, each with its signed versions ascending by Number.
	Agreements map[int64][]Agreement
	Past       []PastOrder
	// Flags are about evidence that could not become a touch.
	Flags []string
	// Zone is the shop's: bindings last calendar months. Nil is UTC.
	Zone *time.Location
}

// Outcome of the decision as a whole.
type Outcome string

// The outcomes.
const (
	None       Outcome = "none"
	Attributed Outcome = "attributed"
	Denied     Outcome = "denied" // a winner stands, but earns nothing; Reason says why
	Held       Outcome = "held"   // a winner stands; a person must look; Reason says why
)

// Candidate is a touch with the verdict on it.
type Candidate struct {
	Touch
	VersionID int64  `json:"version_id,omitempty"`
	Won       bool   `json:"won"`
	Reason    string `json:"reason"`           // stable code: "won", "outside_window", "beaten_by_code", "inactive", …
	Detail    string `json:"detail,omitempty"` // a sentence for people
}

// Share is one winner. The shares of a decision sum to 10,000 bps, unless the
// lines were dealt out by code (R-6c): then each share has its Lines and
// 10,000 bps of them.
type Share struct {
	InfluencerID int64     `json:"influencer_id"`
	AgreementID  int64     `json:"agreement_id"`
	VersionID    int64     `json:"version_id"`
	TermsHash    string    `json:"terms_hash"`
	Bps          money.Bps `json:"bps"`
	Lines        []int64   `json:"lines,omitempty"` // line ids; empty: the whole order
	Via          Kind      `json:"via"`
	TouchID      string    `json:"touch_id"`
	LinkID       int64     `json:"link_id,omitempty"`
	PageID       int64     `json:"page_id,omitempty"`
	Variant      string    `json:"variant,omitempty"`
	Code         string    `json:"code,omitempty"`
	SessionID    int64     `json:"session_id,omitempty"` // Via is Live
	// Outcome and Reason are set when this share earns nothing (Denied) or
	// waits for a person (Held); the decision's own sum them up.
	Outcome Outcome `json:"outcome,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// Decision is stored as an immutable version in canonical JSON.
type Decision struct {
	OrderID    int64       `json:"order_id"`
	Outcome    Outcome     `json:"outcome"`
	Reason     string      `json:"reason,omitempty"` // for denied, held and none
	Customer   string      `json:"customer"`         // "new", "returning", "unknown"
	Shares     []Share     `json:"shares,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	Flags      []string    `json:"flags,omitempty"` // "late_touch", "claimed_time", "same_ip", "forged_click_id", …
}
