package obs_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tributary/internal/obs"
)

var (
	ours      = regexp.MustCompile(`\b(tributary|go|process)_[a-z_]+\b`)
	described = regexp.MustCompile(`fqName: "([a-z_]+)"`)
)

// metrics is every metric the program can ever show.
func metrics() map[string]bool {
	ch := make(chan *prometheus.Desc, 1000)
	obs.NewMetrics("test").Registry.Describe(ch)
	close(ch)
	all := map[string]bool{}
	for d := range ch {
		all[described.FindStringSubmatch(d.String())[1]] = true
	}
	return all
}

// asked is the metrics that a text names, histograms by their own name.
func asked(text string) map[string]bool {
	all := map[string]bool{}
	for _, name := range ours.FindAllString(text, -1) {
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, part)
		}
		all[name] = true
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheDashboardShowsEveryMetricThatExistsAndNoOther(t *testing.T) {
	t.Parallel()
	var board struct {
		Panels []struct {
			Title, Description string
			Type               string
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "../../deploy/grafana/tributary.json")), &board); err != nil {
		t.Fatal(err)
	}
	have, shown := metrics(), map[string]bool{}
	for _, p := range board.Panels {
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("the panel %q says or shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			for name := range asked(target.Expr) {
				shown[name] = true
				if !have[name] {
					t.Errorf("the panel %q asks for %s, which does not exist", p.Title, name)
				}
			}
		}
	}
	for name := range have {
		if strings.HasPrefix(name, "tributary_") && !shown[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}

// others are names that are no metrics: database roles, cookies, the shortcode.
var others = map[string]bool{"tributary_app": true, "tributary_portal": true, "tributary_owner": true, "tributary_consent": true, "tributary_visitor": true, "tributary_page": true}

func TestAlarmsAndDocumentsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	have := metrics()
	for _, path := range []string{"../../deploy/prometheus/tributary.rules.yaml", "../../docs/operations.md"} {
		for name := range asked(read(t, path)) {
			if strings.HasPrefix(name, "tributary_") && !have[name] && !others[name] {
				t.Errorf("%s names %s, which is no metric", path, name)
			}
		}
	}
}
