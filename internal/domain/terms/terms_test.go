package terms_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tributary/internal/domain/terms"
	"tributary/internal/errs"
)

const smallest = `{"currency":"USD","components":[{"id":"base","type":"percentage","rate_bps":1000}]}`

const full = `{
  "version":1,"currency":"USD","rounding":"half_up",
  "attribution":{"window_days":14,"precedence":"split","late_touch_seconds":0,"customers":"new_only","self_referral":"allow",
    "binding":{"months":12,"rebind_on_touch":true,"terms":"current"},"split_bps":[4000,6000]},
  "base":{"include_shipping":true,"include_tax":true,"exclude_products":["11"],"exclude_collections":["sale"],"only_products":["12","632910392"],"only_collections":["spring"]},
  "components":[
    {"id":"base","type":"percentage","rate_bps":1000,"tie_by":"best_for_influencer","rules":[
      {"id":"books","products":["12"],"rate_bps":500,"priority":2},{"id":"no-sale","collections":["sale"],"exclude":true,"rate_bps":0},
      {"id":"back","customer":"returning","rate_bps":300}]},
    {"id":"share","type":"revenue_share","rate_bps":3000,"of":"gross_margin"},
    {"id":"order","type":"flat_order","amount":"5","min_net":"10.5","returning_amount":"0"},
    {"id":"item","type":"flat_item","amount":"0.50"},
    {"id":"tiers","type":"rate_tiers","convention":"retroactive_all","basis":"revenue","on_refund":"refold",
     "bands":[{"from":"0","rate_bps":400},{"from":"200","rate_bps":600},{"from":"400.00","rate_bps":800}],"period":{"kind":"rolling_days","days":30}},
    {"id":"goals","type":"milestones","mode":"additive","metric":"orders","count_basis":"recorded","clawback":"always",
     "steps":[{"at":"50","amount":"100"},{"at":"100","amount":"300"}],"period":{"kind":"calendar_quarter"}}
  ],
  "caps":{"per_order":"50","per_period":"","budget":"10000"},
  "refund":{"unlined":"goods_first"},"hold":{"days":0,"from":"delivered_at"},"schedule":"weekly","threshold":"50",
  "disclosure":{"clause":"Say that it is paid.","tags":["#ad","#sponsored"]}
}`

// with replaces a member of the smallest document or adds one.
func with(member string) string { return strings.TrimSuffix(smallest, "}") + "," + member + "}" }

func component(members string) string {
	return `{"currency":"USD","components":[{"id":"a","type":` + members + `}]}`
}

