package web_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tributary/internal/sandbox"
)

// paired is a WooCommerce store whose plugin knows us.
func paired(t *testing.T) *front {
	t.Helper()
	f := newFront(t, sandbox.WooCommerce)
	f.store.InstallPlugin()
	f.shop.post("/plugin/pair", m{}).is(200)
	return f
}

func TestAPairedPluginOpensTheMerchantAppOfItsShopAndNoOther(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.WooCommerce)
	api := func(token string) reply {
		return f.plain("GET", "/api/v1/plugin", "", "", "Authorization", "Bearer "+token)
	}
	api(f.store.WooSessionToken(7)).problem(401, "invalid_session_token") // it knows no key yet
	f.store.InstallPlugin()
	f.shop.post("/plugin/pair", m{}).is(200)
	if r := api(f.store.WooSessionToken(7)); r.status != 200 || !strings.Contains(string(r.body), f.store.URL()) {
		t.Errorf("%d %s", r.status, r.body)
	}
	f.a.post("/plugin/pair", m{}).problem(409, "no_plugin")
	if got := f.a.get("/plugin").is(200); got["connected"] != false {
		t.Errorf("%v", got)
	}
}

func TestTheSiteGetsItsOwnPublishedPagesOnly(t *testing.T) {
	t.Parallel()
	f := paired(t)
	f.publishes("anna", "Hello")
	f.a.page(f.a.agreed("ben"), "ben", simple("Somebody else's"))
	pages := f.store.WooSessionToken(0)
	got := f.plain("GET", "/plugin/pages", "", "", "Authorization", "Bearer "+pages).is(200).list("pages")
	if len(got) != 1 || got[0].str("slug") != "anna" || got[0].str("state") != "shown" || got[0].obj("data").str("title") != "Hello" {
		t.Errorf("%v", got)
	}
	for _, bad := range []string{"", "Basic x", "Bearer " + pages[:len(pages)-2], "Bearer " + f.shop.write} {
		f.plain("GET", "/plugin/pages", "", "", "Authorization", bad).problem(401, "invalid_session_token")
	}
	f.clock.set(f.clock.now().Add(2 * time.Minute))
	f.plain("GET", "/plugin/pages", "", "", "Authorization", "Bearer "+pages).problem(401, "invalid_session_token")
}

// driven runs the real plugin.
func driven(t *testing.T, in m) (out struct{ Admin, Pages, Markup string }) {
	t.Helper()
	php, err := exec.LookPath("php")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("PHP is missing")
		}
		t.Skip("PHP is missing")
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), php, "../../integrations/woocommerce/tests/drive.php")
	cmd.Stdin = bytes.NewReader(b)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(answer, &out)
	}
	if err != nil {
		t.Fatalf("%v %s %s", err, stderr.String(), answer)
	}
	return out
}

func TestThePluginItselfSignsWhatWeTakeAndShowsWhatWeSend(t *testing.T) {
	t.Parallel()
	f := paired(t)
	f.publishes("anna", `Anna's "pans" [gallery] {{ x }} <b>`)
	kid, key, api := f.store.PluginKey()
	base := m{"kid": kid, "key": base64.RawURLEncoding.EncodeToString(key), "api": api, "store": f.store.URL(), "show": "anna", "pages": []m{}}
	first := driven(t, base)
	if r := f.plain("GET", "/api/v1/plugin", "", "", "Authorization", "Bearer "+first.Admin); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r := f.plain("GET", "/plugin/pages", "", "", "Authorization", "Bearer "+first.Pages).is(200)
	base["pages"] = r["pages"]
	markup := driven(t, base).Markup
	for _, want := range []string{
		"<h2>Anna&#39;s &#34;pans&#34; &#91;gallery&#93; &#123;&#123; x &#125;&#125; &lt;b&gt;</h2>", "<p>Two &lt;b&gt;.</p>", "is paid when you buy through this page.", `rel="sponsored nofollow">Go</a>`,
		"<summary>&#123;&#123; shop.name &#125;&#125;?</summary>",
	} {
		if !strings.Contains(markup, want) {
			t.Errorf("no %q in %s", want, markup)
		}
	}
	if head, err := base64.RawURLEncoding.DecodeString(first.Admin[:strings.Index(first.Admin, ".")]); err != nil || !strings.Contains(string(head), kid) {
		t.Errorf("%s %v", head, err)
	}
}

func TestAPluginIsPairedByItselfWhenItComesAndNothingFailsWithoutOne(t *testing.T) {
	t.Parallel()
	f := newFront(t, sandbox.WooCommerce)
	f.works() // the store was connected with keys
	waits := func() []m { return f.shop.get("/outbox?state=ready").is(200).list("data") }
	if w := waits(); len(w) != 1 || w[0].str("kind") != "plugin:pair" {
		t.Fatalf("%v", w)
	}
	f.store.InstallPlugin()
	f.clock.set(f.clock.now().Add(time.Hour))
	f.works()
	if kid, _, api := f.store.PluginKey(); kid == "" || api != "https://go.example.com" || f.shop.get("/plugin").is(200)["connected"] != true {
		t.Error("it is not paired")
	}

	never := newFront(t, sandbox.WooCommerce)
	for range 10 {
		never.works()
		never.clock.set(never.clock.now().Add(25 * time.Hour))
	}
	if ready, failed := never.shop.get("/outbox?state=ready").is(200).list("data"), never.shop.get("/outbox?state=failed").is(200).list("data"); len(ready)+len(failed) != 0 {
		t.Errorf("%v %v", ready, failed)
	}
}
