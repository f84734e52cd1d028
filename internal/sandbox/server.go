package sandbox

import (
	"context"
	"errors"
	"html/template"
	"net"
	"net/http"
	"sync"
	"time"
)

// server is the store's own HTTP server.
type server struct {
	mu   sync.Mutex
	http *http.Server
	base string
}

func (s *server) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

func (s *server) close() error {
	s.mu.Lock()
	srv := s.http
	s.http = nil
	s.mu.Unlock()
	if srv == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return srv.Close()
}

// Start opens the store: the shopper's page and the platform's APIs.
func (s *Store) Start() error {
	ln, err := net.Listen("tcp", s.opt.Addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, r *http.Request) {
		if s.woo != nil && r.URL.Query().Has("rest_route") {
			s.woo.index(rw, r) // the one thing there that needs no key
			return
		}
		s.page(rw, r)
	})
	s.shopRoutes(mux)
	if s.opt.Skip != nil {
		s.playRoutes(mux)
	}
	if s.woo != nil {
		s.woo.routes(mux)
	} else {
		s.shop.routes(mux)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	s.srv.mu.Lock()
	s.srv.http, s.srv.base = srv, "http://"+ln.Addr().String()
	s.srv.mu.Unlock()
	go func() { _ = srv.Serve(ln) }()
	return nil
}

// URL is where the store answers; empty before Start.
func (s *Store) URL() string { return s.srv.url() }

var pageTmpl = template.Must(template.New("page").Parse(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Name}}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}</style>
<h1>{{.Name}}</h1><p>A simulated {{.Platform}} store. Latest orders of {{.Count}}:</p>
<table><thead><tr><th>Order<th>When<th>Status<th>Total<th>Given back<th>Codes<th>Came by</thead><tbody>
{{range .Orders}}<tr><td>{{.Number}}<td>{{.When}}<td>{{.Status}}<td>{{.Total}}<td>{{.Back}}<td>{{range .Codes}}{{.}} {{end}}<td>{{.Ref}}
{{else}}<tr><td colspan="7">No orders yet.{{end}}</tbody></table></html>`))

func (s *Store) page(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Number                         int64
		When, Status, Total, Back, Ref string
		Codes                          []string
	}
	data := struct {
		Name, Platform string
		Count          int
		Orders         []row
	}{Name: s.opt.Name, Platform: string(s.opt.Platform)}
	s.mu.Lock()
	data.Count = len(s.orders)
	for i := len(s.orders) - 1; i >= 0 && len(data.Orders) < 50; i-- {
		o := s.orders[i]
		status := o.Status
		if s.shop != nil {
			status = o.financial()
		}
		data.Orders = append(data.Orders, row{
			Number: o.Number, When: o.CreatedAt.In(s.opt.Zone).Format("2006-01-02 15:04"), Status: status,
			Total: decimal(o.Total(), s.exp) + " " + s.opt.Currency, Back: decimal(o.refundedTotal(), s.exp), Codes: o.Codes, Ref: o.Visit.Slug,
		})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTmpl.Execute(w, data)
}