// documents are judged by Parse and by the published schema. schemaBlind marks
// what a JSON Schema cannot say.
var documents = []struct {
	name        string
	doc         string
	wrong       []string // field paths; none: accepted
	schemaBlind bool
}{
	{name: "the smallest", doc: smallest},
	{name: "everything", doc: full},
	{name: "nothing", doc: `{}`, wrong: []string{"terms.components", "terms.currency"}},
	{name: "not an object", doc: `[]`, wrong: []string{"terms", "terms.components", "terms.currency"}},
	{name: "unknown members at two depths", doc: with(`"colour":"red","hold":{"hours":3}`), wrong: []string{"terms.colour", "terms.hold.hours"}},
	{name: "a member without a name", doc: with(`"":0`), wrong: []string{"terms."}},
	{name: "wrong shapes", doc: with(`"hold":{"days":"30"},"base":[],"threshold":50,"caps":{"budget":null},"refund":{"unlined":{}}`),
		wrong: []string{"terms.base", "terms.caps.budget", "terms.hold.days", "terms.refund.unlined", "terms.threshold"}},
	{name: "a fraction of a day", doc: with(`"hold":{"days":1.5}`), wrong: []string{"terms.hold.days"}},
	{name: "a lower-case currency", doc: strings.Replace(smallest, "USD", "usd", 1), wrong: []string{"terms.currency"}},
	{name: "no such currency", doc: strings.Replace(smallest, "USD", "AAA", 1), wrong: []string{"terms.currency"}, schemaBlind: true},
	{name: "a version to come", doc: with(`"version":2`), wrong: []string{"terms.version"}},
	{name: "another rounding", doc: with(`"rounding":"half_even"`), wrong: []string{"terms.rounding"}},
	{name: "no precedence of ours", doc: with(`"attribution":{"precedence":"loudest"}`), wrong: []string{"terms.attribution.precedence"}},
	{name: "no window", doc: with(`"attribution":{"window_days":0}`), wrong: []string{"terms.attribution.window_days"}},
	{name: "split by default", doc: with(`"attribution":{"precedence":"split"}`)},
	{name: "shares that do not add up", doc: with(`"attribution":{"precedence":"split","split_bps":[5000,4000]}`), wrong: []string{"terms.attribution.split_bps"}, schemaBlind: true},
	{name: "three shares", doc: with(`"attribution":{"precedence":"split","split_bps":[5000,4000,1000]}`), wrong: []string{"terms.attribution.split_bps"}},
	{name: "shares without split", doc: with(`"attribution":{"split_bps":[5000,5000]}`), wrong: []string{"terms.attribution.split_bps"}},
	{name: "a binding for life", doc: with(`"attribution":{"binding":{}}`)},
	{name: "a binding too long", doc: with(`"attribution":{"binding":{"months":121,"terms":"old"}}`), wrong: []string{"terms.attribution.binding.months", "terms.attribution.binding.terms"}},
	{name: "products by name", doc: with(`"base":{"only_products":["Mug","12","12"]}`), wrong: []string{"terms.base.only_products[0]", "terms.base.only_products[2]"}},
	{name: "too fine an amount", doc: with(`"threshold":"1.001"`), wrong: []string{"terms.threshold"}, schemaBlind: true},
	{name: "a negative threshold", doc: with(`"threshold":"-1"`), wrong: []string{"terms.threshold"}},
	{name: "a cap of zero", doc: with(`"caps":{"per_order":"0.00"}`), wrong: []string{"terms.caps.per_order"}},
	{name: "an empty clause", doc: with(`"disclosure":{"clause":" "}`), wrong: []string{"terms.disclosure.clause"}},
	{name: "two components with one id", doc: `{"currency":"USD","components":[{"id":"a","type":"flat_item","amount":"1"},{"id":"a","type":"flat_order","amount":"1"}]}`,
		wrong: []string{"terms.components[1].id"}, schemaBlind: true},
	{name: "no type", doc: `{"currency":"USD","components":[{"id":"a"}]}`, wrong: []string{"terms.components[0].type"}},
	{name: "no id", doc: `{"currency":"USD","components":[{"type":"flat_item","amount":"1"}]}`, wrong: []string{"terms.components[0].id"}},
	{name: "no way to pay", doc: component(`"applause"`), wrong: []string{"terms.components[0].type"}},
	{name: "clicks with a price", doc: component(`"clicks","unit_price":"0.0375","max_count":1000,"max_amount":"40"`)},
	{name: "clicks with a budget", doc: component(`"clicks","amount":"500","goal":2000,"period":{"kind":"calendar_month"}`)},
	{name: "clicks for nothing", doc: component(`"clicks"`), wrong: []string{"terms.components[0].unit_price"}},
	{name: "clicks with a price and a budget", doc: component(`"clicks","unit_price":"1","amount":"500","goal":2000`), wrong: []string{"terms.components[0].unit_price"}},
	{name: "a budget without a goal", doc: component(`"clicks","amount":"500"`), wrong: []string{"terms.components[0].goal"}},
	{name: "too fine a price", doc: component(`"clicks","unit_price":"0.0000001"`), wrong: []string{"terms.components[0].unit_price"}},
	{name: "clicks of rolling days", doc: component(`"clicks","unit_price":"1","period":{"kind":"rolling_days","days":3}`), wrong: []string{"terms.components[0].period.kind"}},
	{name: "leads", doc: component(`"leads","amount":"12","on_deadline":"qualify","vetting_days":7`)},
	{name: "leads left to chance", doc: component(`"leads","amount":"12","on_deadline":"maybe"`), wrong: []string{"terms.components[0].on_deadline"}},
	{name: "engagement", doc: component(`"engagement","prices":[{"event":"like","unit_price":"0.05"},{"event":"comment","unit_price":"0.10"}],"gates":[{"event":"like","at_least":500}],
		"bands":[{"from":"0","rate_bps":10000},{"from":"5000","rate_bps":5000}],"max_amount":"500"`)},
	{name: "engagement for nothing", doc: component(`"engagement"`), wrong: []string{"terms.components[0].prices"}},
	{name: "one event with two prices", doc: component(`"engagement","prices":[{"event":"like","unit_price":"0.05"},{"event":"like","unit_price":"0.10"}]`),
		wrong: []string{"terms.components[0].prices[1].event"}, schemaBlind: true},
	{name: "a price on applause", doc: component(`"engagement","prices":[{"event":"applause","unit_price":"0.05"}]`), wrong: []string{"terms.components[0].prices[0].event"}},
	{name: "a gate at zero", doc: component(`"engagement","prices":[{"event":"like","unit_price":"0.05"}],"gates":[{"event":"like"}]`), wrong: []string{"terms.components[0].gates[0].at_least"}},
	{name: "a giveaway", doc: component(`"giveaway","amount":"0.50","max_count":10000`)},
	{name: "a fee at signing", doc: component(`"flat_fee","amount":"250","note":"For the three posts."`)},
	{name: "a fee each month", doc: component(`"flat_fee","amount":"250","due":"monthly"`)},
	{name: "a fee on a day", doc: component(`"flat_fee","amount":"250","due":"on_date","due_date":"2026-12-24"`)},
	{name: "a fee on no day", doc: component(`"flat_fee","amount":"250","due":"on_date","due_date":"Christmas"`), wrong: []string{"terms.components[0].due_date"}},
	{name: "a day without need", doc: component(`"flat_fee","amount":"250","due_date":"2026-12-24"`), wrong: []string{"terms.components[0].due_date"}},
	{name: "a gift", doc: component(`"gift","amount":"80","note":"The starter kit"`)},
	{name: "only what a page sells", doc: component(`"flat_order","amount":"5","via":["landing_page","live"]`)},
	{name: "via nothing we know", doc: component(`"flat_order","amount":"5","via":["telepathy"]`), wrong: []string{"terms.components[0].via[0]"}},
	{name: "clicks via a page", doc: component(`"clicks","unit_price":"1","via":["landing_page"]`), wrong: []string{"terms.components[0].via"}},
	{name: "steps by leads", doc: component(`"milestones","metric":"leads","steps":[{"at":"50","amount":"100"}]`)},
	{name: "a field of another type", doc: component(`"flat_item","amount":"1","rate_bps":100,"steps":[{"at":"1","amount":"1"}]`),
		wrong: []string{"terms.components[0].rate_bps", "terms.components[0].steps"}},
	{name: "more than all", doc: component(`"percentage","rate_bps":10001`), wrong: []string{"terms.components[0].rate_bps"}},
	{name: "a percentage of nothing", doc: component(`"percentage"`), wrong: []string{"terms.components[0].rate_bps"}},
	{name: "only a product pays", doc: component(`"percentage","rules":[{"id":"b","products":["1"],"rate_bps":100}]`)},
	{name: "a rule for everything", doc: component(`"percentage","rate_bps":1,"rules":[{"id":"b","rate_bps":100}]`), wrong: []string{"terms.components[0].rules[0]"}},
	{name: "an exclusion that pays", doc: component(`"percentage","rate_bps":1,"rules":[{"id":"b","products":["1"],"exclude":true,"rate_bps":100}]`),
		wrong: []string{"terms.components[0].rules[0].rate_bps"}},
	{name: "a rule for regulars", doc: component(`"percentage","rate_bps":1,"rules":[{"id":"b","customer":"regular","rate_bps":100}]`),
		wrong: []string{"terms.components[0].rules[0].customer"}},
	{name: "a share of profit", doc: component(`"revenue_share","rate_bps":1,"of":"profit"`), wrong: []string{"terms.components[0].of"}},
	{name: "a share of nothing", doc: component(`"revenue_share"`), wrong: []string{"terms.components[0].rate_bps"}},
	{name: "no amount", doc: component(`"flat_order"`), wrong: []string{"terms.components[0].amount"}},
	{name: "an amount of zero", doc: component(`"flat_item","amount":"0"`), wrong: []string{"terms.components[0].amount"}},
	{name: "an amount in words", doc: component(`"flat_item","amount":"five"`), wrong: []string{"terms.components[0].amount"}},
	{name: "min_net per item", doc: component(`"flat_item","amount":"1","min_net":"1"`), wrong: []string{"terms.components[0].min_net"}},
	{name: "bands by revenue", doc: component(`"rate_tiers","bands":[{"from":"0","rate_bps":400},{"from":"99.99","rate_bps":800}]`)},
	{name: "bands by orders", doc: component(`"rate_tiers","basis":"orders","bands":[{"from":"0","rate_bps":400},{"from":"10","rate_bps":800}]`)},
	{name: "half an order", doc: component(`"rate_tiers","basis":"orders","bands":[{"from":"0","rate_bps":400},{"from":"10.5","rate_bps":800}]`),
		wrong: []string{"terms.components[0].bands[1].from"}},
	{name: "no bands", doc: component(`"rate_tiers"`), wrong: []string{"terms.components[0].bands"}},
	{name: "a gap below the first band", doc: component(`"rate_tiers","bands":[{"from":"10","rate_bps":400}]`), wrong: []string{"terms.components[0].bands[0].from"}},
	{name: "bands that pay nothing", doc: component(`"rate_tiers","bands":[{"from":"0"}]`), wrong: []string{"terms.components[0].bands"}},
	{name: "bands out of order", doc: component(`"rate_tiers","bands":[{"from":"0","rate_bps":1},{"from":"20","rate_bps":2},{"from":"20.00","rate_bps":3}]`),
		wrong: []string{"terms.components[0].bands[2].from"}, schemaBlind: true},
	{name: "a band with a colour", doc: component(`"rate_tiers","bands":[{"from":"0","rate_bps":1,"colour":"red"}]`), wrong: []string{"terms.components[0].bands[0].colour"}},
	{name: "steps by orders", doc: component(`"milestones","steps":[{"at":"50","amount":"100"},{"at":"100","amount":"300"}]`)},
	{name: "steps by revenue", doc: component(`"milestones","metric":"revenue","steps":[{"at":"50.50","amount":"100"}]`)},
	{name: "a step at half an order", doc: component(`"milestones","steps":[{"at":"50.50","amount":"100"}]`), wrong: []string{"terms.components[0].steps[0].at"}},
	{name: "a step at zero", doc: component(`"milestones","steps":[{"at":"0","amount":"100"}]`), wrong: []string{"terms.components[0].steps[0].at"}},
	{name: "a replacing step worth less", doc: component(`"milestones","steps":[{"at":"50","amount":"100"},{"at":"60","amount":"90"}]`),
		wrong: []string{"terms.components[0].steps[1].amount"}, schemaBlind: true},
	{name: "an adding step worth less", doc: component(`"milestones","mode":"additive","steps":[{"at":"50","amount":"100"},{"at":"60","amount":"90"}]`)},
	{name: "rolling without days", doc: component(`"milestones","steps":[{"at":"5","amount":"1"}],"period":{"kind":"rolling_days"}`), wrong: []string{"terms.components[0].period.days"}},
	{name: "days of a month", doc: component(`"milestones","steps":[{"at":"5","amount":"1"}],"period":{"kind":"calendar_month","days":3}`), wrong: []string{"terms.components[0].period.days"}},
}

func TestParseNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	for _, d := range documents {
		_, err := terms.Parse([]byte(d.doc))
		var got []string
		if e := errs.As(err); e != nil {
			for _, f := range e.Fields {
				got = append(got, f.Path)
			}
			if e.Kind != errs.Invalid || e.Code != "terms_invalid" || len(got) == 0 {
				t.Errorf("%s: %+v", d.name, e)
			}
		} else if err != nil {
			t.Errorf("%s: %v is not for people", d.name, err)
		}
		if strings.Join(got, " ") != strings.Join(d.wrong, " ") {
			t.Errorf("%s: wrong are %q, want %q (%v)", d.name, got, d.wrong, err)
		}
	}
}

func TestThePublishedSchemaJudgesAsParseDoes(t *testing.T) {
	t.Parallel()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(terms.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("terms.json", raw); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("terms.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(d.doc))
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		err = schema.Validate(doc)
		if accept := d.wrong == nil || d.schemaBlind; (err == nil) != accept {
			t.Errorf("%s: the schema says %v", d.name, err)
		}
	}
	// What Parse makes of a document is itself a valid document.
	for _, d := range documents {
		if d.wrong != nil {
			continue
		}
		parsed, err := terms.Parse([]byte(d.doc))
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(parsed.Canonical()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s, canonical: %v", d.name, err)
		}
	}
}

func TestTextThatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "{", smallest + "{}", `{"currency":"USD","currency":"EUR"}`, "\xff", `{"a":` + strings.Repeat("[", 100_000), strings.Repeat(" ", 300_000)} {
		_, err := terms.Parse([]byte(doc))
		if e := errs.As(err); e == nil || e.Kind != errs.Invalid || len(e.Error()) > 500 {
			t.Errorf("%.20q gave %v", doc, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d.doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := terms.Parse(doc)
		if err != nil {
			return
		}
		b, err := terms.Parse(a.Canonical())
		if err != nil || b.Hash() != a.Hash() {
			t.Fatalf("the canonical form does not come back: %v\n%s", err, a.Canonical())
		}
	})
}

