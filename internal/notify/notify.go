// Package notify tells influencers by mail what has happened. What there is to
// tell is a set of notices, each told once; a notice becomes a letter, waits for
// a digest, or is dropped, as the influencer wants it.
package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tributary/internal/errs"
	"tributary/internal/mail"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// MailNotice is the outbox kind of a notice's letter.
const MailNotice = "mail:notice"

// The topics that one can go without. Offers, payouts and disputes are not among
// them: they ask for something, or tell of money.
const (
	Sales      = "sales"
	Statements = "statements"
)

// Topics are the topics that can be muted.
var Topics = []string{Sales, Statements}

var topics = map[string]string{store.NoticeFirstSale: Sales, store.NoticeMilestone: Sales, store.NoticeReleased: Sales, store.NoticeDigest: Sales, store.NoticeStatement: Statements}

// Teller tells.
type Teller struct {
	DB        *store.DB
	Keys      *seal.Keys
	Log       *slog.Logger
	PublicURL string // without a slash at its end
}

type payload struct {
	V            int    `json:"v"`
	InfluencerID int64  `json:"influencer_id"`
	Kind         string `json:"kind"`
	Ref          int64  `json:"ref"`
}

const batch = 500

// Tick looks what has happened in every shop and hands on what is due. One
// shop's failure does not stop the others. It is safe to run at the same time.
func (t *Teller) Tick(ctx context.Context) error {
	var shops []store.ShopRef
	err := t.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shops, err = tx.Shops(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	each := func(id int64, f func(*store.Tx) error) {
		if err := t.DB.InTx(ctx, id, f); err != nil {
			failed = append(failed, fmt.Errorf("notices of shop %d: %w", id, err))
		}
	}
	for _, s := range shops {
		each(s.ID, func(tx *store.Tx) error { return tx.NoteWhatHappened(ctx) })
	}
	due, err := t.DB.ShopsWithNotices(ctx)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, id := range due {
		each(id, func(tx *store.Tx) error { return t.queue(ctx, tx) })
	}
	return errors.Join(failed...)
}

// queue hands on what is due in a shop.
func (t *Teller) queue(ctx context.Context, tx *store.Tx) error {
	due, err := tx.DueNotices(ctx, batch)
	if err != nil || len(due) == 0 {
		return err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return err
	}
	for i := range due {
		n := &due[i]
		want, err := tx.MailSettings(ctx, n.InfluencerID)
		if err != nil {
			return err
		}
		topic, digest := topics[n.Kind], int64(0)
		switch {
		case tx.Now.Sub(n.At) > store.NewsFor, topic != "" && slices.Contains(want.Muted, topic), topic != "" && want.Problem != "":
			// no news, not wanted, or not to be delivered
		case topic != "" && want.Digest != "off" && n.Kind != store.NoticeDigest:
			at := digestAt(tx.Now, want.Digest, zone)
			digest = at.Unix()
			if err := tx.Note(ctx, store.NoticeDigest, digest, at, n.InfluencerID); err != nil {
				return err
			}
		default:
			if _, err := tx.AddOutbox(ctx, MailNotice, payload{V: 1, InfluencerID: n.InfluencerID, Kind: n.Kind, Ref: n.Ref}); err != nil {
				return err
			}
		}
		if err := tx.QueueNotice(ctx, n, digest); err != nil {
			return err
		}
	}
	return nil
}

// digestAt is when the next digest goes out: at nine in the morning of the shop,
// every day or on Mondays.
func digestAt(now time.Time, every string, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	at := time.Date(y, m, d, 9, 0, 0, 0, zone)
	for !at.After(now) || every == "weekly" && at.Weekday() != time.Monday {
		d++
		at = time.Date(y, m, d, 9, 0, 0, 0, zone)
	}
	return at
}

// Told is a letter to send.
type Told struct {
	InfluencerID int64
	To           string
	Letter       mail.Letter
}

// Letter opens an outbox row of kind MailNotice; nil when there is nothing to be
// told any more.
func (t *Teller) Letter(ctx context.Context, shopID int64, raw []byte) (told *Told, err error) {
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil || p.V != 1 {
		return nil, fmt.Errorf("outbox %s: not a payload of version 1", MailNotice)
	}
	err = t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		who, err := tx.Influencer(ctx, p.InfluencerID)
		if err != nil {
			return err
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		w := words{Teller: t, tx: tx, shop: shop, who: who}
		if w.zone, err = time.LoadLocation(shop.TimeZone); err != nil {
			return err
		}
		l, err := w.letter(ctx, p.Kind, p.Ref)
		if err != nil || l.Subject == "" {
			return err
		}
		l.Shop, l.Why = w.name(), fmt.Sprintf("You get this because you work with %s.", w.name())
		if topic := topics[p.Kind]; topic != "" {
			l.Unsubscribe = t.PublicURL + "/portal/unsubscribe/" + t.Token(shopID, who.ID, topic)
		}
		told = &Told{InfluencerID: who.ID, To: who.Email, Letter: l}
		return nil
	})
	if store.IsNotFound(err) {
		return nil, nil
	}
	return told, err
}

