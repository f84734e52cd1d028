package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"strings"
	"testing"

	"tributary/internal/pgtest"
	"tributary/jobs"
)

// tributary runs the program as main does, on a database of the test's own.
type tributary struct{ t *testing.T }

// on makes a migrated database and settings that lead to it.
func on(t *testing.T) tributary {
	t.Helper()
	bare(t)
	t.Setenv("DATABASE_URL", pgtest.New(t))
	return tributary{t}
}

// bare is no settings at all, and a DATA_DIR of the test's own.
func bare(t *testing.T) tributary {
	t.Helper()
	for _, name := range []string{"DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "ENV", "LISTEN", "LOG_LEVEL", "SECRET_KEYS"} {
		t.Setenv(name, "")
	}
	t.Setenv("DATA_DIR", t.TempDir())
	return tributary{t}
}

// run expects an exit code and returns what was printed.
func (p tributary) run(code int, args ...string) (out, said string) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(args, &stdout, &stderr); got != code {
		p.t.Fatalf("tributary %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// says is run that looks for words in what was printed, on either stream.
func (p tributary) says(code int, words string, args ...string) {
	p.t.Helper()
	out, said := p.run(code, args...)
	if !strings.Contains(out+said, words) {
		p.t.Errorf("tributary %s does not say %q:\n%s%s", strings.Join(args, " "), words, out, said)
	}
}

func TestEveryTaskHasAUseCaseToCall(t *testing.T) {
	t.Parallel()
	o := jobs.Options{RedisURL: "redis://127.0.0.1:1/0", Concurrency: 1, Log: slog.New(slog.DiscardHandler)}
	sys := &system{}
	if _, err := jobs.NewServer(o, sys.work(), nil); err != nil {
		t.Error(err)
	}
	if _, err := jobs.NewServer(o, jobs.Work{Drain: sys.work().Drain}, nil); err == nil || !strings.Contains(err.Error(), "Holds") {
		t.Errorf("a task without a use case: %v", err)
	}
}

func TestAWrongCommandIsRefusedWithTheOneThatMayBeMeant(t *testing.T) {
	p := bare(t)
	p.says(2, `did you mean "tributary verify"?`, "verfy")
	p.says(2, `did you mean "tributary shop add"?`, "shop", "ad")
	p.says(2, `did you mean "tributary config check"?`, "config", "chek")
	p.says(2, "See: tributary --help", "nonsense")
	p.says(2, "See: tributary serve --help", "serve", "--wrk")
	p.says(0, "Available Commands", "shop")
	p.says(0, "Run:", "help")
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		if !c.Hidden && (c.Short == "" || c.GroupID == "") {
			t.Errorf("%s has no text or no group", c.Name())
		}
		for _, sub := range c.Commands() {
			if sub.Short == "" {
				t.Errorf("%s %s has no text", c.Name(), sub.Name())
			}
		}
	}
}

func TestAllWrongFlagsAreToldAtOnce(t *testing.T) {
	p := bare(t)
	for _, flag := range []string{"--shop", "--period"} {
		p.says(2, flag+" must", "close", "--period", "2026-13")
	}
	for _, field := range []string{"domain", "currency", "time_zone"} {
		on(t).says(2, field, "shop", "add", "--platform", "shopify", "--domain", "x", "--currency", "XXX", "--time-zone", "Mars")
	}
}

func TestAShopIsAddedGetsAKeyAndLosesIt(t *testing.T) {
	p := on(t)
	p.says(0, "There is no shop yet", "shop", "list")
	p.says(0, "apikey create --shop a.myshopify.com", "shop", "add", "--platform", "shopify", "--domain", "a.myshopify.com", "--time-zone", "America/New_York")
	p.says(5, "added already", "shop", "add", "--platform", "shopify", "--domain", "a.myshopify.com")
	out, _ := p.run(0, "shop", "add", "--platform", "woocommerce", "--domain", "shop.example", "--json")
	var added addedShop
	if err := json.Unmarshal([]byte(out), &added); err != nil || !strings.HasPrefix(added.DeliveryURL, "http://127.0.0.1:8080/webhooks/woocommerce/") || added.Secret == "" {
		t.Errorf("%v %+v", err, added)
	}
	p.says(0, "shop.example", "shop", "list")

	out, _ = p.run(0, "apikey", "create", "--shop", "a.myshopify.com", "--scope", "read", "--json")
	var key struct {
		ID         json.Number
		Key, Scope string
	}
	if err := json.Unmarshal([]byte(out), &key); err != nil || !strings.HasPrefix(key.Key, "trb_") || key.Scope != "read" {
		t.Fatalf("%v %s", err, out)
	}
	p.says(4, "no live key 999", "apikey", "revoke", "--shop", "a.myshopify.com", "--id", "999")
	p.says(4, "There is no shop", "apikey", "revoke", "--shop", "b.myshopify.com", "--id", key.ID.String())
	p.says(4, "no live key", "apikey", "revoke", "--shop", "shop.example", "--id", key.ID.String()) // another shop's
	p.says(0, "Revoked", "apikey", "revoke", "--shop", "a.myshopify.com", "--id", key.ID.String())
	p.says(4, "no live key", "apikey", "revoke", "--shop", "a.myshopify.com", "--id", key.ID.String())
	p.says(0, `"revoked_at"`, "apikey", "list", "--shop", "a.myshopify.com", "--json")
}

func TestAMonthIsClosedOnceAndSaysSo(t *testing.T) {
	p := on(t)
	p.run(0, "shop", "add", "--platform", "shopify", "--domain", "a.myshopify.com")
	p.says(0, "Closed 2020-01 as batch bat_", "close", "--shop", "a.myshopify.com", "--period", "2020-01")
	p.says(0, "was closed before", "close", "--shop", "a.myshopify.com", "--period", "2020-01")
	p.says(0, `"already_closed": true`, "close", "--shop", "a.myshopify.com", "--period", "2020-01", "--json")
	p.says(5, "has not ended", "close", "--shop", "a.myshopify.com", "--period", "2999-01")
}

func TestChecksOfAnEmptyDatabaseFindNothing(t *testing.T) {
	p := on(t)
	p.says(0, "0 differences", "verify")
	p.says(0, "The schema is at version", "migrate")
	p.run(0, "shop", "add", "--platform", "shopify", "--domain", "a.myshopify.com")
	p.says(0, "1 shop, 0 differences", "verify")
	p.says(4, "There is no shop", "verify", "--shop", "b.myshopify.com")
}

func TestWhatDoesNotAnswerIsNamed(t *testing.T) {
	p := bare(t)
	t.Setenv("LISTEN", "127.0.0.1:1")
	p.says(3, "the server on 127.0.0.1:1", "health")
	t.Setenv("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/x")
	_, said := p.run(3, "verify")
	if !strings.Contains(said, "PostgreSQL (DATABASE_URL) does not answer") || strings.Contains(said, "secret") {
		t.Error(said)
	}
}

func TestAnAddressInUseIsNamed(t *testing.T) {
	p := on(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // held for the length of the test
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("LISTEN", l.Addr().String())
	p.says(5, "another program listens on "+l.Addr().String(), "serve")
}

func TestEverySettingsProblemIsToldAndNoSecret(t *testing.T) {
	p := bare(t)
	t.Setenv("WORKERS", "900")
	t.Setenv("LISTEN", "nowhere")
	t.Setenv("OPERATOR_TOKEN", "hunter2")
	for _, name := range []string{"WORKERS must be", "LISTEN must be", "OPERATOR_TOKEN is too short"} {
		p.says(2, name, "config", "check")
		p.says(2, name, "serve")
	}
	out, said := p.run(2, "config", "check", "--json")
	if strings.Contains(out+said, "hunter2") {
		t.Error("a secret is shown")
	}
	var report configReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.OK || len(report.Problems) != 3 {
		t.Errorf("%v %+v", err, report)
	}
}

func TestResetAsksAndSparesOtherDatabases(t *testing.T) {
	p := bare(t)
	p.says(2, "--yes", "reset")
	p.says(0, "Deleted", "reset", "--yes")
	t.Setenv("DATABASE_URL", "postgres://db/x")
	p.says(5, "will not touch", "reset", "--yes")
}

func TestSimulateShowsConventionsAndRefundPoliciesSideBySide(t *testing.T) {
	p := bare(t)
	dir := "../testdata/simulate/"
	out, _ := p.run(0, "simulate", "--terms", dir+"tiers.json", "--orders", dir+"orders_refunded.json")
	for _, want := range []string{
		"split_at_boundary             22.00   17.00  as drafted", // 28.00 − 6.00, and 17.00 as if the order had never been
		"retroactive_all               28.00   21.00",
		"Two amounts: refunds at the original rate / refunds folded anew.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for upTo, want := range map[string][2]string{ // 49, 50, 120 and all 230 sales
		"2026-09-03T09:00:00Z": {"replace       0.00  as drafted", "additive      0.00"},
		"2026-09-03T10:00:00Z": {"replace     100.00  as drafted", "additive    100.00"},
		"2026-09-06T08:00:00Z": {"replace     300.00  as drafted", "additive    400.00"},
		"2027-01-01":           {"replace     500.00  as drafted", "additive    900.00"},
	} {
		out, _ := p.run(0, "simulate", "--terms", dir+"milestones.json", "--orders", dir+"sales.ndjson", "--to", upTo)
		if !strings.Contains(out, want[0]) || !strings.Contains(out, want[1]) {
			t.Errorf("to %s: no %q in\n%s", upTo, want, out)
		}
	}
}

func TestSimulateTellsAllThatIsWrongAtOnce(t *testing.T) {
	p := bare(t)
	dir := "../testdata/simulate/"
	for _, words := range []string{"--limit must", "--time-zone must", "--from must", "--orders are instead"} {
		p.says(2, words, "simulate", "--terms", "x", "--orders", "x", "--shop", "x", "--limit", "-1", "--time-zone", "Mars", "--from", "x")
	}
	for _, words := range []string{"terms.currency must", "orders[0] is neither"} {
		p.says(2, words, "simulate", "--terms", dir+"broken_terms.json", "--orders", dir+"tiers.json")
	}
	p.says(2, "no such file", "simulate", "--terms", "nowhere.json")
	p.says(2, "it ends before it begins", "simulate", "--terms", dir+"tiers.json", "--orders", dir+"orders.json", "--from", "2026-11-01", "--to", "2026-10-01")
	p.says(4, "no influencer", "simulate", "--terms", dir+"tiers.json", "--orders", dir+"orders.json", "--influencer", "nobody")
}
