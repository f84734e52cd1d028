// Package program runs a shop's influencer programme: who takes part, for
// which campaign, under which signed terms, with which codes and links.
package program

import (
	"context"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// InfluencerFields is what people may say about an influencer. In a change, nil
// leaves a field as it is.
type InfluencerFields struct {
	Handle       *string // a-z, 0-9, "_" and "-"
	Name         *string
	Email        *string
	Phone        *string // kept as a hash only, to tell self-referrals
	CustomerID   *int64  // the influencer as a customer of the store; 0: not one
	PayoutMethod *string // "", "csv"
	PayoutDetail *string // what the rail needs to find the payee
	TaxForm      *string // "not_required", "missing", "valid"
}

var handlePattern = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// AddInfluencer adds an influencer, active from now on.
func AddInfluencer(ctx context.Context, tx *store.Tx, keys *seal.Keys, f InfluencerFields) (*store.Influencer, error) {
	i := store.Influencer{TaxForm: "not_required"}
	empty := ""
	for _, required := range []**string{&f.Handle, &f.Name, &f.Email} {
		if *required == nil {
			*required = &empty
		}
	}
	if err := f.apply(ctx, tx, keys, &i); err != nil {
		return nil, err
	}
	if err := tx.AddInfluencer(ctx, &i); err != nil {
		return nil, takenInfluencer(err)
	}
	if err := tx.StartSpan(ctx, i.ID, tx.Now); err != nil {
		return nil, err
	}
	return &i, nil
}

// ChangeInfluencer changes what f says.
func ChangeInfluencer(ctx context.Context, tx *store.Tx, keys *seal.Keys, id int64, f InfluencerFields) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := f.apply(ctx, tx, keys, i); err != nil {
		return nil, err
	}
	if err := tx.SetInfluencer(ctx, i); err != nil {
		return nil, takenInfluencer(err)
	}
	return i, nil
}

// Activate makes an influencer active from now on. It does nothing to one who
// is, and refuses one who is banned.
func Activate(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if i.BannedAt != nil {
		return nil, errs.New(errs.Conflict, "influencer_banned", "This influencer is banned. Lift the ban first.")
	}
	spans, err := tx.InfluencerSpans(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, s := range spans[id] {
		if s.ActiveTo == nil || s.ActiveFrom.Equal(tx.Now) {
			return i, nil
		}
	}
	return i, tx.StartSpan(ctx, id, tx.Now)
}

// Deactivate ends the time in which an influencer is active: touches and orders
// from now on earn nothing. It does nothing to one who is not.
func Deactivate(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	_, err = tx.EndSpan(ctx, id, tx.Now)
	return i, err
}

// Ban deactivates an influencer and holds all that is still pending.
func Ban(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil || i.BannedAt != nil {
		return i, err
	}
	if _, err := tx.EndSpan(ctx, id, tx.Now); err != nil {
		return nil, err
	}
	now := tx.Now
	i.BannedAt = &now
	if err := tx.SetInfluencer(ctx, i); err != nil {
		return nil, err
	}
	return i, tx.MarkInfluencerDue(ctx, id)
}

// Unban lifts a ban, and the holds with it. The influencer stays inactive until
// activated.
func Unban(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil || i.BannedAt == nil {
		return i, err
	}
	i.BannedAt = nil
	if err := tx.SetInfluencer(ctx, i); err != nil {
		return nil, err
	}
	return i, tx.MarkInfluencerDue(ctx, id)
}

func lockInfluencer(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	if err := tx.LockInfluencer(ctx, id); err != nil {
		return nil, missing(err, "influencer")
	}
	return tx.Influencer(ctx, id)
}

// apply checks f, reports every wrong field, and writes it to i.
func (f InfluencerFields) apply(ctx context.Context, tx *store.Tx, keys *seal.Keys, i *store.Influencer) error {
	var w wrong
	if f.Handle != nil {
		i.Handle = strings.ToLower(strings.TrimSpace(*f.Handle))
		w.when(!handlePattern.MatchString(i.Handle), "handle", "must have 1 to 64 of a-z, 0-9, _ and -")
	}
	if f.Name != nil {
		i.Name = w.text("name", *f.Name, 1, 200)
	}
	if f.PayoutMethod != nil {
		i.PayoutMethod = *f.PayoutMethod
		w.when(i.PayoutMethod != "" && i.PayoutMethod != "csv", "payout_method", `must be "csv", or "" for none yet`)
	}
	if f.PayoutDetail != nil {
		i.PayoutDetail = w.text("payout_detail", *f.PayoutDetail, 0, 500)
	}
	if f.TaxForm != nil {
		i.TaxForm = *f.TaxForm
		w.when(i.TaxForm != "not_required" && i.TaxForm != "missing" && i.TaxForm != "valid", "tax_form", "must be not_required, missing or valid")
	}
	if f.CustomerID != nil {
		i.CustomerID = *f.CustomerID
		w.when(i.CustomerID < 0, "customer_id", "must not be negative")
	}
	if f.Email != nil || f.Phone != nil {
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		hash, err := platform.OpenHash(keys, shop.Platform, shop.Domain, shop.HashKey)
		if err != nil {
			return err
		}
		if f.Email != nil {
			i.Email = strings.TrimSpace(*f.Email)
			a, err := mail.ParseAddress(i.Email)
			i.EmailHash = hash.Email(i.Email)
			w.when(err != nil || a.Address != i.Email || len(i.Email) > 254 || i.EmailHash == "", "email", "must be an e-mail address such as anna@example.com")
		}
		if f.Phone != nil {
			i.PhoneHash = hash.Phone(*f.Phone)
			w.when(strings.TrimSpace(*f.Phone) != "" && i.PhoneHash == "", "phone", "must be a telephone number, or empty")
		}
	}
	return w.err("invalid_influencer", "The influencer cannot be like this.")
}

func takenInfluencer(err error) error {
	switch {
	case store.IsUnique(err, "influencers_shop_id_handle_key"):
		return errs.New(errs.Conflict, "handle_taken", "Another influencer of this shop has this handle.", errs.Field{Path: "handle", Msg: "is taken"})
	case store.IsUnique(err, "influencers_shop_id_email_hash_key"):
		return errs.New(errs.Conflict, "email_taken", "Another influencer of this shop has this mailbox.", errs.Field{Path: "email", Msg: "is taken"})
	}
	return err
}

// missing tells people what was not found.
func missing(err error, what string) error {
	if store.IsNotFound(err) {
		return errs.New(errs.NotFound, what+"_not_found", "There is no such "+strings.ReplaceAll(what, "_", " ")+" in this shop.")
	}
	return err
}

// wrong collects every wrong field of a request.
type wrong []errs.Field

func (w *wrong) when(bad bool, path, msg string) {
	if bad {
		*w = append(*w, errs.Field{Path: path, Msg: msg})
	}
}

// text trims s and checks its length in characters.
func (w *wrong) text(path, s string, atLeast, atMost int) string {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		w.when(true, path, "must be text")
	case n < atLeast:
		w.when(true, path, "must not be empty")
	case n > atMost:
		w.when(true, path, "is too long")
	}
	return s
}

func (w wrong) err(code, msg string) error {
	if len(w) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, code, msg, w...)
}

// instant is t in UTC and in the microseconds that PostgreSQL keeps.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
