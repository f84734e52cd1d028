package tracking

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// MailLeadConfirm is the outbox kind of the mail that asks a mailbox to confirm.
const MailLeadConfirm = "mail:lead_confirm"

// confirmMails is how many confirmation mails one mailbox may get in a day: a
// stranger can enter any address.
const confirmMails = 3

// confirmPayload is the outbox row of such a mail: ids, and the token sealed.
type confirmPayload struct {
	V      int    `json:"v"`
	LeadID int64  `json:"lead_id"`
	Token  []byte `json:"token"`
}

// askToConfirm sends for a mail with a new token.
func (t *Tracker) askToConfirm(ctx context.Context, tx *store.Tx, l *store.Lead) error {
	n, err := tx.CountLeadTokens(ctx, l.EmailHash, tx.Now.Add(-24*time.Hour))
	if err != nil || n >= confirmMails || l.Email == nil {
		return err
	}
	token := rand.Text()
	if err := tx.AddLeadToken(ctx, tokenHash(token), l.ID, l.ConfirmBy); err != nil {
		return err
	}
	_, err = tx.AddOutbox(ctx, MailLeadConfirm, confirmPayload{V: 1, LeadID: l.ID, Token: t.Keys.Seal([]byte(token), tokenPlace(tx.ShopID, l.ID))})
	return err
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

func tokenPlace(shopID, leadID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/lead/%d/token", shopID, leadID)
}

// ConfirmMail is what a confirmation mail says.
type ConfirmMail struct {
	To        string
	Shop      string // its name
	Form      string // its title
	Path      string // of the page with the button, below the public address: /f/confirm/…
	ExpiresAt time.Time
}

// ConfirmMail opens an outbox row of kind MailLeadConfirm. A nil mail is not to
// be sent any more: the lead was redacted or is confirmed.
func (t *Tracker) ConfirmMail(ctx context.Context, tx *store.Tx, payload []byte) (*ConfirmMail, error) {
	var p confirmPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, fmt.Errorf("outbox %s: %w", MailLeadConfirm, err)
	}
	if p.V != 1 {
		return nil, fmt.Errorf("outbox %s: payload has version %d, not 1", MailLeadConfirm, p.V)
	}
	l, err := tx.Lead(ctx, p.LeadID)
	if err != nil {
		return nil, err
	}
	if l.Email == nil || !l.ConfirmedAt.IsZero() || !l.ConfirmBy.After(tx.Now) {
		return nil, nil
	}
	token, err := t.Keys.Open(p.Token, tokenPlace(tx.ShopID, l.ID))
	if err != nil {
		return nil, fmt.Errorf("outbox %s of lead %d: %w", MailLeadConfirm, l.ID, err)
	}
	who, err := t.Contact(tx.ShopID, l)
	if err != nil {
		return nil, err
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	form, err := tx.LeadForm(ctx, l.FormID)
	if err != nil {
		return nil, err
	}
	return &ConfirmMail{To: who.Email, Shop: shop.Name, Form: form.Title, Path: "/f/confirm/" + string(token), ExpiresAt: l.ConfirmBy}, nil
}

// Confirmation is what the page behind a confirmation link shows.
type Confirmation struct {
	ShopID    int64
	Shop      string
	Form      *store.LeadForm
	Confirmed bool
}

var errNoToken = errs.New(errs.NotFound, "confirmation_not_found", "This link is not valid any more. Fill in the form once more to get a new one.")

// Confirmation looks a token up; with confirm, it uses it. A token that was used
// shows that the mailbox is confirmed, however often it is opened.
func (t *Tracker) Confirmation(ctx context.Context, token string, confirm bool) (*Confirmation, error) {
	if len(token) > 100 {
		return nil, errNoToken
	}
	hash := tokenHash(token)
	var shopID int64
	err := t.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shopID, err = tx.ShopOfLeadToken(ctx, hash)
		return err
	})
	if store.IsNotFound(err) {
		return nil, errNoToken
	}
	if err != nil {
		return nil, err
	}
	c := &Confirmation{ShopID: shopID}
	err = t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		if confirm {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
		}
		k, err := tx.LeadToken(ctx, hash)
		if err != nil {
			return err
		}
		l, err := tx.Lead(ctx, k.LeadID)
		if err != nil {
			return err
		}
		c.Confirmed = !k.UsedAt.IsZero() || !l.ConfirmedAt.IsZero()
		if !c.Confirmed && !k.ExpiresAt.After(tx.Now) {
			return errNoToken
		}
		if confirm && !c.Confirmed {
			if _, err := tx.ConfirmLead(ctx, hash, l.ID); err != nil {
				return err
			}
			if err := t.judgeMailboxes(ctx, tx, []string{l.EmailHash}); err != nil {
				return err
			}
			c.Confirmed = true
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		c.Shop = shop.Name
		c.Form, err = tx.LeadForm(ctx, l.FormID)
		return err
	})
	return c, err
}
