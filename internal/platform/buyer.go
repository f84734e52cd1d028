package platform

import (
	"net/netip"
	"strings"

	"tributary/internal/domain/order"
)

// Hash is the shop's keyed hash. Its methods give it the one form of a
// value that compares equal across spellings, so that everything that is to be
// compared with an order's buyer must go through them. Nothing in, nothing out.
type Hash func(string) string

// Email hashes the mailbox behind an address.
func (h Hash) Email(s string) string { return h.of(order.NormalEmail(s)) }

// Phone hashes the digits of a phone number.
func (h Hash) Phone(s string) string { return h.of(order.NormalPhone(s)) }

// Address hashes the words of a street address. Without street or postal code
// it names no place.
func (h Hash) Address(street, second, postcode, country string) string {
	if strings.TrimSpace(street) == "" || strings.TrimSpace(postcode) == "" {
		return ""
	}
	return h.of(order.NormalAddress(street, second, postcode, country))
}

// IP hashes an IP address; an IPv4 address in IPv6 clothing is that address.
func (h Hash) IP(s string) string {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || a.IsUnspecified() {
		return ""
	}
	return h.of(a.Unmap().WithZone("").String())
}

func (h Hash) of(s string) string {
	if s == "" || h == nil {
		return ""
	}
	return h(s)
}
