package giveaway

import (
	"context"
	"encoding/json"
	"fmt"

	"tributary/internal/domain/draw"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// MailWinner is the outbox kind of the mail that tells somebody that they have
// won.
const MailWinner = "mail:giveaway_winner"

type winnerPayload struct {
	V          int   `json:"v"`
	GiveawayID int64 `json:"giveaway_id"`
	EntryID    int64 `json:"entry_id"`
	Place      int   `json:"place"`
}

// WinnerMail is what the mail to a winner says.
type WinnerMail struct {
	To    string
	Shop  string // its name
	Title string // of the giveaway
	Entry string // as it stands in the published list
	ID    int64  // of the giveaway
}

// Winner opens an outbox row of kind MailWinner; nil when nobody is to be told:
// who bought to enter left no address with us, and the merchant tells them.
func Winner(ctx context.Context, tx *store.Tx, keys *seal.Keys, raw []byte) (*WinnerMail, error) {
	var p winnerPayload
	if err := json.Unmarshal(raw, &p); err != nil || p.V != 1 {
		return nil, fmt.Errorf("outbox %s: not a payload of version 1", MailWinner)
	}
	g, err := tx.Giveaway(ctx, p.GiveawayID)
	if err != nil {
		return nil, err
	}
	e, err := tx.FrozenEntry(ctx, g.ID, p.EntryID)
	if err != nil || e.Place == 0 {
		return nil, err
	}
	forms, err := tx.EntryForms(ctx, g.ID, []string{e.Person})
	if err != nil {
		return nil, err
	}
	f, ok := forms[e.Person]
	if !ok || len(f.Email) == 0 {
		return nil, nil
	}
	to, err := keys.Open(f.Email, platform.EntryPlace(tx.ShopID, g.ID))
	if err != nil {
		return nil, fmt.Errorf("outbox %s: %w", MailWinner, err)
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	m := &WinnerMail{To: string(to), Shop: shop.Name, Title: g.Title, Entry: draw.FormatID(e.ID), ID: g.ID}
	if m.Shop == "" {
		m.Shop = shop.Domain
	}
	return m, nil
}
