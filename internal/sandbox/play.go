package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// playRoutes let somebody outside this process make things happen: a test in a
// browser, or a person with curl.
func (s *Store) playRoutes(mux *http.ServeMux) {
	play := func(what string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc("POST /play/"+what, func(w http.ResponseWriter, r *http.Request) {
			answer, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnprocessableEntity)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer)
		})
	}
	number := func(r *http.Request, name string) (int64, error) {
		return strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	}
	play("sale", func(r *http.Request) (any, error) {
		b := Basket{Items: []Item{{Product: 0, Quantity: 2}}}
		if code := r.URL.Query().Get("code"); code != "" {
			b.Codes = []string{code}
		}
		o, err := s.Checkout(b)
		if err != nil {
			return nil, err
		}
		return map[string]any{"order": strconv.FormatInt(o.ID, 10), "number": o.Number}, nil
	})
	play("refund", func(r *http.Request) (any, error) {
		id, err := number(r, "order")
		if err == nil {
			err = s.RefundLine(id, 0, 1)
		}
		return map[string]any{"order": strconv.FormatInt(id, 10)}, err
	})
	play("days", func(r *http.Request) (any, error) {
		n, err := number(r, "n")
		if err == nil {
			s.opt.Skip(time.Duration(n) * 24 * time.Hour)
		}
		return map[string]any{"now": s.Now()}, err
	})
}
