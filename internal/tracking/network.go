package tracking

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Networks is a set of addresses: those of data centres, from which no shopper
// comes. A nil one is empty.
type Networks struct{ spans []span }

// span is from first to last, both included; 16 bytes each, IPv4 mapped.
type span struct{ first, last [16]byte }

// LoadNetworks reads a file of networks; "" gives none.
func LoadNetworks(path string) (*Networks, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := ParseNetworks(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// ParseNetworks reads one network (192.0.2.0/24, 2001:db8::/32) or address a
// line. What follows # is a remark.
func ParseNetworks(r io.Reader) (*Networks, error) {
	n := &Networks{}
	lines := bufio.NewScanner(r)
	for i := 1; lines.Scan(); i++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if a, aerr := netip.ParseAddr(text); err != nil && aerr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %.60q is no network such as 192.0.2.0/24", i, text)
		}
		n.spans = append(n.spans, spanOf(p.Masked()))
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(n.spans, func(a, b span) int { return slices.Compare(a.first[:], b.first[:]) })
	merged := n.spans[:0]
	for _, s := range n.spans {
		if k := len(merged); k > 0 && slices.Compare(s.first[:], merged[k-1].last[:]) <= 0 {
			if slices.Compare(s.last[:], merged[k-1].last[:]) > 0 {
				merged[k-1].last = s.last
			}
			continue
		}
		merged = append(merged, s)
	}
	n.spans = merged
	return n, nil
}

func spanOf(p netip.Prefix) span {
	s := span{first: p.Addr().As16()}
	s.last = s.first
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		s.last[i/8] |= 1 << (7 - i%8)
	}
	return s
}

// Contains reports whether the address is in one of the networks.
func (n *Networks) Contains(address string) bool {
	if n == nil || len(n.spans) == 0 {
		return false
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	b := a.WithZone("").As16()
	i, found := slices.BinarySearchFunc(n.spans, b, func(s span, b [16]byte) int { return cmp.Compare(slices.Compare(s.first[:], b[:]), 0) })
	if found {
		return true
	}
	return i > 0 && slices.Compare(b[:], n.spans[i-1].last[:]) <= 0
}
