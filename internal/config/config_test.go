package config_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"tributary/internal/config"
	"tributary/internal/errs"
	"tributary/internal/seal"
)

var update = flag.Bool("update", false, "write .env.example")

// load reads the settings with exactly these variables set. Tests that use it
// change the process environment and therefore do not run in parallel.
func load(t *testing.T, vars map[string]string) (config.Config, error) {
	t.Helper()
	var c config.Config
	for _, s := range c.Describe() {
		t.Setenv(s.Name, vars[s.Name])
	}
	return config.Load()
}

func problems(t *testing.T, err error) map[string]string {
	t.Helper()
	e := errs.As(err)
	if e == nil {
		t.Fatalf("want an error for people, got %v", err)
	}
	all := map[string]string{}
	for _, f := range e.Fields {
		all[f.Path] += f.Msg
	}
	return all
}

func TestNothingSetIsGoodForTryingOut(t *testing.T) {
	c, err := load(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Production() || !c.Loopback() || c.BaseURL() != "http://127.0.0.1:8080" || c.OwnerURL() != "" {
		t.Errorf("%+v", c)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := load(t, map[string]string{
		"ENV": "staging", "LISTEN": "8080", "DATABASE_URL": "mysql://x", "REDIS_URL": "nonsense", "PUBLIC_URL": "example.com",
		"SECRET_KEYS": "k1:tooshort", "OPERATOR_TOKEN": "short", "SHOPIFY_CLIENT_ID": "abc", "WORKERS": "many", "DELIVERY_RETENTION": "1",
		"SMTP_PORT": "0", "SMTP_TLS": "maybe", "MAIL_FROM": "Anna <anna@example.com>", "DKIM_DOMAIN": "example.com", "SHUTDOWN_TIMEOUT": "fast", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml", "MIGRATE_DATABASE_URL": "no",
	})
	got := problems(t, err)
	for _, name := range []string{
		"ENV", "LISTEN", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEYS",
		"OPERATOR_TOKEN", "SHOPIFY_CLIENT_SECRET", "WORKERS", "DELIVERY_RETENTION", "SHUTDOWN_TIMEOUT", "LOG_LEVEL", "LOG_FORMAT", "SMTP_PORT", "SMTP_TLS", "MAIL_FROM", "DKIM_DOMAIN",
	} {
		if got[name] == "" {
			t.Errorf("%s is not reported", name)
		}
	}
	if strings.Contains(err.Error(), "tooshort") {
		t.Error("a secret is quoted")
	}
}

func TestProductionRefusesDefaultsForTryingOut(t *testing.T) {
	_, err := load(t, map[string]string{"ENV": "production"})
	got := problems(t, err)
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "PUBLIC_URL"} {
		if !strings.Contains(got[name], "production") {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	_, err = load(t, map[string]string{
		"ENV": "production", "DATABASE_URL": "postgres://a@b/c", "REDIS_URL": "redis://r:6379/0",
		"SECRET_KEYS": seal.Generate("k1").String(), "PUBLIC_URL": "https://tributary.example.com/",
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTrustedProxiesAreNetworksOrAddresses(t *testing.T) {
	c, err := load(t, map[string]string{"TRUSTED_PROXIES": "10.1.2.3/8, 127.0.0.1,fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Proxies()
	if err != nil || fmt.Sprint(list) != "[10.0.0.0/8 127.0.0.1/32 fd00::/8]" {
		t.Errorf("%v %v", list, err)
	}
	if _, err := load(t, map[string]string{"TRUSTED_PROXIES": "10.0.0.0/33"}); err == nil || !strings.Contains(err.Error(), "TRUSTED_PROXIES") {
		t.Errorf("%v", err)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	key := seal.Generate("k1").String()
	c, err := load(t, map[string]string{
		"DATABASE_URL": "postgres://anna:hunter2@db:5432/t?sslmode=require", "REDIS_URL": "redis://:hunter2@cache:6379/0",
		"MIGRATE_DATABASE_URL": "postgres://db/t?user=anna&password=hunter2", "SECRET_KEYS": key,
		"OPERATOR_TOKEN": "hunter2hunter2hunter2", "SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "hunter2", "SHOPIFY_CLIENT_SECRET_PREVIOUS": "hunter2",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Describe() {
		if strings.Contains(s.Value, "hunter2") || strings.Contains(s.Value, key) {
			t.Errorf("%s shows %s", s.Name, s.Value)
		}
		if s.Name == "DATABASE_URL" && s.Value != "postgres://anna:********@db:5432/t?sslmode=require" {
			t.Errorf("DATABASE_URL shows %s", s.Value)
		}
	}
}

func TestTheExampleFileListsEverySettingWithItsDefault(t *testing.T) {
	const path = "../../.env.example"
	if *update {
		if err := os.WriteFile(path, []byte(config.Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != config.Example() {
		t.Errorf(".env.example is not current (%v): go test ./internal/config -run Example -update", err)
	}
	var c config.Config
	for _, s := range c.Describe() {
		if s.Name == "" || s.Doc == "" {
			t.Errorf("a setting has no name or no comment: %+v", s)
		}
	}
}

func TestAGeneratedKeyIsKept(t *testing.T) {
	t.Parallel()
	c := config.Config{DataDir: t.TempDir() + "/data"}
	sealed := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			k, err := c.SealingKeys()
			if err != nil {
				t.Error(err)
				return
			}
			sealed[i] = k.Seal([]byte("x"), nil)
		})
	}
	wg.Wait()
	k, err := c.SealingKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if _, err := k.Open(s, nil); err != nil {
			t.Error(err)
		}
	}
	st, err := os.Stat(c.DataDir + "/secret.key")
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	left, _ := os.ReadDir(c.DataDir)
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
