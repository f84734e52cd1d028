package wire

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/internal/domain/money"
)

// Raw is one JSON value as it stood in the body; "" is a field that was absent.
type Raw string

// Missing reports whether there is nothing to read: absent, null or "".
func (v Raw) Missing() bool { return v == "" || v == "null" || v == `""` }

// Present reports whether the field was there at all, be it null.
func (v Raw) Present() bool { return v != "" }

// content is the text of a string, a number or a boolean, else "". It is part
// of the body, unless it had escapes.
func (v Raw) content() string {
	if v == "" {
		return ""
	}
	switch v[0] {
	case '"':
		if strings.IndexByte(string(v), '\\') < 0 {
			return string(v[1 : len(v)-1])
		}
		// An unpaired surrogate is an error and still becomes U+FFFD.
		b, _ := jsontext.AppendUnquote(nil, []byte(v))
		return string(b)
	case '{', '[', 'n':
		return ""
	}
	return string(v)
}

// Is reports whether the value is the string or number s.
func (v Raw) Is(s string) bool { return v.content() == s }

// Peek is the text of a string, number or boolean, for looking at.
func (v Raw) Peek() string { return v.content() }

const maxText = 255

// Text is Peek for keeping: valid UTF-8 without control characters (PostgreSQL
// refuses NUL), trimmed, at most 255 bytes, and free of the body.
func (v Raw) Text() string {
	s := v.content()
	clean := len(s) <= maxText && utf8.ValidString(s)
	for i := 0; clean && i < len(s); i++ {
		clean = s[i] >= ' ' && s[i] != 0x7f
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD"))
		if len(s) > maxText {
			s = strings.ToValidUTF8(s[:maxText], "")
		}
	}
	return strings.Clone(strings.TrimSpace(s))
}

// True reports whether the value means true: true, "true", 1, "1", "yes".
func (v Raw) True() bool {
	switch v.content() {
	case "true", "1", "yes":
		return true
	}
	return false
}

// Int reads a whole number or a string of one, exactly; ok is false when it is
// neither.
func (v Raw) Int() (n int64, ok bool) {
	s := v.content()
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n, true
	}
	if whole, zeros, found := strings.Cut(s, "."); found && zeros != "" && strings.Trim(zeros, "0") == "" {
		n, err = strconv.ParseInt(whole, 10, 64) // 2.0, as some serializers write a 2
		return n, err == nil
	}
	return 0, false
}

// ID reads an id above zero from a number, a string of one, or the end of a
// global id such as gid://shopify/Order/1; ok is false when it is none.
func (v Raw) ID() (n int64, ok bool) {
	s := v.content()
	if i := strings.LastIndexByte(s, '/'); i >= 0 && strings.HasPrefix(s, "gid://") {
		s, _, _ = strings.Cut(s[i+1:], "?")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, false
	}
	return n, true
}

// Whole is ID where zero, null and nonsense all mean none.
func (v Raw) Whole() int64 {
	n, ok := v.ID()
	if !ok {
		return 0
	}
	return n
}

// maxAmount keeps any sum of a body's amounts within an int64.
const maxAmount = 100_000_000_000_000

// Money reads a number or a string of one as minor units of c, rounding once
// half away from zero. ok is false when it is neither or beyond all reason.
func (v Raw) Money(c money.Currency) (minor int64, ok bool) {
	if v == "" || v[0] == 't' || v[0] == 'f' {
		return 0, false
	}
	minor, err := money.ParseRounded(v.content(), c)
	return minor, err == nil && minor <= maxAmount && minor >= -maxAmount
}

// Currency reads an ISO 4217 code, for keeping.
func (v Raw) Currency() (money.Currency, error) {
	c, err := money.ParseCurrency(v.content())
	return money.Currency(strings.Clone(string(c))), err
}

// Time reads RFC 3339, and the same without a zone as UTC. ok is false when it
// is no time or one outside the years 1970 to 9999.
func (v Raw) Time() (t time.Time, ok bool) {
	if v == "" || v[0] != '"' {
		return time.Time{}, false
	}
	s := v.content()
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	if err != nil {
		t, err = time.Parse("2006-01-02 15:04:05", s)
	}
	if err != nil {
		return time.Time{}, false
	}
	// The store's database keeps microseconds; anything finer would not survive it.
	t = t.UTC().Truncate(time.Microsecond)
	return t, t.Year() >= 1970 && t.Year() <= 9999
}

// describe names what stands there, for people.
func (v Raw) describe() string {
	if v == "" {
		return "nothing"
	}
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	const most = 40
	if len(v) > most {
		return strings.ToValidUTF8(string(v[:most]), "") + "…"
	}
	return strings.ToValidUTF8(string(v), "\uFFFD")
}

// Describe is how a problem with the value ends: "want …, got …".
func (v Raw) Describe(want string) string { return "want " + want + ", got " + v.describe() }
