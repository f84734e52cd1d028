package order_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"tributary/internal/domain/order"
)

func TestFoldGivesOneIdentityToOneCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna10": "ANNA10", "  Anna10\t": "ANNA10", "ANNA 10": "ANNA 10", "straße": "STRASSE", "STRASSE": "STRASSE",
		"cafe\u0301": "CAFÉ", "CAFÉ": "CAFÉ", "\u00a0ben\u00a0": "BEN", "": "", "Ὀδυσσεύς": "ὈΔΥΣΣΕΎΣ",
	} {
		if got := order.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "code")
		if once := order.Fold(s); order.Fold(once) != once {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, once, order.Fold(once))
		}
	})
}

func TestNormalEmailFindsTheMailbox(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Anna@Example.com": "anna@example.com", " anna+shop@example.com ": "anna@example.com", "an.na@example.com": "an.na@example.com",
		"An.Na+x@GoogleMail.com": "anna@gmail.com", "anna@gmail.com.": "anna@gmail.com", "+anna@example.com": "+anna@example.com",
		"": "", "anna": "", "@example.com": "", "anna@": "", `"a@b"@example.com`: `"a@b"@example.com`, "...@gmail.com": "...@gmail.com",
	} {
		if got := order.NormalEmail(in); got != want {
			t.Errorf("NormalEmail(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalPhoneKeepsTheDigits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+1 (555) 010-9999": "15550109999", "001 555 010 9999": "15550109999", "15550109999": "15550109999",
		"+49 (0)30 123456": "4930123456", "＋４９ ３０ １２３４５６": "4930123456", "": "", "12345": "", "n/a": "",
	} {
		if got := order.NormalPhone(in); got != want {
			t.Errorf("NormalPhone(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalAddressIgnoresHowItWasTyped(t *testing.T) {
	t.Parallel()
	want := "12 main st apt 4 10115 berlin de"
	for _, parts := range [][]string{
		{"12 Main St.", "Apt #4", "10115", "Berlin", "DE"}, {"12  main st, apt 4", "", "10115 BERLIN", "de"},
	} {
		if got := order.NormalAddress(parts...); got != want {
			t.Errorf("%q gives %q, want %q", parts, got, want)
		}
	}
	if a, b := order.NormalAddress("Müllerstraße 1"), order.NormalAddress("MULLERSTRASSE 1"); a != b {
		t.Errorf("%q, %q", a, b)
	}
	if got := order.NormalAddress("", " - "); got != "" {
		t.Errorf("nothing gives %q", got)
	}
	// Text in ASCII takes a shorter way, which must lead to the same place as
	// the one that an accent opens.
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0, Hi: 0x7f, Stride: 1}}}), 0, 40, -1).Draw(t, "address")
		if short, long := strings.TrimSpace(order.NormalAddress(s)+" e"), order.NormalAddress(s, "é"); short != long {
			t.Fatalf("%q: %q, %q", s, short, long)
		}
	})
}
