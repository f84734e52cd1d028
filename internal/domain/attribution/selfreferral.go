package attribution

import (
	"slices"

	"tributary/internal/domain/order"
)

// selfReferral tells whether the buyer is the influencer: any of customer
// id, e-mail, phone and shipping address says so. The rule's weak signal, an
// order from an address the influencer is known by, needs sessions of the
// influencer's own to know addresses from; see docs/decisions.md.
func selfReferral(inf *Influencer, c *order.Customer) bool {
	return inf.CustomerID != 0 && inf.CustomerID == c.ID ||
		c.EmailHash != "" && slices.Contains(inf.EmailHashes, c.EmailHash) ||
		c.PhoneHash != "" && slices.Contains(inf.PhoneHashes, c.PhoneHash) ||
		c.AddressHash != "" && inf.AddressHash == c.AddressHash
}
