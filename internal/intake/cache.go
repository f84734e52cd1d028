package intake

import (
	"sync"
	"time"
)

// shopCache remembers which shop a verified name belongs to. Only hits are
// kept: a shop that installs a second later must be found.
type shopCache[K comparable, V any] struct {
	mu  sync.RWMutex
	m   map[K]cached[V]
	ttl time.Duration
}

type cached[V any] struct {
	v     V
	until time.Time
}

func newShopCache[K comparable, V any](ttl time.Duration) *shopCache[K, V] {
	return &shopCache[K, V]{m: map[K]cached[V]{}, ttl: ttl}
}

func (c *shopCache[K, V]) get(k K, load func() (V, error)) (V, error) {
	now := time.Now()
	c.mu.RLock()
	e, ok := c.m[k]
	c.mu.RUnlock()
	if ok && now.Before(e.until) {
		return e.v, nil
	}
	v, err := load()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) > 100_000 {
		clear(c.m)
	}
	c.m[k] = cached[V]{v, now.Add(c.ttl)}
	return v, nil
}
