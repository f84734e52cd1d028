package web

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"tributary/internal/errs"
)

// limiter gives every key (an address, an API key) a token bucket of its own.
// Its memory is bounded: two generations of at most max buckets; a bucket not
// used for a whole generation is forgotten, which only ever makes it full.
type limiter struct {
	every rate.Limit
	burst int
	max   int

	mu       sync.Mutex
	now, old map[string]*rate.Limiter
}

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{every: rate.Limit(perSecond), burst: burst, max: 8192, now: map[string]*rate.Limiter{}}
}

func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.now[key]; ok {
		return b
	}
	b, ok := l.old[key]
	if !ok {
		b = rate.NewLimiter(l.every, l.burst)
	}
	if len(l.now) >= l.max {
		l.old, l.now = l.now, make(map[string]*rate.Limiter, l.max)
	}
	l.now[key] = b
	return b
}

// Take takes a token and reports whether there was one.
func (l *limiter) Take(key string) bool { return l.bucket(key).Allow() }

var errTooMany = errs.New(errs.TooMany, "too_many_requests", "Too many requests. Wait for as long as Retry-After says.")

// addressKey is the address a bucket belongs to: an IPv4 address, or the /64
// that one IPv6 customer usually has.
func addressKey(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
