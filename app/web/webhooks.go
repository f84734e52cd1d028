package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
)

// Stores is the intake use case as this edge calls it.
type Stores interface {
	Shopify(ctx context.Context, h http.Header, body []byte) error
	WooCommerce(ctx context.Context, token string, h http.Header, body []byte) error
}

// webhookRoutes are the stores' doors. They answer 200 when the delivery is
// durable, 503 when it is not, and never redirect. They are not behind the
// address limits of people's doors: a store may send a flood. Only answers to
// bad signatures are limited, so that nobody can close the door for a store
// that shares a proxy's address with them.
func (s *Server) webhookRoutes() {
	if s.Stores == nil {
		return
	}
	s.echo.POST(doors+"shopify", s.webhook(s.shopifyHook))
	s.echo.POST(doors+"shopify/compliance", s.webhook(s.shopifyHook))
	s.echo.POST(doors+"woocommerce/:connection", s.webhook(s.wooHook))
}

const doors = "/webhooks/"

// isDoor reports whether the route is one of the stores' doors.
func isDoor(route string) bool { return strings.HasPrefix(route, doors) }

func (s *Server) shopifyHook(c echo.Context, body []byte) error {
	return s.Stores.Shopify(c.Request().Context(), c.Request().Header, body)
}

func (s *Server) wooHook(c echo.Context, body []byte) error {
	return s.Stores.WooCommerce(c.Request().Context(), c.Param("connection"), c.Request().Header, body)
}

var errTooLarge = errs.New(errs.TooLarge, "body_too_large", "The body is larger than 1 MiB.")

var errBody = errs.New(errs.BadRequest, "body_unreadable", "The body ended before it was complete.")

// webhook reads the raw body into a pooled buffer, which the use case does not
// keep, and answers.
func (s *Server) webhook(take func(echo.Context, []byte) error) echo.HandlerFunc {
	pool := sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}
	return func(c echo.Context) error {
		buf := pool.Get().(*[]byte)
		defer func() {
			if cap(*buf) <= 64<<10 {
				pool.Put(buf)
			}
		}()
		body, err := readAll((*buf)[:0], c.Request())
		*buf = body[:0]
		if err != nil {
			return err
		}
		if err := take(c, body); err != nil {
			if e := errs.As(err); e != nil && e.Kind == errs.Unauthorized && !s.failures.Take(addressKey(c.RealIP())) {
				return errTooMany
			}
			return err
		}
		return c.NoContent(http.StatusOK)
	}
}

// readAll appends the whole body to b, at most maxBody bytes of it.
func readAll(b []byte, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return b, errTooLarge
	}
	if n := int(r.ContentLength); n > cap(b) {
		b = make([]byte, 0, n+1)
	}
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if len(b) > maxBody {
			return b, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, errBody
		}
	}
}