// ApplicationLetter opens an outbox row of kind program.MailApplication; without
// an address there is nothing to send.
func (t *Teller) ApplicationLetter(ctx context.Context, shopID int64, raw []byte) (to string, l mail.Letter, err error) {
	var p struct {
		V             int   `json:"v"`
		ApplicationID int64 `json:"application_id"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || p.V != 1 {
		return "", l, errors.New("outbox: the payload about an application is not of version 1")
	}
	err = t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		a, err := tx.Application(ctx, p.ApplicationID, false)
		if err != nil {
			return err
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		w := words{Teller: t, tx: tx, shop: shop}
		l = applicationLetter(a, w.name(), w.portal())
		to, l.Shop, l.Why = a.Email, w.name(), fmt.Sprintf("You applied to a campaign of %s.", w.name())
		return nil
	})
	if store.IsNotFound(err) {
		return "", l, nil
	}
	return to, l, err
}

// Token names an influencer and a topic in the address of the page that mutes
// it. It needs no sign-in, and lets one do nothing else.
func (t *Teller) Token(shopID, influencerID int64, topic string) string {
	text := fmt.Sprintf("%d.%d.%s", shopID, influencerID, topic)
	return base64.RawURLEncoding.EncodeToString([]byte(text + "." + t.mac(text)))
}

func (t *Teller) mac(text string) string {
	m := hmac.New(sha256.New, t.Keys.Derive("unsubscribe"))
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

var errToken = errs.New(errs.NotFound, "unsubscribe_not_found", "This link is not valid. Change what you are told in the portal.")

// Mute ends the letters of the topic that a token names, and returns it with the
// shop's name. With do false it only looks.
func (t *Teller) Mute(ctx context.Context, token string, do bool) (shop, topic string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(token) > 300 {
		return "", "", errToken
	}
	i := strings.LastIndexByte(string(raw), '.')
	if i < 0 || !hmac.Equal([]byte(t.mac(string(raw[:i]))), raw[i+1:]) {
		return "", "", errToken
	}
	var shopID, influencer int64
	if _, err := fmt.Sscanf(string(raw[:i]), "%d.%d.%s", &shopID, &influencer, &topic); err != nil || !slices.Contains(Topics, topic) {
		return "", "", errToken
	}
	err = t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		s, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		if shop = s.Name; shop == "" {
			shop = s.Domain
		}
		if !do {
			return nil
		}
		want, err := tx.MailSettings(ctx, influencer)
		if err != nil || slices.Contains(want.Muted, topic) {
			return err
		}
		want.Muted = append(want.Muted, topic)
		return tx.SetMailSettings(ctx, influencer, want)
	})
	if store.IsNotFound(err) {
		err = errToken
	}
	return shop, topic, err
}

// Want changes what an influencer is told.
func Want(ctx context.Context, tx *store.Tx, influencerID int64, muted []string, digest string) (store.MailSettings, error) {
	var w errs.Wrong
	for i, topic := range muted {
		w.When(!slices.Contains(Topics, topic), fmt.Sprintf("muted[%d]", i), "must be one of: "+strings.Join(Topics, ", "))
	}
	w.When(digest != "off" && digest != "daily" && digest != "weekly", "digest", "must be off, daily or weekly")
	if err := w.Err("invalid_notifications", "This cannot be what you are told."); err != nil {
		return store.MailSettings{}, err
	}
	slices.Sort(muted)
	if err := tx.SetMailSettings(ctx, influencerID, store.MailSettings{Muted: append([]string{}, slices.Compact(muted)...), Digest: digest}); err != nil {
		return store.MailSettings{}, err
	}
	return tx.MailSettings(ctx, influencerID)
}
