package mail_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"tributary/internal/mail"
	"tributary/internal/mailsink"
)

var sentAt = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)

func newSink(t *testing.T) *mailsink.Sink {
	t.Helper()
	s, err := mailsink.Start("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newSender(t *testing.T, s *mailsink.Sink, change ...func(*mail.Options)) *mail.Sender {
	t.Helper()
	o := mail.Options{Host: "127.0.0.1", Port: s.Port(), TLS: mail.TLSNone, From: "hello@tributary.example"}
	for _, f := range change {
		f(&o)
	}
	sender, err := mail.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func letter() mail.Letter {
	return mail.Letter{Subject: "Ein Gruß", Shop: "Müller & Söhne", Why: "You work with Müller & Söhne.", Unsubscribe: "https://t.example/u/1",
		Blocks: []mail.Block{mail.Text("You earned %s.", "<b>12.00</b> USD"), mail.Press("See why", "https://t.example/portal?a=1&b=2"),
			mail.Figures("Order", "#1001", "Nothing", ""), {Code: "123456"}}}
}

func TestALetterArrivesAsTextAndHTMLThatSayTheSame(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	if err := newSender(t, sink).Send(t.Context(), mail.Envelope{To: "anna@example.com", Key: "1/2", At: sentAt}, letter()); err != nil {
		t.Fatal(err)
	}
	all := sink.To("ANNA@example.com")
	if len(all) != 1 {
		t.Fatalf("%d mails", len(all))
	}
	m := all[0]
	if m.Subject != "Ein Gruß" || !strings.Contains(m.From, "Müller & Söhne") || !strings.Contains(m.From, "<hello@tributary.example>") {
		t.Errorf("from %q, subject %q", m.From, m.Subject)
	}
	for _, want := range []string{"You earned <b>12.00</b> USD.", "https://t.example/portal?a=1&b=2", "Order: #1001", "123456", "Stop these mails: https://t.example/u/1"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, m.Text)
		}
	}
	for _, want := range []string{"You earned &lt;b&gt;12.00&lt;/b&gt; USD.", `href="https://t.example/portal?a=1&amp;b=2"`, "#1001", "123456"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the HTML lacks %q:\n%s", want, m.HTML)
		}
	}
	if strings.Contains(m.Text+m.HTML, "Nothing") {
		t.Error("a figure without a value is shown")
	}
	if m.Header.Get("List-Unsubscribe") != "<https://t.example/u/1>" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" ||
		m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%v", m.Header)
	}
}

func TestALetterSentTwiceIsTheSameMail(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	s := newSender(t, sink)
	for range 2 {
		if err := s.Send(t.Context(), mail.Envelope{To: "anna@example.com", Key: "1/2", At: sentAt}, letter()); err != nil {
			t.Fatal(err)
		}
	}
	all := sink.All()
	if len(all) != 2 {
		t.Fatalf("%d mails", len(all))
	}
	a, b := all[0], all[1]
	if id := a.Header.Get("Message-ID"); id == "" || id != b.Header.Get("Message-ID") || a.Header.Get("Date") != b.Header.Get("Date") || a.Text != b.Text || a.HTML != b.HTML {
		t.Errorf("they differ:\n%s\n%s", a.Raw, b.Raw)
	}
}

func TestWhatPeopleTypedCannotLookLikeAPartOfTheLetter(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	l := mail.Letter{Subject: "Hello\r\nBcc: eve@example.com", Shop: "Shop\r\nX: y \u202egnp", Why: "w",
		Blocks: []mail.Block{mail.Text("%s wrote", "Eve\n\nSee why:\nhttps://evil.example")}}
	if err := newSender(t, sink).Send(t.Context(), mail.Envelope{To: "anna@example.com", Key: "k", At: sentAt}, l); err != nil {
		t.Fatal(err)
	}
	m := sink.All()[0]
	if m.Header.Get("Bcc") != "" || m.Header.Get("X") != "" || m.Subject != "Hello Bcc: eve@example.com" {
		t.Errorf("%v", m.Header)
	}
	if strings.Contains(m.Text, "\nhttps://evil.example") || strings.Contains(m.Text+m.From, "\u202e") {
		t.Errorf("%q %s", m.From, m.Text)
	}
}

func TestRefusedForGoodIsToldFromTryAgain(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	sink.Refuse = func(to string) error {
		switch to {
		case "gone@example.com":
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		case "full@example.com":
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
		}
		return nil
	}
	s := newSender(t, sink)
	send := func(to string) error {
		return s.Send(t.Context(), mail.Envelope{To: to, Key: to, At: sentAt}, letter())
	}
	var r *mail.Refused
	if err := send("gone@example.com"); !errors.As(err, &r) || r.Code != 550 || !r.Address || strings.Contains(err.Error(), "gone@") {
		t.Errorf("a mailbox that is gone: %v", err)
	}
	if err := send("full@example.com"); err == nil || errors.As(err, &r) && r.Code != 550 {
		t.Errorf("a mailbox that is full: %v", err)
	}
	if err := send("no address"); !errors.As(err, &r) || !r.Address {
		t.Errorf("no address: %v", err)
	}
	sink.Close()
	r = nil
	if err := send("anna@example.com"); err == nil || errors.As(err, &r) {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestDKIMSignaturesVerify(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	sink := newSink(t)
	s := newSender(t, sink, func(o *mail.Options) {
		o.DKIMDomain, o.DKIMSelector = "tributary.example", "s1"
		o.DKIMKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	})
	if err := s.Send(t.Context(), mail.Envelope{To: "anna@example.com", Key: "k", At: sentAt}, letter()); err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) ([]string, error) {
		if name != "s1._domainkey.tributary.example" {
			t.Errorf("the key is looked for at %s", name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	raw := sink.All()[0].Raw
	check := func(raw []byte) error {
		vs, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
		if err != nil || len(vs) != 1 {
			t.Fatalf("%d signatures, %v", len(vs), err)
		}
		return vs[0].Err
	}
	if err := check(raw); err != nil {
		t.Error(err)
	}
	if err := check(bytes.Replace(raw, []byte("12.00"), []byte("92.00"), 1)); err == nil {
		t.Error("a changed letter verifies")
	}
}
