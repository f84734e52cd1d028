// Package disclosure checks whether a post says, where people see it, that it
// is advertising (R-63). It follows the FTC's endorsement guides: "affiliate
// link" alone tells nobody that money is paid, "paid link" does, and what
// stands behind "more" is not said.
package disclosure

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code is the outcome of a check.
type Code string

// The outcomes; the first two are adequate.
const (
	Adequate     Code = "adequate"
	Labelled     Code = "labelled"             // by the platform's own paid-partnership label
	Missing      Code = "missing"              // nothing says that it is advertising
	Ambiguous    Code = "ambiguous"            // only words that do not say that money is paid
	AfterFold    Code = "after_the_fold"       // it is said, but behind "more"
	TagMissing   Code = "required_tag_missing" // a tag that was agreed is not there
	TagAfterFold Code = "required_tag_after_the_fold"
)

// OK tells whether the disclosure is adequate.
func (c Code) OK() bool { return c == Adequate || c == Labelled }

// Result is the outcome with a sentence for people.
type Result struct {
	Code   Code
	Detail string
}

// folds is how many characters of a caption a platform shows before "more".
// Platforms that are not listed show all of it.
var folds = map[string]int{"instagram": 125}

// clear are words that say that money is paid for the post. ambiguous ones are
// what people write instead.
var (
	clear = []string{"#ad", "#ads", "#advert", "#advertisement", "#sponsored", "#paidpartnership", "#paidlink", "#paidad", "#werbung", "#anzeige", "#publicidad", "#publicité",
		"advertisement", "paid link", "paid partnership", "paid promotion", "sponsored by", "sponsored post", "this is an ad"}
	ambiguous = []string{"affiliate link", "affiliate links", "affiliate", "#affiliate", "#affiliatelink", "commissionable link", "#sp", "#spon", "#collab", "#partner",
		"#ambassador", "#gifted", "#brandpartner", "#thankyou", "thanks to", "in collaboration with", "my partner"}
)

// Post is what a check looks at.
type Post struct {
	Platform string
	Caption  string
	Hashtags []string // with or without #; those not in the caption stand after it
	Label    bool     // the platform shows its paid-partnership label
	Required []string // the tags of the signed terms
}

// Check tells whether the post discloses adequately.
func Check(p Post) Result {
	text := fold(p.Caption)
	for _, h := range p.Hashtags {
		tag := "#" + strings.TrimPrefix(fold(h), "#")
		if tag != "#" && find(text, tag) < 0 {
			text = strings.TrimSpace(text + " " + tag)
		}
	}
	limit, folded := folds[p.Platform]
	seen := func(at int) bool { return !folded || utf8.RuneCountInString(text[:at]) < limit }
	r := said(text, limit, seen)
	if p.Label {
		r = Result{Labelled, "The platform shows its paid-partnership label."}
	}
	if !r.Code.OK() {
		return r
	}
	for _, required := range p.Required {
		tag := fold(required)
		switch at := find(text, tag); {
		case tag == "":
		case at < 0:
			return Result{TagMissing, fmt.Sprintf("The terms ask for %s, and the post does not have it.", required)}
		case !seen(at + len(tag) - 1):
			return Result{TagAfterFold, fmt.Sprintf("%s stands behind “more”: only the first %d characters are shown.", required, limit)}
		}
	}
	return r
}

// said is what the words of a post say by themselves; seen tells whether a place
// in text is shown, limit how many characters are.
func said(text string, limit int, seen func(at int) bool) Result {
	hidden := ""
	for _, w := range clear {
		switch at := find(text, w); {
		case at < 0:
		case seen(at + len(w) - 1):
			return Result{Adequate, fmt.Sprintf("It says “%s” where people see it.", w)}
		default:
			hidden = w
		}
	}
	if hidden != "" {
		return Result{AfterFold, fmt.Sprintf("“%s” stands behind “more”: only the first %d characters are shown.", hidden, limit)}
	}
	if i := slices.IndexFunc(ambiguous, func(w string) bool { return find(text, w) >= 0 }); i >= 0 {
		return Result{Ambiguous, fmt.Sprintf("“%s” does not tell people that money is paid; “#ad” or “paid link” does.", ambiguous[i])}
	}
	return Result{Missing, "Nothing says that this is advertising. “#ad” in front of everything else does."}
}

// find is where a word or phrase stands in text as whole words; −1: nowhere.
func find(text, phrase string) int {
	if phrase == "" {
		return -1
	}
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(phrase):])
		if (i == 0 || !wordly(before) && !(before == '#' && phrase[0] != '#')) && (i+len(phrase) == len(text) || !wordly(after)) {
			return i
		}
		from = i + 1
		for from < len(text) && !utf8.RuneStart(text[from]) {
			from++
		}
	}
}

func wordly(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// fold is lower case with every run of spaces as one.
func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