func TestDocumentsThatMeanTheSameHaveOneHash(t *testing.T) {
	t.Parallel()
	parse := func(doc string) *terms.Terms {
		t.Helper()
		got, err := terms.Parse([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	a := parse(smallest)
	same := parse(`{"components":[{"rate_bps":1000,"tie_by":"priority","type":"percentage","id":"base"}],"threshold":"0.00",
		"hold":{"from":"paid_at","days":30},"currency":"USD","version":1}`)
	if a.Hash() != same.Hash() || string(a.Canonical()) != string(same.Canonical()) {
		t.Errorf("\n%s\n%s", a.Canonical(), same.Canonical())
	}
	if other := parse(strings.Replace(smallest, "1000", "1001", 1)); other.Hash() == a.Hash() {
		t.Error("other terms have the same hash")
	}
	// Signed hashes stand in ledgers: this one may never change.
	const signed = "125be48b450e9ae5698f38ea"
	if !strings.HasPrefix(a.Hash(), signed) {
		t.Errorf("the hash of signed terms changed: %s\n%s", a.Hash(), a.Canonical())
	}
	back := parse(string(parse(full).Canonical()))
	if back.Hash() != parse(full).Hash() {
		t.Error("the canonical form has another hash")
	}
}

func TestAccessorsHoldWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	d, err := terms.Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if d.ThresholdMinor() != 5000 || d.Threshold != "50.00" {
		t.Errorf("threshold %d, %q", d.ThresholdMinor(), d.Threshold)
	}
	if v, ok := d.Caps.PerOrderMinor(); v != 5000 || !ok {
		t.Errorf("cap per order %d, %v", v, ok)
	}
	if v, ok := d.Caps.PerPeriodMinor(); v != 0 || ok {
		t.Errorf("cap per period %d, %v", v, ok)
	}
	if v, ok := d.Caps.BudgetMinor(); v != 1_000_000 || !ok {
		t.Errorf("budget %d, %v", v, ok)
	}
	k := d.Component("order")
	if k.AmountMinor(terms.New) != 500 || k.AmountMinor(terms.Returning) != 0 || k.MinNetMinor() != 1050 {
		t.Errorf("%+v", k)
	}
	if item := d.Component("item"); item.AmountMinor(terms.Returning) != 50 {
		t.Errorf("without a returning amount the amount holds: %+v", item)
	}
	if b := d.Component("tiers").Bands[2]; b.FromValue() != 40000 {
		t.Errorf("%+v", b)
	}
	if s := d.Component("goals").Steps[1]; s.AtValue() != 100 || s.AmountMinor() != 30000 {
		t.Errorf("%+v", s)
	}
	rules := d.Component("base").Rules
	if !rules[0].NamesProduct(12) || rules[0].NamesProduct(13) || !rules[1].NamesCollection([]string{"x", "sale"}) {
		t.Errorf("%+v", rules)
	}
	for _, c := range []struct {
		product     int64
		collections []string
		want        bool
	}{
		{12, nil, true}, {632910392, nil, true}, {13, nil, false}, {13, []string{"spring"}, true}, {11, []string{"spring"}, false},
		{12, []string{"sale"}, false}, {0, nil, false},
	} {
		if got := d.Base.Covers(c.product, c.collections); got != c.want {
			t.Errorf("Covers(%d, %v) = %v", c.product, c.collections, got)
		}
	}
	if d.Component("none") != nil {
		t.Error("found a component that is not there")
	}
}
