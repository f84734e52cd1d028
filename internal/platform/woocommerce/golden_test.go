package woocommerce_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/woocommerce"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	fixtures = "../../../testdata/woocommerce"
	secret   = `s3cr&t<"x">'`
)

var at = time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)

// plain stands in for the keyed hash, to show what would have been hashed.
func plain(s string) string { return "h(" + s + ")" }

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// captured reads a captured delivery's headers.
func captured(t testing.TB, name string) http.Header {
	t.Helper()
	var c struct{ Headers [][2]string }
	if err := json.Unmarshal(load(t, name), &c); err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for _, kv := range c.Headers {
		h.Set(kv[0], kv[1])
	}
	return h
}

func TestEveryCapturedDeliveryVerifiesAndBecomesWhatItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(fixtures, "*.body"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".body")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, header := load(t, name+".body"), captured(t, name+".headers.json")
			hd, missing := woocommerce.ReadHeaders(header)
			if ping := woocommerce.IsPing(header, body); ping != (name == "live_webhook_ping") {
				t.Fatalf("IsPing = %v", ping)
			} else if !ping {
				if len(missing) > 0 {
					t.Fatalf("missing %v", missing)
				}
				if !woocommerce.Verify(body, hd.Signature, secret) {
					t.Fatal("the signature does not verify")
				}
				if woocommerce.Verify(append(body[:len(body):len(body)], ' '), hd.Signature, secret) {
					t.Fatal("another body verifies too")
				}
			}
			m, err := woocommerce.Decode(hd.Topic, body, at, plain)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join(fixtures, name+".golden"), m)
		})
	}
}

// An order read over REST is the same resource that a webhook carries.
func TestEveryCapturedOrderReadOverRESTBecomesWhatItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"live_order_coupon_attribution", "live_order_rest_created"} {
		m, err := woocommerce.Decode("order.updated", load(t, name+".json"), at, plain)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, filepath.Join(fixtures, name+".golden"), m)
	}
}

func TestEveryCapturedRefundBecomesWhatItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	for name, orderID := range map[string]int64{"live_order_refunds_list": 13, "live_refund_amount_only": 13, "live_refund_partial_line": 13, "live_refund_full_lines": 23} {
		f, err := woocommerce.DecodeRefunds(orderID, "USD", load(t, name+".json"), at)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compare(t, filepath.Join(fixtures, name+".golden"), platform.Message{Kind: platform.Order, Fact: f})
	}
}

func compare(t *testing.T, golden string, m platform.Message) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"kind": m.Kind.String(), "reason": m.Reason, "fact": m.Fact}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; run with -update and look at the difference\n%s", golden, got.String())
	}
}
