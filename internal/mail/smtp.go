package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// The ways to encrypt the connection to the server.
const (
	TLSStart = "starttls" // required, on the plain port
	TLSWhole = "tls"      // from the first byte
	TLSNone  = "none"     // for a server on this machine
)

// Options of NewSender.
type Options struct {
	Host, User, Password string
	Port                 int
	TLS                  string
	From                 string // the address letters come from
	// DKIM signs letters; all three or none. Key is PEM, or the name of a file.
	DKIMDomain, DKIMSelector, DKIMKey string
	Timeout                           time.Duration // zero: 20 s
}

// Sender hands letters to one SMTP server. It is safe for concurrent use.
type Sender struct {
	o    Options
	from string
	host string // right of the @ in message ids
	dkim *gomail.DKIMSigner
}

// NewSender checks the options; it does not connect.
func NewSender(o Options) (*Sender, error) {
	a, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("sender's address %q: %w", o.From, err)
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	s := &Sender{o: o, from: a.Address, host: a.Address[strings.LastIndexByte(a.Address, '@')+1:]}
	if o.DKIMDomain == "" {
		return s, nil
	}
	pem := []byte(o.DKIMKey)
	if !strings.Contains(o.DKIMKey, "-----BEGIN") {
		if pem, err = os.ReadFile(o.DKIMKey); err != nil {
			return nil, fmt.Errorf("DKIM key: %w", err)
		}
	}
	key, err := gomail.PrivKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("DKIM key: %w", err)
	}
	s.dkim = gomail.NewDKIMSigner(o.DKIMDomain, o.DKIMSelector, key)
	return s, nil
}

// Envelope is where a letter goes.
type Envelope struct {
	To string
	// Key names the letter for ever: sent twice, it is the same mail twice, with
	// one message id, which mailboxes show once.
	Key string
	At  time.Time
}

// Refused is the server's word that this letter will not be taken, now or
// later. Address tells whether it is the recipient that it does not want.
type Refused struct {
	Code    int
	Address bool
	err     error
}

func (r *Refused) Error() string { return r.err.Error() }
func (r *Refused) Unwrap() error { return r.err }

// Send hands the letter to the server and returns when the server has taken it.
// A Refused is final; after any other error it may be tried again.
func (s *Sender) Send(ctx context.Context, e Envelope, l Letter) error {
	m, err := s.message(e, l)
	if err != nil {
		return err
	}
	c, err := s.client()
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil {
		if m.IsDelivered() {
			return nil // the server has it and only hung up badly
		}
		var se *gomail.SendError
		if errors.As(err, &se) && !se.IsTemp() && se.ErrorCode() >= 500 && se.ErrorCode() < 600 {
			return &Refused{Code: se.ErrorCode(), Address: se.Reason == gomail.ErrSMTPRcptTo, err: short(se)}
		}
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// short is what the server said, without the address: it ends in a log.
func short(se *gomail.SendError) error {
	return fmt.Errorf("the mail server refuses the letter for good (%d %s, %s)", se.ErrorCode(), se.EnhancedStatusCode(), se.Reason)
}

func (s *Sender) message(e Envelope, l Letter) (*gomail.Msg, error) {
	html, text, err := l.Render()
	if err != nil {
		return nil, err
	}
	l = l.plain()
	sum := sha256.Sum256([]byte(e.Key))
	id := hex.EncodeToString(sum[:16])
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("b"+id))
	if err := m.FromFormat(l.Shop, s.from); err != nil {
		return nil, &Refused{err: fmt.Errorf("sender: %w", err)}
	}
	if err := m.To(e.To); err != nil {
		return nil, &Refused{Address: true, err: errors.New("this is no address a mail could go to")}
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(e.At)
	m.SetMessageIDWithValue(id + "@" + s.host)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if strings.HasPrefix(l.Unsubscribe, "https://") {
		if err := m.SetListUnsubscribeOneClick(l.Unsubscribe); err != nil {
			return nil, fmt.Errorf("unsubscribe: %w", err)
		}
	} else if l.Unsubscribe != "" {
		m.SetListUnsubscribe(l.Unsubscribe)
	}
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	if s.dkim != nil {
		m.SetDKIM(s.dkim)
	}
	return m, nil
}

func (s *Sender) client() (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithHELO(s.host)}
	switch s.o.TLS {
	case TLSWhole:
		opts = append(opts, gomail.WithSSL())
	case TLSNone:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.o.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password))
	}
	return gomail.NewClient(s.o.Host, opts...)
}
