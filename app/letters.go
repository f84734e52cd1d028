package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tributary/internal/mail"
	"tributary/internal/outbox"
	"tributary/internal/store"
	"tributary/internal/tracking"
	"tributary/internal/tracking/giveaway"
)

// newMail is the way to the configured SMTP server; nil: there is none, and
// letters wait in the outbox.
func (sys *system) newMail() (*mail.Sender, error) {
	c := &sys.Config
	if c.SMTPHost == "" {
		return nil, nil
	}
	return mail.NewSender(mail.Options{Host: c.SMTPHost, Port: c.SMTPPort, TLS: c.SMTPTLS, User: c.SMTPUser, Password: c.SMTPPassword,
		From: c.MailFrom, DKIMDomain: c.DKIMDomain, DKIMSelector: c.DKIMSelector, DKIMKey: c.DKIMKey})
}

// confirmLead sends the letter that asks a mailbox to confirm its form.
func (sys *system) confirmLead(sender *mail.Sender) outbox.Handler {
	return func(ctx context.Context, w outbox.Work) error {
		var m *tracking.ConfirmMail
		err := sys.DB.InTx(ctx, w.ShopID, func(tx *store.Tx) (err error) {
			m, err = sys.Tracker.ConfirmMail(ctx, tx, w.Payload)
			return err
		})
		if store.IsNotFound(err) || err == nil && m == nil {
			return nil // confirmed, gone, or too late
		}
		if err != nil {
			return err
		}
		return send(ctx, sender, mail.Envelope{To: m.To, Key: letterKey(w), At: sys.DB.Now()}, mail.Letter{
			Subject: "Please confirm your e-mail address",
			Shop:    m.Shop,
			Blocks: []mail.Block{
				mail.Text("You left this address with %s, in the form “%s”. Press the button to confirm that it is yours.", m.Shop, m.Form),
				mail.Press("Confirm my address", sys.Config.BaseURL()+m.Path),
				mail.Text("The button works until %s. If it was not you, do nothing: without it, your address is not used.", m.ExpiresAt.UTC().Format("2 January 2006, 15:04 MST")),
			},
			Why: fmt.Sprintf("Somebody entered this address in a form of %s.", m.Shop),
		})
	}
}

// giveawayWinner sends the letter that tells somebody that they have won.
func (sys *system) giveawayWinner(sender *mail.Sender) outbox.Handler {
	return func(ctx context.Context, w outbox.Work) error {
		var m *giveaway.WinnerMail
		err := sys.DB.InTx(ctx, w.ShopID, func(tx *store.Tx) (err error) {
			m, err = giveaway.Winner(ctx, tx, sys.Keys, w.Payload)
			return err
		})
		if store.IsNotFound(err) || err == nil && m == nil {
			return nil // forgotten, or an address we never had
		}
		if err != nil {
			return err
		}
		return send(ctx, sender, mail.Envelope{To: m.To, Key: letterKey(w), At: sys.DB.Now()}, mail.Letter{
			Subject: "You have won",
			Shop:    m.Shop,
			Blocks: []mail.Block{
				mail.Text("Your entry was drawn in “%s” by %s. Congratulations!", m.Title, m.Shop),
				mail.Figures("Your entry", m.Entry),
				mail.Press("See the draw, and check it", fmt.Sprintf("%s/g/gaw_%d/proof", sys.Config.BaseURL(), m.ID)),
				mail.Text("%s gets in touch about your prize. Nobody needs a payment or a password from you for that.", m.Shop),
			},
			Why: fmt.Sprintf("Somebody entered this address in a giveaway of %s.", m.Shop),
		})
	}
}

// signIn sends the letter that lets somebody into the portal.
func (sys *system) signIn(sender *mail.Sender) outbox.Handler {
	return func(ctx context.Context, w outbox.Work) error {
		to, l, err := sys.People.SignInLetter(ctx, w.Payload)
		if err != nil || to == "" {
			return err
		}
		return send(ctx, sender, mail.Envelope{To: to, Key: letterKey(w), At: sys.DB.Now()}, l)
	}
}

// notice sends the letter about something that has happened. An address that the
// mail server refuses is noted, and gets only what one cannot go without.
func (sys *system) notice(sender *mail.Sender) outbox.Handler {
	return func(ctx context.Context, w outbox.Work) error {
		told, err := sys.Teller.Letter(ctx, w.ShopID, w.Payload)
		if err != nil || told == nil {
			return err
		}
		err = send(ctx, sender, mail.Envelope{To: told.To, Key: letterKey(w), At: sys.DB.Now()}, told.Letter)
		problem := ""
		if r := (*mail.Refused)(nil); errors.As(err, &r) && r.Address {
			problem = r.Error()
		} else if err != nil {
			return err
		}
		return errors.Join(err, sys.DB.InTx(ctx, w.ShopID, func(tx *store.Tx) error {
			had, err := tx.MailSettings(ctx, told.InfluencerID)
			if err != nil || had.Problem == problem {
				return err
			}
			return tx.SetMailProblem(ctx, told.InfluencerID, problem)
		}))
	}
}

// application sends the letter that tells how an application was decided.
func (sys *system) application(sender *mail.Sender) outbox.Handler {
	return func(ctx context.Context, w outbox.Work) error {
		to, l, err := sys.Teller.ApplicationLetter(ctx, w.ShopID, w.Payload)
		if err != nil || to == "" {
			return err
		}
		return send(ctx, sender, mail.Envelope{To: to, Key: letterKey(w), At: sys.DB.Now()}, l)
	}
}

// letterKey names the letter of one piece of work for ever.
func letterKey(w outbox.Work) string { return fmt.Sprintf("%s/%d/%d", w.Kind, w.ShopID, w.ID) }

// letterPatience bounds one letter, so that a server that hangs does not keep
// the others.
const letterPatience = time.Minute

func send(ctx context.Context, sender *mail.Sender, e mail.Envelope, l mail.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, letterPatience)
	defer cancel()
	err := sender.Send(ctx, e, l)
	if r := (*mail.Refused)(nil); errors.As(err, &r) {
		return outbox.Final(err)
	}
	return err
}
