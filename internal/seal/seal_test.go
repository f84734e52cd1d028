package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"tributary/internal/seal"
)

func keys(t *testing.T, list ...seal.Key) *seal.Keys {
	t.Helper()
	k, err := seal.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatIsSealedOpensAtItsPlaceOnly(t *testing.T) {
	t.Parallel()
	k := keys(t, seal.Generate("a"))
	for _, plain := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("secret"), 1000)} {
		sealed := k.Seal(plain, []byte("shop/7"))
		if len(plain) > 1 && bytes.Contains(sealed, plain) {
			t.Error("the plain text is visible")
		}
		got, err := k.Open(sealed, []byte("shop/7"))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("open: %q, %v", got, err)
		}
		if _, err := k.Open(sealed, []byte("shop/8")); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("opened at another place: %v", err)
		}
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	k := keys(t, seal.Generate("a"), seal.Generate("b"))
	sealed := k.Seal([]byte("token"), nil)
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := k.Open(bad, nil); err == nil {
			t.Errorf("byte %d may change", i)
		}
		if _, err := k.Open(sealed[:i], nil); err == nil {
			t.Errorf("may be cut to %d bytes", i)
		}
	}
}

func TestTheSameSecretIsSealedDifferentlyEachTime(t *testing.T) {
	t.Parallel()
	k := keys(t, seal.Generate("a"))
	if bytes.Equal(k.Seal([]byte("x"), nil), k.Seal([]byte("x"), nil)) {
		t.Error("equal")
	}
}

func TestANewKeyInFrontStillOpensOldDataAndKeepsDerivedKeys(t *testing.T) {
	t.Parallel()
	a, b := seal.Generate("a"), seal.Generate("b")
	before, after := keys(t, a), keys(t, b, a)
	old := before.Seal([]byte("x"), nil)
	if got, err := after.Open(old, nil); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if after.Current(old) || !after.Current(after.Seal(nil, nil)) {
		t.Error("Current does not tell old from new")
	}
	if !bytes.Equal(before.Derive("session"), after.Derive("session")) {
		t.Error("a derived key changed")
	}
	if bytes.Equal(before.Derive("session"), before.Derive("link")) {
		t.Error("two purposes share a key")
	}
	var unknown *seal.UnknownKeyError
	if _, err := before.Open(after.Seal([]byte("x"), nil), nil); !errors.As(err, &unknown) || unknown.ID != "b" {
		t.Errorf("want the unknown key named, got %v", err)
	}
}

func TestAKeyListIsReadOrExplained(t *testing.T) {
	t.Parallel()
	a, b := seal.Generate("a"), seal.Generate("b")
	got, err := seal.Parse(a.String() + ", " + b.String())
	if err != nil || len(got) != 2 || got[1].ID != "b" || !bytes.Equal(got[0].Secret, a.Secret) {
		t.Errorf("%v, %v", got, err)
	}
	short := seal.Key{ID: "s", Secret: []byte("short")}
	for list, want := range map[string]string{
		"":                            "not id:base64",
		"a":                           "not id:base64",
		"a:???":                       "not base64",
		short.String():                "5 bytes",
		a.String() + "," + a.String(): "twice",
		strings.ToUpper(a.String()[:1]) + a.String()[1:]: "key id",
	} {
		_, err := seal.Parse(list)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "c2hvcnQ") {
			t.Error("the error shows a secret")
		}
	}
}
