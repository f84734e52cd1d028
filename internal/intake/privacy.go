package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// What can be asked about personal data, in the words of Shopify's topics.
const (
	DataRequest    = "customers/data_request"
	RedactCustomer = "customers/redact"
	RedactShop     = "shop/redact"
)

// privacyWithin is how long the platform gives us to act on a privacy request.
const privacyWithin = 30 * 24 * time.Hour

// AskPrivacy records a request about personal data; the same id again changes
// nothing. Whom it is about is kept sealed, and only until it is done.
func AskPrivacy(ctx context.Context, tx *store.Tx, keys *seal.Keys, id [16]byte, p *platform.PrivacyRequest, at time.Time) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode privacy request: %w", err)
	}
	return tx.AddPrivacyRequest(ctx, p.Topic, id, keys.Seal(b, platform.PrivacyPlace(tx.ShopID, "subject")), at.Add(privacyWithin))
}

// Privacy does what has been asked about personal data in every shop, within a
// minute or so of the asking. One shop's failure does not stop the others. It is
// safe to run twice and to be killed.
func (s *Settler) Privacy(ctx context.Context) error {
	shops, err := s.db.ShopsWithPrivacyRequests(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range shops {
		if err := s.privacyOf(ctx, id); err != nil {
			if ctx.Err() != nil {
				return err
			}
			s.log.ErrorContext(ctx, "privacy request", slog.Int64("shop_id", id), slog.Any("err", err))
			failed = append(failed, fmt.Errorf("privacy requests of shop %d: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

func (s *Settler) privacyOf(ctx context.Context, shopID int64) error {
	// What has come about a person must be understood before it can be forgotten.
	if _, err := s.Drain(ctx, shopID); err != nil {
		return err
	}
	var open []store.PrivacyRequest
	if err := s.db.InTx(ctx, shopID, func(tx *store.Tx) (err error) { open, err = tx.OpenPrivacyRequests(ctx); return err }); err != nil {
		return err
	}
	for i := range open {
		r := &open[i]
		var err error
		switch r.Topic {
		case DataRequest:
			err = s.report(ctx, shopID, r)
		case RedactCustomer:
			err = s.forgetCustomer(ctx, shopID, r)
		case RedactShop:
			err = s.forgetShop(ctx, shopID, r)
		default:
			err = errs.New(errs.Invalid, "privacy_topic", fmt.Sprintf("nobody knows what %q asks", r.Topic))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.Topic, err)
		}
	}
	return nil
}

// subject is whom a request is about.
func (s *Settler) subject(shopID int64, r *store.PrivacyRequest) (p platform.PrivacyRequest, err error) {
	if r.Subject == nil {
		return p, nil
	}
	b, err := s.keys.Open(r.Subject, platform.PrivacyPlace(shopID, "subject"))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, fmt.Errorf("open privacy request %d: %w", r.ID, err)
	}
	return p, nil
}

// person is what a subject is known by in a shop.
type person struct {
	platform.PrivacyRequest
	hash      platform.Hash
	emailHash string
	keys      []string // customer keys
}

func (s *Settler) person(ctx context.Context, tx *store.Tx, r *store.PrivacyRequest) (*person, error) {
	subject, err := s.subject(tx.ShopID, r)
	if err != nil {
		return nil, err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	hash, err := platform.OpenHash(s.keys, order.Platform(shop.Platform), shop.Domain, shop.HashKey)
	if err != nil {
		return nil, err
	}
	p := &person{PrivacyRequest: subject, hash: hash, emailHash: hash.Email(subject.Email)}
	keys := set{}
	keys.add(p.emailHash)
	if p.CustomerID != 0 {
		keys.add(fmt.Sprint(p.CustomerID))
		keys.add(fmt.Sprint(forgotten(hash, p.CustomerID)))
	}
	p.keys = keys.list()
	return p, nil
}

// orders are the orders of the person that we know.
func (p *person) orders(ctx context.Context, tx *store.Tx) ([]store.OrderRow, error) {
	return tx.OrdersOfCustomer(ctx, p.keys, p.Orders)
}

// Export is all that a shop's ledger keeps about a person, for the merchant to
// hand on.
type Export struct {
	Shop        string          `json:"shop"`
	At          time.Time       `json:"at"`
	CustomerID  string          `json:"customer_id,omitempty"`
	Email       string          `json:"email,omitempty"`
	Phone       string          `json:"phone,omitempty"`
	Orders      []ExportedOrder `json:"orders"`
	Leads       []ExportedLead  `json:"leads"`
	Entries     []ExportedEntry `json:"giveaway_entries"`
	Explanation string          `json:"explanation"`
}

// ExportedOrder is an order of the person.
type ExportedOrder struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	Currency  string    `json:"currency"`
	Total     string    `json:"total" example:"19.90"`
	Outcome   string    `json:"outcome"`
	// Kept tells which keyed hashes are kept of the buyer.
	Kept []string `json:"keyed_hashes_of"`
}

// ExportedLead is what the person sent in by a form.
type ExportedLead struct {
	At      time.Time         `json:"submitted_at"`
	State   string            `json:"state"`
	Email   string            `json:"email"`
	Answers map[string]string `json:"answers"`
	Consent string            `json:"consent"`
}

// ExportedEntry is a giveaway that the person entered by a form.
type ExportedEntry struct {
	Giveaway int64     `json:"giveaway"`
	At       time.Time `json:"at"`
	Way      string    `json:"way"`
	Country  string    `json:"country"`
	Email    string    `json:"email"`
}

const exportExplanation = "Of a buyer the app keeps the store's customer id and keyed hashes of mailbox, telephone number, address and IP address, which say whether two orders are one person's; " +
	"the webhooks of the orders as they came, until they are dropped after their retention; and what they sent in by forms themselves."

// report answers a data request.
func (s *Settler) report(ctx context.Context, shopID int64, r *store.PrivacyRequest) error {
	return s.db.InTx(ctx, shopID, func(tx *store.Tx) error {
		p, err := s.person(ctx, tx, r)
		if err != nil {
			return err
		}
		shop, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		out := Export{Shop: shop.Domain, At: tx.Now, Email: p.Email, Phone: p.Phone, Orders: []ExportedOrder{}, Leads: []ExportedLead{}, Entries: []ExportedEntry{}, Explanation: exportExplanation}
		if p.CustomerID != 0 {
			out.CustomerID = fmt.Sprint(p.CustomerID)
		}
		rows, err := p.orders(ctx, tx)
		if err != nil {
			return err
		}
		for i := range rows {
			o, err := rows[i].Order()
			if err != nil {
				return err
			}
			x := ExportedOrder{ID: fmt.Sprint(o.ID), Name: o.Name, CreatedAt: o.Snapshot.CreatedAt, Currency: rows[i].Currency, Total: money.Format(rows[i].Total, money.Currency(rows[i].Currency)), Outcome: rows[i].Outcome, Kept: []string{}}
			c := &o.Snapshot.Customer
			for _, k := range []struct{ name, hash string }{{"email", c.EmailHash}, {"phone", c.PhoneHash}, {"address", c.AddressHash}, {"ip", c.IPHash}} {
				if k.hash != "" {
					x.Kept = append(x.Kept, k.name)
				}
			}
			out.Orders = append(out.Orders, x)
		}
		if err := s.exportForms(ctx, tx, p, &out); err != nil {
			return err
		}
		b, err := json.Marshal(out)
		if err != nil {
			return fmt.Errorf("encode export: %w", err)
		}
		// Whose it is stands in it, so that it can be forgotten with them.
		return tx.FinishPrivacyRequest(ctx, r.ID, "", s.keys.Seal(b, platform.PrivacyPlace(shopID, "report")))
	})
}

func (s *Settler) exportForms(ctx context.Context, tx *store.Tx, p *person, out *Export) error {
	if p.emailHash == "" {
		return nil
	}
	leads, err := tx.LeadsOfMailbox(ctx, p.emailHash, 1000)
	if err != nil {
		return err
	}
	for i := range leads {
		l := &leads[i]
		x := ExportedLead{At: l.SubmittedAt, State: l.State, Consent: l.Consent, Answers: map[string]string{}}
		if l.Email != nil {
			b, err := s.keys.Open(l.Email, platform.LeadPlace(tx.ShopID, l.EmailHash, "email"))
			if err != nil {
				return fmt.Errorf("lead %d: %w", l.ID, err)
			}
			x.Email = string(b)
		}
		if l.Answers != nil {
			b, err := s.keys.Open(l.Answers, platform.LeadPlace(tx.ShopID, l.EmailHash, "answers"))
			if err == nil {
				err = json.Unmarshal(b, &x.Answers)
			}
			if err != nil {
				return fmt.Errorf("lead %d: %w", l.ID, err)
			}
		}
		out.Leads = append(out.Leads, x)
	}
	forms, err := tx.FormsOfPerson(ctx, p.emailHash)
	if err != nil {
		return err
	}
	for _, f := range forms {
		x := ExportedEntry{Giveaway: f.GiveawayID, At: f.At, Way: f.Way, Country: f.Country}
		if len(f.Email) > 0 {
			b, err := s.keys.Open(f.Email, platform.EntryPlace(tx.ShopID, f.GiveawayID))
			if err != nil {
				return fmt.Errorf("entry to giveaway %d: %w", f.GiveawayID, err)
			}
			x.Email = string(b)
		}
		out.Entries = append(out.Entries, x)
	}
	return nil
}

// ReportOf opens the answer to a data request; nil while there is none.
func ReportOf(keys *seal.Keys, shopID int64, r *store.PrivacyRequest) (*Export, error) {
	if r.Report == nil {
		return nil, nil
	}
	b, err := keys.Open(r.Report, platform.PrivacyPlace(shopID, "report"))
	var x Export
	if err == nil {
		err = json.Unmarshal(b, &x)
	}
	if err != nil {
		return nil, fmt.Errorf("open the answer to privacy request %d: %w", r.ID, err)
	}
	return &x, nil
}
