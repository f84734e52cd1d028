package content

import (
	"context"
	"regexp"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// NewAccount is how the shop is known to a platform. Token is a YouTube API key
// or an Instagram access token; it is sealed and never shown again.
type NewAccount struct {
	Platform, AccountID, Token string
}

// Connect lets a platform's posts be read. It takes the place of the account
// that was in use.
func Connect(ctx context.Context, tx *store.Tx, keys *seal.Keys, n NewAccount) (*store.SocialAccount, error) {
	var w errs.Wrong
	w.When(n.Platform != YouTube && n.Platform != Instagram, "platform", "must be youtube or instagram")
	n.AccountID, n.Token = strings.TrimSpace(n.AccountID), strings.TrimSpace(n.Token)
	w.When(n.Platform == Instagram && !number.MatchString(n.AccountID), "account_id", "must be the number of the Instagram business account that asks")
	w.When(n.Platform == YouTube && n.AccountID != "", "account_id", "belongs to Instagram only")
	w.When(len(n.Token) < 8 || len(n.Token) > 2000 || strings.ContainsFunc(n.Token, func(r rune) bool { return r <= ' ' || r > '~' }), "token", "must be the API key or access token")
	if err := w.Err("invalid_account", "The account cannot be like this."); err != nil {
		return nil, err
	}
	a := store.SocialAccount{Platform: n.Platform, AccountID: n.AccountID, Token: keys.Seal([]byte(n.Token), platform.SocialPlace(tx.ShopID, n.Platform))}
	return &a, tx.AddSocialAccount(ctx, &a)
}

// Disconnect takes an account out of use and forgets its token.
func Disconnect(ctx context.Context, tx *store.Tx, id int64) (*store.SocialAccount, error) {
	if err := tx.RevokeSocialAccount(ctx, id); err != nil {
		return nil, missing(err, "social_account")
	}
	return tx.SocialAccount(ctx, id)
}

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N}_]{2,100}$`)

// Watch searches a platform for a hashtag from now on: the posts that carry it
// are submitted for the agreement, and rejected unless somebody approves them,
// because anybody can use a tag.
func Watch(ctx context.Context, tx *store.Tx, agreementID int64, network, tag string) (*store.Hashtag, error) {
	var w errs.Wrong
	w.When(network != YouTube && network != Instagram, "platform", "must be youtube or instagram")
	tag = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(tag), "#"))
	w.When(!tagPattern.MatchString(tag), "tag", "must be a hashtag of 2 to 100 letters and digits")
	if err := w.Err("invalid_hashtag", "The hashtag cannot be like this."); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, agreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	h := store.Hashtag{AgreementID: agreementID, Platform: network, Tag: tag}
	ok, err := tx.AddHashtag(ctx, &h)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.New(errs.Conflict, "hashtag_exists", "The platform is searched for this hashtag already.", errs.Field{Path: "tag", Msg: "is searched for"})
	}
	return &h, nil
}

// Unwatch ends the search for a hashtag.
func Unwatch(ctx context.Context, tx *store.Tx, id int64) (*store.Hashtag, error) {
	h, err := tx.EndHashtag(ctx, id)
	return h, missing(err, "hashtag")
}
