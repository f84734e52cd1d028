package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// API is the merchant at the app's API.
type API struct {
	base, key string
	client    *http.Client
}

// NewAPI makes a client with a key that may write.
func NewAPI(base, key string) *API {
	return &API{base: base, key: key, client: &http.Client{Timeout: 60 * time.Second}}
}

// get reads into out.
func (a *API) get(ctx context.Context, path string, out any) error {
	return a.call(ctx, http.MethodGet, path, "", nil, out)
}

// obj is a JSON object.
type obj = map[string]any

// post sends in as JSON and reads the answer into out; nil: it does not matter.
func (a *API) post(ctx context.Context, path string, in, out any) error {
	return a.json(ctx, http.MethodPost, path, in, out)
}

func (a *API) json(ctx context.Context, method, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return a.call(ctx, method, path, "application/json", b, out)
}

// tooMany is how long the API's own limit is waited for.
const tooMany = 250 * time.Millisecond

func (a *API) call(ctx context.Context, method, path, contentType string, body []byte, out any) error {
	for {
		req, err := http.NewRequestWithContext(ctx, method, a.base+"/api/v1"+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+a.key)
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		res, err := a.client.Do(req)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
		_ = res.Body.Close()
		switch {
		case err != nil:
			return err
		case res.StatusCode == http.StatusTooManyRequests:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(tooMany):
			}
			continue
		case res.StatusCode >= 300:
			return fmt.Errorf("%s %s answered %d: %s", method, path, res.StatusCode, strings.TrimSpace(string(b)))
		case out == nil:
			return nil
		}
		if err := json.Unmarshal(b, out); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		return nil
	}
}

// each reads all pages of a list.
func each[T any](ctx context.Context, a *API, path string, take func(T) error) error {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	cursor := ""
	for {
		var page struct {
			Data []T    `json:"data"`
			Next string `json:"next_cursor"`
		}
		if err := a.get(ctx, path+sep+"limit=100"+cursor, &page); err != nil {
			return err
		}
		for _, x := range page.Data {
			if err := take(x); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		cursor = "&cursor=" + page.Next
	}
}
