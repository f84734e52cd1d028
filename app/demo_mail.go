package main

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"tributary/internal/mailsink"
)

// demoMails is where the demo shows the mails that were sent, when nothing else
// listens there.
const demoMails = "127.0.0.1:8025"

// demoSink starts a mail server that keeps what it is given, tells the settings
// of it, and shows the mails at url. With SMTP_HOST set, mails go there instead
// and url is "".
func demoSink(once bool) (url string, stop func(), err error) {
	if os.Getenv("SMTP_HOST") != "" {
		return "", func() {}, nil
	}
	sink, err := mailsink.Start("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, err
	}
	for name, value := range map[string]string{"SMTP_HOST": "127.0.0.1", "SMTP_PORT": strconv.Itoa(sink.Port()), "SMTP_TLS": "none"} {
		if err := os.Setenv(name, value); err != nil {
			sink.Close()
			return "", nil, err
		}
	}
	address := demoMails
	if once {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			sink.Close()
			return "", nil, err
		}
	}
	srv := &http.Server{Handler: sink, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with stop
	return "http://" + l.Addr().String(), func() { _ = srv.Close(); sink.Close() }, nil
}
