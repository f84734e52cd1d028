package payout

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"

	"tributary/internal/domain/period"
	"tributary/internal/store"
)

// Why a balance is carried instead of paid.
const (
	ReasonNegative  = "negative_balance" // the influencer owes; sales to come pay it off
	ReasonNothing   = "zero_balance"
	ReasonThreshold = "below_threshold"    // of the signed terms
	ReasonRail      = "below_rail_minimum" // the rail does not pay so little
	ReasonBanned    = "influencer_banned"
	ReasonTaxForm   = "tax_form_missing"
	ReasonMethod    = "no_payout_method"
)

// railMinimum is the smallest payout each rail makes, in minor units of any
// currency. A payout method that is not here cannot be paid.
var railMinimum = map[string]int64{"csv": 1}

// decide is R-32: the whole net balance, or nothing with the reason. The
// threshold is compared with the balance over all agreements.
func decide(balance, threshold int64, p *store.Payee) (pay int64, reason string) {
	least, payable := railMinimum[p.Method]
	switch {
	case balance < 0:
		return 0, ReasonNegative
	case balance == 0:
		return 0, ReasonNothing
	case p.Banned:
		return 0, ReasonBanned
	case balance < threshold:
		return 0, ReasonThreshold
	case p.TaxForm == "missing":
		return 0, ReasonTaxForm
	case !payable:
		return 0, ReasonMethod
	case balance < least:
		return 0, ReasonRail
	}
	return balance, ""
}

// key is R-33: it names a payout to the outside by who is paid, for when, and
// for which journals, so that no rail takes the same payout twice.
func key(shopID, influencerID int64, currency string, month period.Month, journals []byte) string {
	h := sha256.New()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(shopID))       //nolint:gosec // only hashed
	binary.BigEndian.PutUint64(b[8:], uint64(influencerID)) //nolint:gosec // only hashed
	h.Write(b[:])
	_, _ = io.WriteString(h, currency+"\n"+string(month)+"\n")
	h.Write(journals)
	return hex.EncodeToString(h.Sum(nil))
}
