package payee_test

import (
	"strings"
	"testing"

	"tributary/internal/errs"
	"tributary/internal/rail/payee"
	"tributary/internal/seal"
)

func TestMethodsAreCheckedAndShownByTheirEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m      payee.Method
		fields string
	}{
		{payee.Method{Kind: "bank", Account: "de89 3704 0044 0532 0130 00", Holder: "Anna A."}, ""},
		{payee.Method{Kind: "bank", Account: "DE89 3704 0044 0532 0130 01", Holder: "Anna A."}, "account"},
		{payee.Method{Kind: "bank", Account: "DE89370400440532013000"}, "holder"},
		{payee.Method{Kind: "bank", Account: "021000021-123456789", Holder: "Anna"}, ""},
		{payee.Method{Kind: "paypal", Account: "anna@example.com"}, ""},
		{payee.Method{Kind: "paypal", Account: "anna"}, "account"},
		{payee.Method{Kind: "cash", Account: "x"}, "kind"},
	} {
		err := c.m.Check()
		var got []string
		if e := errs.As(err); e != nil {
			for _, f := range e.Fields {
				got = append(got, f.Path)
			}
		}
		if strings.Join(got, " ") != c.fields {
			t.Errorf("%+v: %v, want %q", c.m, err, c.fields)
		}
	}
	if got := payee.Mask("bank DE89370400440532013000 Anna A."); got != "bank …3000" {
		t.Error(got)
	}
	if got := payee.Mask("paypal anna@example.com"); got != "paypal a…@example.com" {
		t.Error(got)
	}
}

func TestASealedMethodOpensForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	keys, err := seal.New([]seal.Key{seal.Generate("k")})
	if err != nil {
		t.Fatal(err)
	}
	stored := payee.Seal(keys, 1, 2, payee.Method{Kind: "paypal", Account: "anna@example.com"})
	if !payee.IsSealed(stored) || strings.Contains(stored, "anna") {
		t.Error(stored)
	}
	if got, err := payee.Open(keys, 1, 2, stored); err != nil || got != "paypal anna@example.com" {
		t.Error(got, err)
	}
	if _, err := payee.Open(keys, 1, 3, stored); err == nil {
		t.Error("another influencer's place opens it")
	}
	if got, err := payee.Open(keys, 1, 3, "IBAN of Ben"); err != nil || got != "IBAN of Ben" {
		t.Error(got, err)
	}
}
