package order

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is the identity of a discount code: trimmed, Unicode case folded, in
// upper case. It is idempotent; codes that stores treat as one are one.
func Fold(code string) string {
	code = strings.TrimSpace(code)
	if ascii(code) {
		return strings.ToUpper(code)
	}
	return norm.NFC.String(strings.ToUpper(cases.Fold().String(norm.NFC.String(code))))
}

// NormalEmail is the mailbox behind an address: lower case, no plus-tag, and
// for Gmail no dots. Empty when it is not an address.
func NormalEmail(s string) string {
	s = fold(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return ""
	}
	local, domain := s[:at], strings.TrimSuffix(s[at+1:], ".")
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		if bare := strings.ReplaceAll(local, ".", ""); bare != "" {
			local = bare
		}
	}
	return local + "@" + domain
}

// NormalPhone is the digits of a phone number without "+", "00" or "(0)" in
// front of them. Empty when there are too few to be one.
func NormalPhone(s string) string {
	s = strings.TrimSpace(norm.NFKC.String(s))
	if international := strings.HasPrefix(s, "+") || strings.HasPrefix(s, "00"); international {
		s = strings.Replace(s, "(0)", "", 1)
	}
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	s = strings.TrimPrefix(s, "00")
	if len(s) < 6 {
		return ""
	}
	return s
}

// NormalAddress is the words of a postal address, without case, marks and
// punctuation, however they were spread over the parts.
func NormalAddress(parts ...string) string {
	if s := strings.Join(parts, " "); ascii(s) {
		return asciiWords(s)
	}
	s := norm.NFKD.String(fold(strings.Join(parts, " ")))
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.Mn) })
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, strings.Join(words, " "))
}

// asciiWords is NormalAddress of what most addresses are: one pass instead of
// five.
func asciiWords(s string) string {
	b := make([]byte, 0, len(s))
	gap := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		default:
			gap = true
			continue
		}
		if gap && len(b) > 0 {
			b = append(b, ' ')
		}
		gap = false
		b = append(b, c)
	}
	return string(b)
}

func fold(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	return cases.Fold().String(norm.NFC.String(s))
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
