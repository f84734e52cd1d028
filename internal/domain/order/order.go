// Package order is a store's order as Tributary understands it, whichever
// platform it came from: what was sold, what has been given back, who bought,
// and what the order itself says about the way the shopper came.
//
// An Order is the join of everything that has been heard about it. Apply is
// commutative, associative and idempotent, so deliveries may come twice, late
// and in any order and still give the same value.
package order

import (
	"time"

	"tributary/internal/domain/money"
)

// Platform names the kind of store an order came from.
type Platform uint8

// The platforms.
const (
	Shopify     Platform = 1
	WooCommerce Platform = 2
)

// Payment is how far the store has got with taking the money.
type Payment uint8

// The payment states. Unknown (a status a plugin added) is neither paid nor
// void: what is earned on it is held.
const (
	PaymentUnknown  Payment = 0
	PaymentPending  Payment = 1 // not paid yet: nothing is earned
	PaymentPaid     Payment = 2 // commission counts
	PaymentVoid     Payment = 3 // cancelled, failed, voided or deleted: target is zero
	PaymentNotOrder Payment = 4 // a draft or an unfinished checkout: not an order yet
)

// Order is the current state of one order. All amounts are minor units of
// Currency (the shop's own currency) unless a field says otherwise; all times
// are UTC.
type Order struct {
	Platform Platform `json:"platform"`
	ID       int64    `json:"id"` // the store's numeric id, unique per shop
	Name     string   `json:"name,omitempty"`

	// Snapshot is what the newest whole-order payload said.
	Snapshot Snapshot `json:"snapshot"`
	// Refunds by the store's refund id, ascending; a join of all payloads.
	Refunds []Refund `json:"refunds,omitempty"`
	// DeletedAt is when the order was last gone for good. A snapshot with a later
	// Version brings it back.
	DeletedAt time.Time `json:"deleted_at,omitzero"`
	// Bin is what is heard of WooCommerce's bin. Deleted weighs it.
	Bin Bin `json:"bin,omitzero"`
	// Waited and Paid are the earliest Versions that showed the order waiting
	// for its money and having it, where the store does not tell when it was
	// paid. See Snapshot.ProcessedAt.
	Waited time.Time `json:"waited,omitzero"`
	Paid   time.Time `json:"paid,omitzero"`
}

// Bin is what a store said of putting an order into its bin and taking it out
// again, without saying when.
type Bin struct {
	In  []Heard `json:"in,omitempty"`  // that it was put there; ascending by Key
	Out []Heard `json:"out,omitempty"` // that it was taken out
	// Seen is the Version of the newest payload that showed the order there.
	Seen time.Time `json:"seen,omitzero"`
}

// Heard is one delivery that told something undated.
type Heard struct {
	Key uint64    `json:"key"`
	At  time.Time `json:"at"` // when it was first received, as recorded with it
}

// Snapshot is one whole-order payload. Apply says which of several wins.
type Snapshot struct {
	Version     time.Time `json:"version,omitzero"` // the store's updated/modified time; zero: no snapshot seen yet
	ReadAt      time.Time `json:"read_at,omitzero"` // by our clock, when we read the order from the store; zero: the store sent it
	RefundCount int       `json:"refund_count,omitempty"`
	Digest      uint64    `json:"digest,omitempty"` // hash of the body: a tie-break that does not depend on arrival
	// RefundIDs lists the refunds the payload knew. With RefundsComplete
	// (WooCommerce) a refund that is not in it has been deleted in the store.
	RefundIDs       []int64 `json:"refund_ids,omitempty"`
	RefundsComplete bool    `json:"refunds_complete,omitempty"`

	CreatedAt  time.Time `json:"created_at"`           // order creation; the instant attribution is decided for
	CheckoutAt time.Time `json:"checkout_at,omitzero"` // checkout start where the store tells it
	PaidAt     time.Time `json:"paid_at,omitzero"`     // zero: not paid
	// ProcessedAt is set instead of PaidAt by a store that does not tell when an
	// order was paid. Apply makes PaidAt of it: an order that was never seen
	// waiting was paid when it was processed, one that was seen waiting when it
	// was first seen paid.
	ProcessedAt time.Time `json:"processed_at,omitzero"`
	FulfilledAt time.Time `json:"fulfilled_at,omitzero"` // zero: not yet
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Payment     Payment   `json:"payment"`
	Status      string    `json:"status,omitempty"` // the store's own word, for people
	Test        bool      `json:"test,omitempty"`
	Binned      bool      `json:"binned,omitempty"` // in WooCommerce's bin

	Currency         money.Currency `json:"currency"`
	Total            int64          `json:"total"` // all the shopper pays, tax and shipping included, as sold
	Presentment      money.Currency `json:"presentment,omitempty"`
	PresentmentTotal int64          `json:"presentment_total,omitempty"` // minor units of Presentment; with Total the order's own rate

	Shipping    int64 `json:"shipping,omitempty"` // without tax
	ShippingTax int64 `json:"shipping_tax,omitempty"`
	Tax         int64 `json:"tax,omitempty"` // all tax, shipping's included
	Duties      int64 `json:"duties,omitempty"`
	Tip         int64 `json:"tip,omitempty"`
	Fees        int64 `json:"fees,omitempty"` // WooCommerce fee lines without tax; negative ones are discounts outside coupons

	Customer Customer `json:"customer"`
	Codes    []Code   `json:"codes,omitempty"`
	Lines    []Line   `json:"lines"`
	Claims   []Claim  `json:"claims,omitempty"`
}

