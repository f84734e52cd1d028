// Package tax is what a payer in the United States has to know of whom it pays:
// the forms W-9 and W-8, how long they hold, and from which sum on payments are
// reported. It fills in no return and gives no advice.
package tax

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/errs"
)

// The kinds of form.
const (
	W9     = "w9"     // a person of the United States
	W8BEN  = "w8ben"  // somebody else
	W8BENE = "w8bene" // a company elsewhere
)

// Form is what the form asks, as far as a payer needs it.
type Form struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`               // as on the tax return
	Business string `json:"business,omitempty"` // if it has another name
	Class    string `json:"class,omitempty"`    // W-9 and W-8BEN-E: what it is for the tax
	Address  string `json:"address"`
	City     string `json:"city"`           // with state and postal code
	Country  string `json:"country"`        // ISO 3166-1 alpha-2, of residence
	TIN      string `json:"tin,omitempty"`  // W-9: nine digits; else the foreign number
	Born     string `json:"born,omitempty"` // W-8BEN: 2006-01-02
	Signer   string `json:"signer"`         // name typed, under penalties of perjury
}

// Classes are what somebody can be for the tax.
var Classes = []string{"individual", "c_corporation", "s_corporation", "partnership", "trust", "llc"}

// Check tidies the form and reports every wrong field.
func (f *Form) Check(now time.Time) error {
	var w errs.Wrong
	f.Name, f.Business = w.Text("name", f.Name, 1, 200), w.Text("business", f.Business, 0, 200)
	f.Address, f.City = w.Text("address", f.Address, 1, 300), w.Text("city", f.City, 1, 200)
	f.Signer = w.Text("signer", f.Signer, 1, 200)
	f.Country = strings.ToUpper(strings.TrimSpace(f.Country))
	w.When(len(f.Country) != 2 || strings.ContainsFunc(f.Country, func(r rune) bool { return r < 'A' || r > 'Z' }), "country", "must be a country's two letters, such as US or DE")
	f.TIN = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(f.TIN))
	switch f.Kind {
	case W9:
		w.When(f.Country != "US", "country", "is US in a W-9; whoever lives elsewhere fills in a W-8")
		w.When(len(f.TIN) != 9 || strings.ContainsFunc(f.TIN, func(r rune) bool { return r < '0' || r > '9' }) || strings.Trim(f.TIN, "0") == "", "tin", "must be nine digits: an SSN, an ITIN or an EIN")
		w.When(!slices.Contains(Classes, f.Class), "class", "must be one of: "+strings.Join(Classes, ", "))
	case W8BEN, W8BENE:
		w.When(f.Country == "US", "country", "is not US in a W-8; whoever lives there fills in a W-9")
		w.When(len(f.TIN) > 30, "tin", "must have 30 characters at most")
		if f.Kind == W8BENE {
			w.When(!slices.Contains(Classes, f.Class) || f.Class == "individual", "class", "must be one of: "+strings.Join(Classes[1:], ", "))
			break
		}
		born, err := time.Parse(time.DateOnly, f.Born)
		w.When(err != nil || !born.Before(now) || born.Year() < 1900, "born", "must be a day such as 1990-05-31")
	default:
		w.When(true, "kind", "must be w9, w8ben or w8bene")
	}
	return w.Err("invalid_tax_form", "The form is not whole.")
}

// ValidUntil is when a form signed at an instant has to be filled in again: a
// W-8 at the end of the third calendar year after its signature (26 CFR
// 1.1441-1(e)(4)(ii)); zero for a W-9, which holds until something changes.
func ValidUntil(kind string, signed time.Time) time.Time {
	if kind == W9 {
		return time.Time{}
	}
	return time.Date(signed.UTC().Year()+4, 1, 1, 0, 0, 0, 0, time.UTC)
}

// thresholds are the sums of a calendar year, in whole dollars, from which on
// payments to somebody are reported (Form 1099-NEC), by the first year they hold
// for. 26 U.S.C. 6041(a); 2,000 since payments of 2026 (Public Law 119-21, section
// 70433), to be adjusted for inflation from 2027 on: a later line belongs here
// when the number is published.
var thresholds = []struct {
	from    int
	dollars int64
}{{1954, 600}, {2026, 2000}}

// Threshold is the sum, in minor units of USD, that payments of a year have to
// reach to be reported.
func Threshold(year int) int64 {
	var t int64
	for _, x := range thresholds {
		if year >= x.from {
			t = x.dollars * 100
		}
	}
	return t
}

// Mask is a number of which one sees the end.
func Mask(tin string) string {
	if len(tin) <= 4 {
		return ""
	}
	return fmt.Sprintf("…%s", tin[len(tin)-4:])
}
