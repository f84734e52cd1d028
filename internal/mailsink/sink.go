// Package mailsink is an SMTP server that keeps what it is given and shows it:
// for the demo, and for tests that read mails as a mailbox would. It sends
// nothing anywhere.
package mailsink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	keep    = 1000
	maxSize = 4 << 20
)

// Mail is one mail as it came.
type Mail struct {
	Number  int // ascending, from 1
	At      time.Time
	To      []string
	From    string // the header
	Subject string
	Header  mail.Header
	Text    string
	HTML    string
	Raw     []byte
}

// Sink is a running server.
type Sink struct {
	listener net.Listener
	server   *smtp.Server
	// Refuse, if not nil, decides by recipient whether a mail is refused.
	Refuse func(to string) error

	mu    sync.Mutex
	mails []Mail // the newest last
	next  int
	news  chan struct{} // closed when a mail comes
}

// Start listens at an address such as 127.0.0.1:0.
func Start(address string, log *slog.Logger) (*Sink, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	s := &Sink{listener: l, news: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	s.server.Domain, s.server.MaxMessageBytes, s.server.MaxRecipients = "localhost", maxSize, 50
	s.server.ReadTimeout, s.server.WriteTimeout = 30*time.Second, 30*time.Second
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

// Address is host and port.
func (s *Sink) Address() string { return s.listener.Addr().String() }

// Port is the port it listens on.
func (s *Sink) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Close ends the server.
func (s *Sink) Close() { _ = s.server.Close() }

// All lists what is kept, the oldest first.
func (s *Sink) All() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Get returns one mail by its number.
func (s *Sink) Get(number int) (Mail, bool) {
	for _, m := range s.All() {
		if m.Number == number {
			return m, true
		}
	}
	return Mail{}, false
}

// To lists the mails to an address, the oldest first.
func (s *Sink) To(address string) []Mail {
	var out []Mail
	for _, m := range s.All() {
		if slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) }) {
			out = append(out, m)
		}
	}
	return out
}

// Wait returns the first mail to an address that ok likes, as soon as it is
// there.
func (s *Sink) Wait(ctx context.Context, address string, ok func(Mail) bool) (Mail, error) {
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		for _, m := range s.To(address) {
			if ok(m) {
				return m, nil
			}
		}
		select {
		case <-news:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("no such mail to %s: %w", address, ctx.Err())
		}
	}
}

func (s *Sink) add(to []string, raw []byte) error {
	m, err := read(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a mail: " + err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	m.Number, m.At, m.To = s.next, time.Now(), to
	s.mails = append(s.mails, m)
	if len(s.mails) > keep {
		s.mails = slices.Clone(s.mails[len(s.mails)-keep:])
	}
	close(s.news)
	s.news = make(chan struct{})
	return nil
}

type session struct {
	sink *Sink
	to   []string
}

func (n *session) Reset()                               { n.to = nil }
func (n *session) Logout() error                        { return nil }
func (n *session) Mail(string, *smtp.MailOptions) error { return nil }

func (n *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if n.sink.Refuse != nil {
		if err := n.sink.Refuse(to); err != nil {
			return err
		}
	}
	n.to = append(n.to, to)
	return nil
}

func (n *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return n.sink.add(n.to, raw)
}

// read takes a mail apart: its headers, and its text and HTML.
func read(raw []byte) (Mail, error) {
	m := Mail{Raw: raw}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m.Header = parsed.Header
	var d mime.WordDecoder
	if m.Subject, err = d.DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return m, err
	}
	if m.From, err = d.DecodeHeader(parsed.Header.Get("From")); err != nil {
		return m, err
	}
	return m, m.part(parsed.Header.Get("Content-Type"), parsed.Header.Get("Content-Transfer-Encoding"), parsed.Body)
}

func (m *Mail) part(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			}
			if err != nil {
				return err
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	switch kind {
	case "text/plain":
		m.Text = strings.ReplaceAll(string(b), "\r\n", "\n")
	case "text/html":
		m.HTML = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	return err
}