// Customer is the buyer, as far as attribution needs to know. Hashes are keyed
// per shop and empty when the store did not say.
type Customer struct {
	ID          int64  `json:"id,omitempty"` // 0: guest
	EmailHash   string `json:"email,omitempty"`
	PhoneHash   string `json:"phone,omitempty"`
	AddressHash string `json:"address,omitempty"`
	IPHash      string `json:"ip,omitempty"`
	// OrderIndex is the store's own count of the customer's orders including
	// this one; 0 when it does not tell.
	OrderIndex int `json:"order_index,omitempty"`
}

// Code is one discount code on the order. Text is as Fold returns it.
type Code struct {
	Text   string `json:"text"`
	Amount int64  `json:"amount"` // discount it gave, without tax
}

// LineKind says what a line sells.
type LineKind uint8

// The line kinds; only Goods can earn.
const (
	Goods    LineKind = 0
	GiftCard LineKind = 1
	Donation LineKind = 2
	TipLine  LineKind = 3
)

// Line is one line item as sold.
type Line struct {
	ID          int64    `json:"id"`
	ProductID   int64    `json:"product_id,omitempty"`
	VariantID   int64    `json:"variant_id,omitempty"`
	SKU         string   `json:"sku,omitempty"`
	Collections []string `json:"collections,omitempty"`
	Kind        LineKind `json:"kind,omitempty"`
	Quantity    int64    `json:"quantity"`
	Removed     int64    `json:"removed,omitempty"` // units an edit took out, refunded units not counted
	// Net is what all Quantity units cost: after every discount, without tax,
	// also where the store's prices include tax.
	Net       int64        `json:"net"`
	Tax       int64        `json:"tax,omitempty"`
	Discounts []Allocation `json:"discounts,omitempty"`
	Cost      int64        `json:"cost,omitempty"` // cost of goods of all units; CostKnown tells whether it is known
	CostKnown bool         `json:"cost_known,omitempty"`
}

// Allocation is the part of a discount that fell on one line. Code is empty
// for an automatic discount. Amount is as the store allocated it.
type Allocation struct {
	Code   string `json:"code,omitempty"`
	Amount int64  `json:"amount"`
}

// Refund is one refund. The one with more detail (Lines known), then the later
// Version, wins for an id.
type Refund struct {
	ID      int64     `json:"id"`
	Version time.Time `json:"version,omitzero"`
	// At is when the money went back, at the latest: where a payload does not
	// say, the earliest time any payload spoke of the refund. Zero: unknown.
	At time.Time `json:"at,omitzero"`
	// Seen is the latest Version any payload spoke of this refund with. Apply
	// keeps it; decoders leave it alone.
	Seen   time.Time    `json:"seen,omitzero"`
	Amount int64        `json:"amount"` // money given back in all, tax and shipping included
	Lines  []RefundLine `json:"lines,omitempty"`
	// Detailed is true when the payload could have shown lines and shipping;
	// false when it only gave a sum (WooCommerce's order.refunds[]).
	Detailed bool  `json:"detailed,omitempty"`
	Shipping int64 `json:"shipping,omitempty"` // shipping given back, with its tax
	// Unlined is money given back beyond lines and shipping, tax included
	// . Never negative.
	Unlined int64 `json:"unlined,omitempty"`
}

// RefundLine gives back units of one line. Amounts are positive.
type RefundLine struct {
	LineID   int64 `json:"line_id"`
	Quantity int64 `json:"quantity"`
	Net      int64 `json:"net"` // without tax
	Tax      int64 `json:"tax,omitempty"`
}

// ClaimKind is what a piece of evidence in the order payload looks like.
type ClaimKind string

// The claims a payload can make. They are claims: a shopper can forge them, so
// they count only when they name a link or click that is ours.
const (
	ClaimClick ClaimKind = "click" // a click id of ours (cart attribute, order meta, ?clk=)
	ClaimRef   ClaimKind = "ref"   // a public link or influencer handle (?ref=)
	ClaimUTM   ClaimKind = "utm"   // utm_id, then utm_source
)

// Claim is one piece of evidence found in the order payload.
type Claim struct {
	Kind  ClaimKind `json:"kind"`
	Value string    `json:"value"`
	At    time.Time `json:"at,omitzero"` // zero: unknown; then the order's own creation stands in and is flagged
	From  string    `json:"from"`        // where it stood: "note_attributes", "landing_site", "session_entry", …
}

// Fact is what one delivery says about one order.
type Fact struct {
	Platform  Platform
	OrderID   int64
	Name      string
	Snapshot  *Snapshot // nil: this delivery is about a refund or a deletion only
	Refunds   []Refund
	DeletedAt time.Time // non-zero: the store said the order is gone
	// Undated says that DeletedAt is only when we were told: the order was put
	// into the bin at some time before. Restored says that it was taken out.
	Undated  bool `json:",omitempty"`
	Restored bool `json:",omitempty"`
	// Key tells this delivery from another one that says the same. It matters
	// to Undated and Restored only.
	Key uint64 `json:",omitempty"`
}
