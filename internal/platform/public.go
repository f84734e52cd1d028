package platform

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrPrivate is returned by connections that would lead to an address which is
// not on the public internet.
var ErrPrivate = errors.New("a private address")

// CarefulTransport calls hosts that somebody else named: it connects to public
// addresses only, unless private ones are allowed for development. It looks at
// the address that is about to be called, so a name cannot change its meaning
// after it was checked.
func CarefulTransport(private bool, answerWithin time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !private && !PublicAddress(ap.Addr()) {
			return ErrPrivate
		}
		return nil
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		ResponseHeaderTimeout: answerWithin, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
	}
}

// NoRedirect leaves a redirect to who called: what follows it may be anywhere.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// PublicAddress tells whether an address is on the public internet.
func PublicAddress(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// special is what else is not the public internet: this network, shared address
// space, what is kept for documents, tests and protocols, and IPv6 that carries
// an IPv4 address.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}
