package attribution

import (
	"slices"

	"tributary/internal/domain/order"
)

type selfSignal uint8

const (
	notSelf selfSignal = iota
	weakSelf
	strongSelf
)

// selfReferral compares buyer and influencer. Any of customer id, e-mail,
// phone and shipping address is strong; the order coming from an address the
// influencer is known by is weak. That a click and its order share an address
// says nothing: it is what every honest purchase looks like.
func selfReferral(inf *Influencer, c *order.Customer) selfSignal {
	switch {
	case inf.CustomerID != 0 && inf.CustomerID == c.ID,
		c.EmailHash != "" && slices.Contains(inf.EmailHashes, c.EmailHash),
		c.PhoneHash != "" && slices.Contains(inf.PhoneHashes, c.PhoneHash),
		c.AddressHash != "" && inf.AddressHash == c.AddressHash:
		return strongSelf
	case c.IPHash != "" && slices.Contains(inf.IPHashes, c.IPHash):
		return weakSelf
	}
	return notSelf
}
