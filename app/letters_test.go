package main

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"tributary/internal/config"
	"tributary/internal/domain/order"
	"tributary/internal/mailsink"
	"tributary/internal/outbox"
	"tributary/internal/pgtest"
	"tributary/internal/program"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
	"tributary/internal/tracking"
)

func TestAFormsMailboxIsAskedByMailAndOnlyOnceForEachWork(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sink, err := mailsink.Start("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sink.Close)
	keys, err := seal.New([]seal.Key{seal.Generate("k1")})
	if err != nil {
		t.Fatal(err)
	}
	db, log := pgtest.Open(t, store.Options{}), slog.New(slog.DiscardHandler)
	sys := &system{DB: db, Keys: keys, Log: log, Tracker: &tracking.Tracker{DB: db, Keys: keys, Log: log},
		Config: config.Config{PublicURL: "https://pay.example.com", SMTPHost: "127.0.0.1", SMTPPort: sink.Port(), SMTPTLS: "none", MailFrom: "hello@example.com"}}
	sender, err := sys.newMail()
	if err != nil {
		t.Fatal(err)
	}
	added, err := tenant.AddShop(ctx, db, keys, tenant.NewShop{Platform: order.Shopify, Domain: "anna.myshopify.com", Name: "Anna's Pots", Currency: "USD", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	var form *store.LeadForm
	err = db.InTx(ctx, added.ID, func(tx *store.Tx) error {
		name, title, optIn := "Autumn", "Ask for a sample", true
		c, err := program.AddCampaign(ctx, tx, program.CampaignFields{Name: &name})
		if err != nil {
			return err
		}
		form, err = program.AddLeadForm(ctx, tx, program.NewLeadForm{CampaignID: c.ID, LeadFormFields: program.LeadFormFields{Title: &title, DoubleOptIn: &optIn}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = sys.Tracker.OpenForm(ctx, form.PublicID, func(tx *store.Tx, f *store.LeadForm) error {
		_, err := sys.Tracker.Submit(ctx, tx, f, tracking.Submission{Email: "fan@example.com", Consented: true, IP: "203.0.113.9"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sys.Tracker.Drain(ctx, added.ID); err != nil {
		t.Fatal(err)
	}
	r := outbox.Runner{DB: db, Log: log, Handlers: sys.outboxHandlers(sender)}
	for range 2 {
		if _, err := r.Shop(ctx, added.ID); err != nil {
			t.Fatal(err)
		}
	}
	mails := sink.To("fan@example.com")
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if !strings.Contains(m.From, "Anna's Pots") || !strings.Contains(m.Text, "Ask for a sample") || !strings.Contains(m.HTML, "Confirm my address") {
		t.Errorf("from %q:\n%s", m.From, m.Text)
	}
	_, after, ok := strings.Cut(m.Text, "https://pay.example.com/f/confirm/")
	if !ok {
		t.Fatalf("no link in\n%s", m.Text)
	}
	token, _, _ := strings.Cut(after, "\n")
	if _, err := url.PathUnescape(strings.TrimSpace(token)); err != nil || len(token) < 20 {
		t.Errorf("token %q", token)
	}
	for _, state := range []string{store.OutboxReady, store.OutboxFailed} {
		err := db.InTx(ctx, added.ID, func(tx *store.Tx) error {
			rows, _, err := tx.ListOutbox(ctx, state, store.Page{})
			if len(rows) > 0 {
				t.Errorf("%s: %+v", state, rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithoutAMailServerLettersWait(t *testing.T) {
	t.Parallel()
	sys := &system{}
	sender, err := sys.newMail()
	if err != nil || sender != nil {
		t.Fatal(sender, err)
	}
	if _, there := sys.outboxHandlers(sender)[tracking.MailLeadConfirm]; there {
		t.Error("a letter would be claimed that nobody can send")
	}
}
