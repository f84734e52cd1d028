package identity_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"tributary/internal/identity"
)

// The vectors of Shopify's own test suites: secret test_secret_key, client id
// test_key.
var sessionVectors = []struct{ name, token string }{
	{"valid",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.V3L_jwnFzROgJmZDGhVuOP9zHBB-2TIsVNF2lz_ZPq4"},
	{"alg none",
		"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0."},
	{"HS512 with the right key",
		"eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.1M0LGrYLSKR3mIpKdZDj5hldh9pwPWuVQIBJ-IcNjjuuOGIwCuw5XmE7mqREf0XfzYuePu88RfuDF9BX2wC45g"},
	{"for another app",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJvdGhlciIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.Oemg-B7hC6zyafBq2B07bVMRgAG0-bxmsxrQgSSbg1A"},
	{"issuer of another shop",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2V2aWwtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.Z2AMLGL0Srug2BcRIAIT5JPwhGh1Y3_DD5pja-WoX_U"},
	{"destination is no Shopify shop",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2V2aWwuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vZXZpbC5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.dDArKghDCzvnTSvPYC0abpr7XACDSucxMijAhf3RJ9U"},
	{"expired",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjE3MDAwMDAwMDAsIm5iZiI6MTIzNCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.4FcIU33nGaueYVVY4dh7oQG4tKJzHELPg1yckEbGisk"},
	{"without an expiry",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJuYmYiOjEyMzQsImlhdCI6MTIzNCwianRpIjoiNDMyMSIsInNpZCI6ImFiYzEyMyJ9.igF54tIfWmjItTxMLrScZNKlvfaYQHSAMo6h1BvxEmw"},
	{"not valid before a far future",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Rlc3Qtc2hvcC5teXNob3BpZnkuY29tL2FkbWluIiwiZGVzdCI6Imh0dHBzOi8vdGVzdC1zaG9wLm15c2hvcGlmeS5jb20iLCJhdWQiOiJ0ZXN0X2tleSIsInN1YiI6IjEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6NDEwMjQ0NDAwMCwiaWF0IjoxMjM0LCJqdGkiOiI0MzIxIiwic2lkIjoiYWJjMTIzIn0.Aqs_18l6WC9il8M7nvC0JdfDI8CLmKOWpO4ASgyAsVk"},
}

var sessionNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestSessionTokensOfShopifysVectors(t *testing.T) {
	t.Parallel()
	s := identity.NewSessions("test_key", "test_secret_key")
	for i, v := range sessionVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Verify(v.token, sessionNow)
			switch {
			case i == 0:
				if err != nil || got.Shop != "test-shop.myshopify.com" || got.User != "1" || got.ID != "4321" {
					t.Errorf("got %+v, %v", got, err)
				}
			case v.name == "for another app":
				if !errors.Is(err, identity.ErrOtherApp) {
					t.Errorf("got %v", err)
				}
			case !errors.Is(err, identity.ErrSession):
				t.Errorf("accepted: %+v, %v", got, err)
			}
		})
	}
}

type claims map[string]any

// mint signs a good token for a.myshopify.com with some claims changed; nil
// takes a claim out.
func mint(t *testing.T, secret string, now time.Time, change claims) string {
	t.Helper()
	c := claims{"iss": "https://a.myshopify.com/admin", "dest": "https://a.myshopify.com", "aud": "app", "sub": "42",
		"exp": now.Unix() + 60, "nbf": now.Unix(), "iat": now.Unix(), "jti": "j", "sid": "s"}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString(b)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return text + "." + enc.EncodeToString(m.Sum(nil))
}

func TestSessionTokensAreReadWithTenSecondsOfLeewayAndNoMore(t *testing.T) {
	t.Parallel()
	s := identity.NewSessions("app", "new secret", "old secret")
	now := sessionNow.Unix()
	for _, c := range []struct {
		name   string
		secret string
		change claims
		ok     bool
	}{
		{"as minted", "new secret", nil, true},
		{"signed with the previous secret", "old secret", nil, true},
		{"signed with another secret", "other secret", nil, false},
		{"expired 8 s ago", "new secret", claims{"exp": now - 8}, true},
		{"expired 10 s ago", "new secret", claims{"exp": now - 10}, false},
		{"expired 40 s ago", "new secret", claims{"exp": now - 40}, false},
		{"valid in 8 s", "new secret", claims{"nbf": now + 8}, true},
		{"valid in 12 s", "new secret", claims{"nbf": now + 12}, false},
		{"without an expiry", "new secret", claims{"exp": nil}, false},
		{"of a checkout", "new secret", claims{"iss": "https://a.myshopify.com/checkouts"}, false},
		{"of a customer", "new secret", claims{"sub": "gid://shopify/Customer/1"}, false},
		{"of nobody", "new secret", claims{"sub": nil}, false},
		{"for us and others", "new secret", claims{"aud": []string{"app", "other"}}, false},
		{"for nobody", "new secret", claims{"aud": nil}, false},
		{"shop with a path", "new secret", claims{"dest": "https://a.myshopify.com/x"}, false},
		{"shop over http", "new secret", claims{"dest": "http://a.myshopify.com"}, false},
		{"shop within another host", "new secret", claims{"dest": "https://a.myshopify.com.evil.com", "iss": "https://a.myshopify.com.evil.com/admin"}, false},
		{"shop before an @", "new secret", claims{"dest": "https://a.myshopify.com@evil.com", "iss": "https://a.myshopify.com@evil.com/admin"}, false},
		{"shop with a line break", "new secret", claims{"dest": "https://a.myshopify.com\n", "iss": "https://a.myshopify.com\n/admin"}, false},
	} {
		_, err := s.Verify(mint(t, c.secret, sessionNow, c.change), sessionNow)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if identity.NewSessions("", "secret") != nil || identity.NewSessions("app", "", "") != nil {
		t.Error("verifies without an app or a secret")
	}
}

func FuzzSessionTokens(f *testing.F) {
	for _, v := range sessionVectors {
		f.Add(v.token)
	}
	s := identity.NewSessions("test_key", "test_secret_key")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := s.Verify(token, sessionNow)
		if err == nil && token != sessionVectors[0].token {
			t.Errorf("accepted %q: %+v", token, got)
		}
	})
}
