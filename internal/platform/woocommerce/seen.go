package woocommerce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SeenOrder is one line of what a store shows of its orders.
type SeenOrder struct {
	ID                   int64
	CreatedAt, UpdatedAt time.Time
	Total                string // a decimal of the order's currency
	Currency             string
	Refunds              []int64
}

// By is the time that orders are listed by.
type By string

// The times.
const (
	ByUpdate   By = "modified"
	ByCreation By = "date"
)

const seenFields = "id,date_created_gmt,date_modified_gmt,total,currency,refunds"

// OrdersSeen lists the orders whose time lies in [since, until), oldest first, a
// page at a time: after is "" or what the call before returned, next is "" on
// the last page. A store counts whole seconds and has no cursor: after is a
// second and a page within what begins there, so that orders which leave the
// list meanwhile push none past us.
func (c *Client) OrdersSeen(ctx context.Context, a Access, by By, since, until time.Time, after string) (page []SeenOrder, next string, err error) {
	from, n := since, 1
	if after != "" {
		at, p, _ := strings.Cut(after, "/")
		unix, err1 := strconv.ParseInt(at, 10, 64)
		if n, err = strconv.Atoi(p); err != nil || err1 != nil || n < 1 {
			return nil, "", fmt.Errorf("no place in a list of orders: %q", after)
		}
		from = time.Unix(unix, 0).UTC()
	}
	const layout = "2006-01-02T15:04:05"
	lower, upper := "after", "before"
	if by == ByUpdate {
		lower, upper = "modified_after", "modified_before"
	}
	q := url.Values{"orderby": {string(by)}, "order": {"asc"}, "dates_are_gmt": {"true"}, "_fields": {seenFields},
		lower: {from.Add(-time.Second).Format(layout)}, upper: {until.Add(time.Second).Format(layout)}}
	items, pages, err := c.page(ctx, a, "orders", q, n)
	if err != nil {
		return nil, "", err
	}
	last := from
	for _, it := range items {
		o, err := readSeen(a, it)
		if err != nil {
			return nil, "", err
		}
		at := o.UpdatedAt
		if by == ByCreation {
			at = o.CreatedAt
		}
		if last = at; !at.Before(from) && at.Before(until) {
			page = append(page, o)
		}
	}
	switch {
	case n >= pages || len(items) == 0 || !last.Before(until):
	case last.After(from): // go on from that second: it is listed again, which does no harm
		next = fmt.Sprintf("%d/1", last.Unix())
	default: // more than a page of one second
		next = fmt.Sprintf("%d/%d", from.Unix(), n+1)
	}
	return page, next, nil
}

// OrdersByID lists those of up to perPage orders that a store shows, whatever
// their status but the bin.
func (c *Client) OrdersByID(ctx context.Context, a Access, ids []int64) ([]SeenOrder, error) {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = strconv.FormatInt(id, 10)
	}
	items, _, err := c.page(ctx, a, "orders", url.Values{"include": {strings.Join(text, ",")}, "_fields": {seenFields}}, 1)
	if err != nil {
		return nil, err
	}
	out := make([]SeenOrder, len(items))
	for i, it := range items {
		if out[i], err = readSeen(a, it); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MostByID is how many orders OrdersByID takes.
const MostByID = perPage

func readSeen(a Access, doc []byte) (o SeenOrder, err error) {
	var in struct {
		ID       int64  `json:"id"`
		Created  string `json:"date_created_gmt"`
		Modified string `json:"date_modified_gmt"`
		Total    string `json:"total"`
		Currency string `json:"currency"`
		Refunds  []struct {
			ID int64 `json:"id"`
		} `json:"refunds"`
	}
	const layout = "2006-01-02T15:04:05"
	err = json.Unmarshal(doc, &in)
	if err == nil {
		o = SeenOrder{ID: in.ID, Total: in.Total, Currency: in.Currency}
		o.CreatedAt, err = time.Parse(layout, strings.TrimSuffix(in.Created, "Z"))
	}
	if err == nil {
		o.UpdatedAt, err = time.Parse(layout, strings.TrimSuffix(in.Modified, "Z"))
	}
	if err != nil || o.ID <= 0 {
		return o, &Error{What: what(a, "orders"), Code: "unexpected", Reason: "the store's list of orders cannot be read", cause: err}
	}
	for _, r := range in.Refunds {
		o.Refunds = append(o.Refunds, r.ID)
	}
	return o, nil
}
