package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// These tests break real processes in the middle of a flood of webhooks and
// hold what is left against what was acknowledged and what the stores reckon.

func TestAKilledWorkerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.serve()
	rng := rand.New(rand.NewPCG(1, 1))
	worker := s.work()
	f := s.flood(1)
	for kill := range 5 {
		f.until(50 + 150*kill + rng.IntN(100))
		s.atWork(s.settled())
		time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond) // somewhere in a transaction
		worker.kill()
		worker = s.work()
	}
	f.over()
	s.sound()
}

func TestAKilledServerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	server := s.serve()
	s.work()
	rng := rand.New(rand.NewPCG(2, 1))
	f := s.flood(2)
	for kill := range 4 {
		f.until(100 + 200*kill + rng.IntN(150))
		server.kill()
		server = s.serve()
	}
	f.over()
	if f.cut.Load() == 0 {
		t.Error("no request was cut off: nothing was tested")
	}
	s.sound()
}

func TestAKilledPostgresIsWaitedForWithoutALie(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	server, worker := s.serve(), s.work()
	f := s.flood(3)

	// The postmaster is killed and comes back by itself.
	f.until(150)
	s.killPostmaster()
	f.until(350)

	// It hangs for longer than a platform waits.
	unlock := s.lock("deliveries")
	f.refuses(floodSenders)
	unlock()
	f.until(500)

	// It is gone for a while.
	s.stopPostgres()
	f.refuses(5 * floodSenders)
	if code, body := s.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, `"database","ok":false`) {
		t.Errorf("readyz without PostgreSQL: %d %s", code, body)
	}
	if code, body := s.get("/healthz"); code != http.StatusOK {
		t.Errorf("healthz without PostgreSQL: %d %s", code, body)
	}
	s.startPostgres()
	f.until(700)
	s.killPostmaster()

	f.over()
	s.sound()
	if !server.running() || !worker.running() {
		t.Error("a process has ended")
	}
	if code, body := s.get("/readyz"); code != http.StatusOK {
		t.Errorf("readyz when all is well again: %d %s", code, body)
	}
}

func TestWithoutRedisTheWorkIsOnlyLate(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	server, worker := s.serve(), s.work()
	f := s.flood(4)
	f.until(150)
	s.redis.flush()
	f.until(250)
	s.redis.proc.kill()
	f.until(400)
	if code, body := s.get("/readyz"); code != http.StatusOK || !strings.Contains(body, `"redis","ok":false`) {
		t.Errorf("readyz without Redis: %d %s", code, body)
	}
	s.redis.start()
	before := s.settled()
	f.until(600)
	s.atWork(before)
	if !server.running() || !worker.running() {
		t.Error("a process has ended")
	}

	// What comes while nobody works is in no queue any more: only the sweep can
	// find it.
	worker.terminate()
	f.over()
	s.redis.flush()
	n, err := s.count("SELECT count(*) FROM deliveries WHERE state < 2")
	if err != nil || n == 0 {
		t.Fatalf("%d deliveries wait, %v: nothing is tested", n, err)
	}
	s.work()
	s.sound()
	if n := f.refused.Load() + f.cut.Load(); n > 0 {
		t.Errorf("%d deliveries were refused because of Redis", n)
	}
}
