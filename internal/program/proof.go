package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Internet is the Proof that asks DNS and the host itself. It connects to public
// addresses only: the host's name is whatever somebody has typed.
type Internet struct {
	Resolver *net.Resolver // nil: the machine's

	client *http.Client
}

// NewInternet makes an Internet.
func NewInternet() *Internet {
	dial := net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error { return public(address) }}
	return &Internet{client: &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{DialContext: dial.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 5 * time.Second, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// TXT is for Proof.
func (i *Internet) TXT(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r := i.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	records, err := r.LookupTXT(ctx, name)
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
		return nil, nil
	}
	return records, err
}

// Token is for Proof. HTTPS is not needed: the token is no secret, and a host
// that points here may have no certificate yet.
func (i *Internet) Token(ctx context.Context, host, token string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/.well-known/tributary/"+token, nil)
	if err != nil {
		return "", err
	}
	res, err := i.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", nil
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 256))
	return string(b), err
}

// public refuses addresses of this machine and of its networks.
func public(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := a.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || carrier.Contains(ip) || a.Port() != 80 {
		return fmt.Errorf("%s is no public web address", address)
	}
	return nil
}

// carrier is the shared address space of RFC 6598.
var carrier = netip.MustParsePrefix("100.64.0.0/10")
