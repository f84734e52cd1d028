package shopify_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
)

var (
	comment = regexp.MustCompile(`(?m)^\s*#.*$`)
	topics  = regexp.MustCompile(`(?s)\b(compliance_)?topics\s*=\s*\[(.*?)\]`)
	quoted  = regexp.MustCompile(`"([^"]*)"`)
	uris    = regexp.MustCompile(`\buri\s*=\s*"([^"]*)"`)
	version = regexp.MustCompile(`\bapi_version\s*=\s*"([^"]*)"`)
	scopes  = regexp.MustCompile(`(?m)^scopes\s*=\s*"([^"]*)"`)
)

func TestTheAppSubscribesToJustWhatIsDecoded(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../shopify.app.toml")
	if err != nil {
		t.Fatal(err)
	}
	toml := comment.ReplaceAllString(string(raw), "")
	var subscribed, compliance []string
	for _, m := range topics.FindAllStringSubmatch(toml, -1) {
		for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
			if m[1] == "" {
				subscribed = append(subscribed, q[1])
			} else {
				compliance = append(compliance, q[1])
			}
		}
	}
	want, wantCompliance := shopify.Topics()
	slices.Sort(subscribed)
	slices.Sort(want)
	slices.Sort(compliance)
	slices.Sort(wantCompliance)
	if !slices.Equal(subscribed, want) || !slices.Equal(compliance, wantCompliance) {
		t.Errorf("subscribed to %v and %v, decoded are %v and %v", subscribed, compliance, want, wantCompliance)
	}
	if m := version.FindStringSubmatch(toml); m == nil || m[1] != shopify.APIVersion {
		t.Errorf("api_version %v, the code is for %s", m, shopify.APIVersion)
	}
	for _, m := range uris.FindAllStringSubmatch(toml, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "https://") {
			t.Errorf("%s is not HTTPS", m[1])
		}
	}
	if m := scopes.FindStringSubmatch(toml); m == nil || m[1] != "read_orders,write_discounts" {
		t.Errorf("scopes %v: more than the code uses fails review", m)
	}
	if regexp.MustCompile(`(?i)secret|shpss_|shpat_`).MatchString(toml) {
		t.Error("there must be no secret in it")
	}
}

func TestEveryTopicSubscribedToIsDecoded(t *testing.T) {
	t.Parallel()
	subscribed, compliance := shopify.Topics()
	for _, topic := range append(subscribed, compliance...) {
		m, err := shopify.Decode(topic, []byte(`{}`), time.Time{}, nil)
		if err == nil && m.Kind == platform.Ignored && strings.Contains(m.Reason, topic) {
			t.Errorf("%s is not known to Decode", topic)
		}
	}
}

func TestTheAppProxyIsWhereTheThemeExtensionAndTheServerExpectIt(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		b, err := os.ReadFile("../../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	toml := read("shopify.app.toml")
	for _, want := range []string{`(?m)^url = "/proxy"$`, `(?m)^prefix = "apps"$`, `(?m)^subpath = "creator"$`} {
		if !regexp.MustCompile(want).MatchString(toml) {
			t.Errorf("no %s", want)
		}
	}
	if !strings.Contains(read("extensions/tributary-pages/blocks/visits.liquid"), `data-proxy="/apps/creator"`) {
		t.Error("the app embed counts views elsewhere")
	}
	if !strings.Contains(read("extensions/tributary-pages/snippets/tributary-page.liquid"), "entry.sections.value") || !strings.Contains(read("extensions/tributary-pages/blocks/page.liquid"), "metaobjects['"+shopify.PageType+"']") {
		t.Error("the blocks read another metaobject")
	}
}
