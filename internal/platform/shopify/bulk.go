package shopify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tributary/internal/platform"
)

// BulkState is how far a bulk operation of a store came.
type BulkState struct {
	Status  string // CREATED, RUNNING, COMPLETED, FAILED, CANCELING, CANCELED, EXPIRED
	Error   string // Shopify's code
	Objects int64  // done so far
	Bytes   int64  // of the file
	URL     string // of the file, for seven days; "": there is none, or nothing in it
}

// StartOrders asks a store to write down the orders created in [since, until)
// in its own time, and returns the operation's id.
func StartOrders(ctx context.Context, q Query, since, until time.Time) (id string, err error) {
	query := fmt.Sprintf(`{ orders(query: "created_at:>='%s' AND created_at:<'%s'") { edges { node { id legacyResourceId createdAt updatedAt totalPriceSet { shopMoney { amount currencyCode } } } } } }`,
		since.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	var in struct {
		BulkOperationRunQuery struct {
			BulkOperation *struct{ ID string }
			UserErrors    []UserError
		}
	}
	if err := q(ctx, "bulk_start", map[string]any{"q": query}, &in); err != nil {
		return "", err
	}
	got := in.BulkOperationRunQuery
	if len(got.UserErrors) > 0 || got.BulkOperation == nil {
		return "", &Refused{What: "start a bulk operation", Errors: got.UserErrors}
	}
	return got.BulkOperation.ID, nil
}

// Bulk tells how far a bulk operation came; nil when the store knows none of
// that id any more.
func Bulk(ctx context.Context, q Query, id string) (*BulkState, error) {
	var in struct {
		BulkOperation *struct {
			Status, ErrorCode, URL, PartialDataURL string
			ObjectCount, FileSize                  json.RawMessage
		}
	}
	if err := q(ctx, "bulk_state", map[string]any{"id": id}, &in); err != nil {
		return nil, err
	}
	b := in.BulkOperation
	if b == nil {
		return nil, nil
	}
	return &BulkState{Status: b.Status, Error: b.ErrorCode, Objects: number(b.ObjectCount), Bytes: number(b.FileSize), URL: b.URL}, nil
}

// number reads a whole number that may be a string: Shopify's UnsignedInt64.
func number(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Files fetches what Shopify has put down for us at an address of its own
// choosing: over https, from a public address, without redirects, and without
// any token.
type Files struct {
	http  *http.Client
	plain bool
}

// NewFiles makes Files. private lets a server on this machine play Shopify's.
func NewFiles(private bool) *Files {
	return &Files{plain: private, http: &http.Client{Transport: platform.CarefulTransport(private, answerWithin), CheckRedirect: platform.NoRedirect}}
}

// ErrFileGone says that a file is not there any more: its address is good for
// some days only.
var ErrFileGone = errors.New("the file is not there any more")

const longestLine = 1 << 20

// Lines hands the lines of a file to f from a place on, which must be where a
// line begins; next is where the one after it begins. What it returns ends it.
// The file is never held as a whole.
func (x *Files) Lines(ctx context.Context, address string, from int64, f func(line []byte, next int64) error) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(x.plain && u.Scheme == "http") {
		return &Error{Shop: "a shop", What: "bulk file", Code: CodeNotAllowed, Reason: "the file is at no https address"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	res, err := x.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if ue := (*url.Error)(nil); errors.As(err, &ue) {
			err = ue.Err // the address is signed, and so as good as a token
		}
		return &Error{Shop: "a shop", What: "bulk file", Code: CodeNoAnswer, Reason: "the file cannot be fetched", cause: err}
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK: // all of it: what was read before is passed over
		if _, err := io.CopyN(io.Discard, res.Body, from); err != nil {
			return &Error{Shop: "a shop", What: "bulk file", Code: CodeNoAnswer, Reason: "the file broke off", cause: err}
		}
	case http.StatusRequestedRangeNotSatisfiable: // read to its end
		return nil
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusBadRequest:
		return ErrFileGone
	default:
		return &Error{Shop: "a shop", What: "bulk file", Code: CodeServer, Status: res.StatusCode, Reason: fmt.Sprintf("the file's server answers %d", res.StatusCode)}
	}
	r := bufio.NewReaderSize(res.Body, 64<<10)
	for at := from; ; {
		line, err := wholeLine(r)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &Error{Shop: "a shop", What: "bulk file", Code: CodeNoAnswer, Reason: "the file broke off", cause: err}
		}
		at += int64(len(line))
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := f(text, at); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// wholeLine reads up to and with the end of a line.
func wholeLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > longestLine {
			return nil, fmt.Errorf("a line is longer than %d bytes", longestLine)
		}
	}
}

// BulkOrder reads a line of the file of StartOrders.
func BulkOrder(line []byte) (SeenOrder, error) {
	var in struct {
		LegacyResourceID json.RawMessage `json:"legacyResourceId"`
		CreatedAt        time.Time
		UpdatedAt        time.Time
		TotalPriceSet    struct{ ShopMoney struct{ Amount string } }
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return SeenOrder{}, &Error{Shop: "a shop", What: "bulk file", Code: CodeNotJSON, Reason: "a line of the file cannot be read", cause: err}
	}
	o := SeenOrder{number(in.LegacyResourceID), in.CreatedAt.UTC(), in.UpdatedAt.UTC(), in.TotalPriceSet.ShopMoney.Amount}
	if o.ID <= 0 {
		return SeenOrder{}, &Error{Shop: "a shop", What: "bulk file", Code: CodeNotJSON, Reason: "a line of the file has no order in it"}
	}
	return o, nil
}
