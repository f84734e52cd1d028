package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/store"
)

// route is one line of the route table.
type route struct {
	method, path string
	scope        identity.Scope
	summary      string
	mount        func(*Server, huma.Operation)
}

// none is the input of an operation that takes nothing.
type none struct{}

// output is what huma writes: a JSON body, and whether it is a replay.
type output[B any] struct {
	Status   int    `json:"-"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this is the stored answer to an earlier request with the same Idempotency-Key"`
	Body     B
}

// answer is the output of a read.
type answer[B any] struct{ Body B }

// reads mounts an operation that reads in one transaction of the caller's shop.
func reads[I, B any](f func(context.Context, *store.Tx, *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *I) (*answer[B], error) {
			var o answer[B]
			err := s.DB.InTx(ctx, callerFrom(ctx).ShopID, func(tx *store.Tx) (err error) {
				o.Body, err = f(ctx, tx, in)
				return err
			})
			if err == nil {
				err = s.noteRead(ctx, &op)
			}
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// asks mounts an operation that reads in a transaction of its own, which sees
// one instant of the caller's shop and cannot write.
func asks[I, B any](f func(context.Context, *store.Tx, *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *I) (*answer[B], error) {
			var o answer[B]
			err := s.DB.InSnapshot(ctx, callerFrom(ctx).ShopID, func(tx *store.Tx) (err error) {
				o.Body, err = f(ctx, tx, in)
				return err
			})
			if err == nil {
				err = s.noteRead(ctx, &op)
			}
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// writes mounts an operation that writes in one transaction of the caller's
// shop. The work and the answer stored under its idempotency key are committed
// together, so the work is done once.
func writes[I, B any](f func(context.Context, *store.Tx, *I) (B, error)) func(*Server, huma.Operation) {
	return writesThen(f, nil)
}

// writesThen is writes with something to do after the commit. then also runs
// when the answer is a replay: the first attempt may have ended before it.
func writesThen[I, B any](f func(context.Context, *store.Tx, *I) (B, error), then func(ctx context.Context, in *I, b B) error) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.api, withIdempotencyKey(op), func(ctx context.Context, in *I) (*output[B], error) {
			v := visitFrom(ctx)
			o := output[B]{Status: op.DefaultStatus}
			err := s.DB.InTx(ctx, v.caller.ShopID, func(tx *store.Tx) error {
				if v.idempotencyKey == "" {
					var err error
					if o.Body, err = f(ctx, tx, in); err != nil {
						return err
					}
					return tx.Audit(ctx, auditLine(v, &op))
				}
				old, err := tx.ClaimKey(ctx, v.idempotencyKey, v.requestHash)
				if err != nil {
					return err
				}
				if old != nil {
					return o.replay(old, v)
				}
				if o.Body, err = f(ctx, tx, in); err != nil {
					return err
				}
				if err := keepAnswer(ctx, tx, v.idempotencyKey, o.Status, o.Body); err != nil {
					return err
				}
				return tx.Audit(ctx, auditLine(v, &op))
			})
			if err == nil && then != nil {
				err = then(ctx, in, o.Body)
			}
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

// actStuck is after how long an act whose process died may be tried again.
const actStuck = 2 * time.Minute

// acts mounts an operation that opens transactions of its own and is safe to
// run twice. Its idempotency key is claimed before and answered after it; in
// between, a request with the same key is refused with 409.
func acts[I, B any](f func(ctx context.Context, shopID int64, in *I) (B, error)) func(*Server, huma.Operation) {
	return func(s *Server, op huma.Operation) {
		huma.Register(s.api, withIdempotencyKey(op), func(ctx context.Context, in *I) (*output[B], error) {
			v := visitFrom(ctx)
			o := output[B]{Status: op.DefaultStatus}
			if err := act(ctx, s.DB, v, &o, func() (err error) {
				if o.Body, err = f(ctx, v.caller.ShopID, in); err != nil {
					return err
				}
				after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
				defer cancel()
				return s.DB.InTx(after, v.caller.ShopID, func(tx *store.Tx) error { return tx.Audit(after, auditLine(v, &op)) })
			}); err != nil {
				return nil, problemOf(ctx, err)
			}
			return &o, nil
		})
	}
}

func act[B any](ctx context.Context, db *store.DB, v *visit, o *output[B], f func() error) error {
	if v.idempotencyKey == "" {
		return f()
	}
	var old *store.Answer
	err := db.InTx(ctx, v.caller.ShopID, func(tx *store.Tx) (err error) {
		old, err = tx.ClaimKey(ctx, v.idempotencyKey, v.requestHash)
		if err != nil || old == nil || old.Status != 0 || !bytes.Equal(old.RequestHash, v.requestHash) {
			return err
		}
		again, err := tx.ReclaimKey(ctx, v.idempotencyKey, tx.Now.Add(-actStuck))
		if again {
			old = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if old != nil {
		return o.replay(old, v)
	}
	// What follows f is done even if the caller has gone away meanwhile.
	afterwards := func(g func(context.Context, *store.Tx) error) error {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return db.InTx(after, v.caller.ShopID, func(tx *store.Tx) error { return g(after, tx) })
	}
	done := false
	defer func() {
		if !done { // f refused, or panicked: it may be tried again at once
			_ = afterwards(func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseKey(ctx, v.idempotencyKey) })
		}
	}()
	if err := f(); err != nil {
		return err
	}
	done = true
	return afterwards(func(ctx context.Context, tx *store.Tx) error {
		return keepAnswer(ctx, tx, v.idempotencyKey, o.Status, o.Body)
	})
}

// replay fills o from the stored answer, if it answers the same request.
func (o *output[B]) replay(old *store.Answer, v *visit) error {
	if !bytes.Equal(old.RequestHash, v.requestHash) {
		return errs.New(errs.Conflict, "idempotency_key_reused", "This Idempotency-Key was used for another request. Use a new key for a new request.")
	}
	if old.Status == 0 {
		return errs.New(errs.Conflict, "request_in_progress", "A request with this Idempotency-Key is being worked on. Try again in a moment.")
	}
	if err := json.Unmarshal(old.Response, &o.Body); err != nil {
		return fmt.Errorf("read stored answer: %w", err)
	}
	o.Status, o.Replayed = old.Status, "true"
	return nil
}

func keepAnswer(ctx context.Context, tx *store.Tx, key string, status int, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return tx.KeepAnswer(ctx, key, status, b)
}

func withIdempotencyKey(op huma.Operation) huma.Operation {
	op.Parameters = append(slices.Clip(op.Parameters), &huma.Param{
		Name: "Idempotency-Key", In: "header",
		Description: "Any text of up to 255 visible ASCII characters that names this request. Sent again with the same request, it returns the first answer; with another request, 409.",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: new(255)},
	})
	return op
}

// mount registers the table's routes with their permission, and the errors
// that all of them may answer with.
func (s *Server) mount(table []route) {
	for _, r := range table {
		op := huma.Operation{
			OperationID: operationID(r.method, r.path), Method: r.method, Path: "/api/v1" + r.path, Summary: r.summary,
			Tags: []string{tagOf(r.path)}, MaxBodyBytes: maxBody,
			DefaultStatus: http.StatusOK,
			Metadata:      map[string]any{"scope": r.scope},
			Extensions:    map[string]any{"x-scope": string(r.scope)},
			Security:      []map[string][]string{{"apiKey": {}}},
			Errors:        []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests},
		}
		if strings.Contains(r.path, "{") {
			op.Errors = append(op.Errors, http.StatusNotFound)
		}
		if r.method != http.MethodGet {
			op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge)
		}
		if r.scope == write {
			op.Errors = append(op.Errors, http.StatusConflict)
		}
		if r.creates() {
			op.DefaultStatus = http.StatusCreated
		}
		r.mount(s, op)
	}
}

// creates reports whether the route makes a new thing in a collection.
func (r route) creates() bool {
	if r.method != http.MethodPost || r.scope != write {
		return false
	}
	last := r.path[strings.LastIndexByte(r.path, '/')+1:]
	return strings.Count(r.path, "/") == 1 || last == "versions" || last == "evidence" || last == "snapshots"
}

// operationID is the path in words: "post-agreements-id-sign".
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "", "_", "-").Replace(path)
}

func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// apiConfig describes the API as a whole. Documents and schemas are ours to
// serve: huma's own documentation page loads scripts from a CDN.
func apiConfig() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Tributary", Version: "1",
				Description: "Influencers, agreements, earnings and payouts of one shop. The shop is the one the API key belongs to. " +
					"Amounts are decimal strings with their currency, times are RFC 3339 in UTC, ids are strings. " +
					"Errors are application/problem+json (RFC 9457) with a stable code.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"apiKey": {Type: "http", Scheme: "bearer", Description: "An API key (trb_…) made with `tributary apikey create`."},
				},
			},
		},
		OpenAPIPath:                  "/api/openapi",
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

// parseID reads an id such as inf_12. Anything else is not found.
func parseID(prefix, id string) (int64, error) {
	digits, ok := strings.CutPrefix(id, prefix+"_")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 1 || digits[0] == '+' || digits[0] == '0' {
		return 0, errs.New(errs.NotFound, "not_found", fmt.Sprintf("There is no %q: this id looks like %s_12.", clip(id), prefix))
	}
	return n, nil
}

// parseOptionalID is parseID that takes the empty string for 0.
func parseOptionalID(prefix, id string) (int64, error) {
	if id == "" {
		return 0, nil
	}
	return parseID(prefix, id)
}

func formatID(prefix string, id int64) string { return prefix + "_" + strconv.FormatInt(id, 10) }

func formatOptionalID(prefix string, id int64) string {
	if id == 0 {
		return ""
	}
	return formatID(prefix, id)
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
