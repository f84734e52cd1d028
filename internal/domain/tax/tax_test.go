package tax_test

import (
	"testing"
	"time"

	"tributary/internal/domain/tax"
	"tributary/internal/errs"
)

var now = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

func TestAFormSaysEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	w9 := tax.Form{Kind: tax.W9, Name: "Anna", Class: "individual", Address: "1 Road", City: "Austin, TX 78701", Country: "us", TIN: "123-45-6789", Signer: "Anna"}
	w8 := tax.Form{Kind: tax.W8BEN, Name: "Ben", Address: "Weg 1", City: "10115 Berlin", Country: "DE", Born: "1990-05-31", Signer: "Ben"}
	company := tax.Form{Kind: tax.W8BENE, Name: "Ben GmbH", Class: "c_corporation", Address: "Weg 1", City: "10115 Berlin", Country: "DE", Signer: "Ben"}
	for _, c := range []struct {
		form   tax.Form
		change func(*tax.Form)
		wrong  string
	}{
		{w9, func(*tax.Form) {}, ""}, {w8, func(*tax.Form) {}, ""}, {company, func(*tax.Form) {}, ""},
		{w9, func(f *tax.Form) { f.TIN = "12345678" }, "tin"},
		{w9, func(f *tax.Form) { f.Country = "DE" }, "country"},
		{w9, func(f *tax.Form) { f.Class = "" }, "class"},
		{w8, func(f *tax.Form) { f.Country = "US" }, "country"},
		{w8, func(f *tax.Form) { f.Born = "2030-01-01" }, "born"},
		{company, func(f *tax.Form) { f.Class = "individual" }, "class"},
		{w8, func(f *tax.Form) { f.Signer = " " }, "signer"},
		{w8, func(f *tax.Form) { f.Kind = "w4" }, "kind"},
	} {
		f := c.form
		c.change(&f)
		e := errs.As(f.Check(now))
		switch {
		case c.wrong == "" && e != nil:
			t.Errorf("%s: %v", f.Kind, e)
		case c.wrong != "" && (e == nil || len(e.Fields) != 1 || e.Fields[0].Path != c.wrong):
			t.Errorf("%s without a good %s: %v", f.Kind, c.wrong, e)
		}
	}
}

func TestFormsHoldAsLongAsTheLawSays(t *testing.T) {
	t.Parallel()
	if got := tax.ValidUntil(tax.W8BEN, now); got != time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) {
		t.Errorf("a W-8 of 2026 holds until %s", got)
	}
	if !tax.ValidUntil(tax.W9, now).IsZero() {
		t.Error("a W-9 ends")
	}
}

func TestTheSumToReportDependsOnTheYear(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]int64{2024: 60000, 2025: 60000, 2026: 200000, 2027: 200000} {
		if got := tax.Threshold(year); got != want {
			t.Errorf("%d: %d", year, got)
		}
	}
}
