package embedded

import (
	"fmt"
	"log/slog"

	"github.com/alicebob/miniredis/v2"
)

// Redis is an in-process Redis on a free loopback port. What it holds (queued
// wake-ups) ends with the process; PostgreSQL is the truth and a sweep queues
// again what is due.
type Redis struct{ m *miniredis.Miniredis }

// StartRedis starts it and says what it is.
func StartRedis(log *slog.Logger) (*Redis, error) {
	m := miniredis.NewMiniRedis()
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start in-process redis: %w", err)
	}
	log.Info("REDIS_URL is not set: queued wake-ups live in memory; nothing is lost when they are, PostgreSQL is the truth", "redis", m.Addr())
	return &Redis{m: m}, nil
}

// URL is what REDIS_URL would say.
func (r *Redis) URL() string { return "redis://" + r.m.Addr() + "/0" }

// Stop ends it with all it holds.
func (r *Redis) Stop() { r.m.Close() }
