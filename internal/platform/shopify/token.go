package shopify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Token is an expiring offline token with the one that renews it.
type Token struct {
	Access, Refresh       string
	Scopes                []string
	AccessFor, RefreshFor time.Duration
}

// LogValue keeps tokens out of logs.
func (Token) LogValue() slog.Value { return slog.StringValue("a token") }

// String keeps tokens out of texts.
func (Token) String() string { return "a token" }

// The token types of RFC 8693 and Shopify's own.
const (
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeIDToken   = "urn:ietf:params:oauth:token-type:id_token" //nolint:gosec // a name
	typeOffline   = "urn:shopify:params:oauth:token-type:offline-access-token"
)

// Exchange gives a session token, verified before, for an expiring offline
// token. An *Error with code invalid_subject_token says that App Bridge should
// bring a fresh one.
func (a *API) Exchange(ctx context.Context, shop, sessionToken string) (Token, error) {
	return a.token(ctx, shop, "exchange a session token", map[string]string{
		"grant_type": grantExchange, "subject_token": sessionToken, "subject_token_type": typeIDToken,
		"requested_token_type": typeOffline, "expiring": "1",
	})
}

// Renew gives a refresh token for a new pair. The one given stays good until
// the new pair is used, so a pair that was lost on the way can be asked for
// again. An *Error with code invalid_grant says that only the merchant can help.
func (a *API) Renew(ctx context.Context, shop, refreshToken string) (Token, error) {
	return a.token(ctx, shop, "renew the access token", map[string]string{"grant_type": "refresh_token", "refresh_token": refreshToken})
}

// Redeem gives the code of the authorization-code flow for a token.
func (a *API) Redeem(ctx context.Context, shop, code string) (Token, error) {
	return a.token(ctx, shop, "redeem an authorization code", map[string]string{"code": code, "expiring": "1"})
}

// Migrate gives a token that never expires for one that does; the old one is
// dead then.
func (a *API) Migrate(ctx context.Context, shop, offlineToken string) (Token, error) {
	return a.token(ctx, shop, "migrate to an expiring token", map[string]string{
		"grant_type": grantExchange, "subject_token": offlineToken, "subject_token_type": typeOffline,
		"requested_token_type": typeOffline, "expiring": "1",
	})
}

// Twice after the first time: a token call is safe to repeat, and a merchant
// may be waiting for it.
const tokenAttempts = 3

func (a *API) token(ctx context.Context, shop, what string, fields map[string]string) (Token, error) {
	fields["client_id"], fields["client_secret"] = a.app.ClientID, a.app.ClientSecret
	body, err := json.Marshal(fields)
	if err != nil {
		return Token{}, err
	}
	for n := 1; ; n++ {
		t, err := a.tokenOnce(ctx, shop, what, body)
		e, ok := err.(*Error) //nolint:errorlint // made by tokenOnce
		if !ok || n == tokenAttempts || e.Status < 500 && e.Status != http.StatusTooManyRequests && e.Code != CodeNoAnswer {
			return t, err
		}
		if werr := wait(ctx, n, e.RetryAfter); werr != nil {
			return t, fmt.Errorf("%w (%w)", werr, err)
		}
	}
}

func (a *API) tokenOnce(ctx context.Context, shop, what string, body []byte) (Token, error) {
	u, err := a.address(shop, "/admin/oauth/access_token")
	if err != nil {
		return Token{}, err
	}
	e := Error{Shop: shop, What: what}
	res, answer, err := a.send(ctx, u, http.Header{}, body, e) //nolint:bodyclose // send has read and closed it
	if err != nil {
		if e, ok := err.(*Error); ok { //nolint:errorlint // made by send
			e.Unknown = false
		}
		return Token{}, err
	}
	var in struct {
		Access     string `json:"access_token"`
		Refresh    string `json:"refresh_token"`
		Scope      string `json:"scope"`
		AccessFor  int64  `json:"expires_in"`
		RefreshFor int64  `json:"refresh_token_expires_in"`
		Code       string `json:"error"`
		Words      string `json:"error_description"`
	}
	e.Status, e.RetryAfter = res.StatusCode, retryAfter(res.Header.Get("Retry-After"))
	if err := json.Unmarshal(answer, &in); err != nil {
		e.Code, e.Reason, e.cause = CodeNotJSON, "Shopify's answer is no token", err
		return Token{}, &e
	}
	switch {
	case res.StatusCode != http.StatusOK || in.Code != "":
		if e.Code = in.Code; e.Code == "" {
			e.Code = CodeServer
		}
		e.Reason = fmt.Sprintf("Shopify answers %d %s", res.StatusCode, short(in.Code+" "+in.Words))
	case in.Access == "":
		e.Code, e.Reason = "no_token", "Shopify's answer has no token in it"
	case in.Refresh == "" || in.AccessFor <= 0 || in.RefreshFor <= 0:
		e.Code, e.Reason = "not_expiring", "Shopify gave a token that does not expire, which apps may not use any more"
	default:
		return Token{
			Access: in.Access, Refresh: in.Refresh, Scopes: SplitScopes(in.Scope),
			AccessFor: time.Duration(in.AccessFor) * time.Second, RefreshFor: time.Duration(in.RefreshFor) * time.Second,
		}, nil
	}
	return Token{}, &e
}

// SplitScopes reads a list of scopes, separated by commas or spaces.
func SplitScopes(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// MissingScopes lists the scopes of want that are not granted. Writing includes
// reading.
func MissingScopes(granted, want []string) (missing []string) {
	have := map[string]bool{}
	for _, g := range granted {
		have[g] = true
		if rest, ok := strings.CutPrefix(g, "write_"); ok {
			have["read_"+rest] = true
		}
	}
	for _, w := range want {
		if !have[w] {
			missing = append(missing, w)
		}
	}
	return missing
}

func short(s string) string {
	const longest = 200
	if s = strings.TrimSpace(s); len(s) > longest {
		s = s[:longest] + "…"
	}
	return strings.ToValidUTF8(s, "")
}
