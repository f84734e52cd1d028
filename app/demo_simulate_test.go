package main

import (
	"encoding/json"
	"testing"

	"tributary/internal/sandbox/scenario"
)

func TestTheOwnTermsOfEveryWayToPayGiveWhatIsPosted(t *testing.T) {
	p := on(t)
	for _, name := range []string{"PRIVATE_STORES", "TRUSTED_PROXIES", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"} { // the demo sets them
		t.Setenv(name, "")
	}
	out, _ := p.run(0, "demo", "--once", "--json", "--per-day", "5", "--per-minute", "5", "--live", "1s")
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if want := len(scenario.Shopify) + len(scenario.WooCommerce); r.Simulated != want || r.SimulationDifferences != 0 {
		t.Errorf("of %d agreements, %d simulated, %d differences: %v", want, r.Simulated, r.SimulationDifferences, r.Differences)
	}
	if len(r.Models) != 11 {
		t.Errorf("%d ways to pay", len(r.Models))
	}
	for _, m := range r.Models {
		if m.CommissionMinor == 0 || m.Events == 0 {
			t.Errorf("%s has nothing that could be simulated", m.Model)
		}
	}
}
