package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Feed tells when something has happened in a shop.
type Feed interface {
	Listen(shopID int64) (heard <-chan struct{}, stop func())
}

// FeedEvent is something that has just happened to an earning.
type FeedEvent struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Kind         string    `json:"kind" enum:"earned,changed,reversed"`
	Source       string    `json:"source" enum:"order,milestone,clicks,lead,post,entry,fee,gift"`
	OrderID      string    `json:"order_id,omitempty"`
	EarningID    string    `json:"earning_id"`
	InfluencerID string    `json:"influencer_id"`
	Amount       Money     `json:"amount" doc:"What was earned or, negative, taken back"`
}

// FeedPing keeps the connection open.
type FeedPing struct {
	At time.Time `json:"at"`
}

const (
	feedPause = 15 * time.Second // between looks when nothing is heard
	feedBatch = 200
	// feedStreams is how many one process serves at once.
	feedStreams = 1000
)

type feedIn struct {
	LastEventID string `header:"Last-Event-ID" doc:"Go on after this event"`
	Last        int    `query:"last" minimum:"0" maximum:"200" default:"20" doc:"So many of the last events first, without Last-Event-ID"`
}

// feedRoute mounts the live feed: server-sent events that go on after
// Last-Event-ID.
func (s *Server) feedRoute() {
	op := huma.Operation{
		OperationID: "get-feed", Method: http.MethodGet, Path: "/api/v1/feed", Summary: "Watch what happens, as server-sent events", Tags: []string{"feed"},
		Metadata: map[string]any{"scope": read, "stream": true}, Extensions: map[string]any{"x-scope": string(read)},
		Security: []map[string][]string{{"apiKey": {}}}, Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}
	sse.Register(s.api, op, map[string]any{"event": FeedEvent{}, "ping": FeedPing{}}, func(ctx context.Context, in *feedIn, send sse.Sender) {
		if s.streams.Add(1) > feedStreams {
			s.streams.Add(-1)
			return
		}
		defer s.streams.Add(-1)
		if err := s.watch(ctx, in, send); err != nil && ctx.Err() == nil {
			s.Log.Warn("live feed ended", "shop_id", callerFrom(ctx).ShopID, "err", err)
		}
	})
}

func (s *Server) watch(ctx context.Context, in *feedIn, send sse.Sender) error {
	shop := callerFrom(ctx).ShopID
	var heard <-chan struct{}
	if s.Feed != nil {
		var stop func()
		heard, stop = s.Feed.Listen(shop)
		defer stop()
	}
	after, err := strconv.ParseInt(in.LastEventID, 10, 64)
	if err != nil || after < 0 { // it does not go on after anything
		if after, err = s.newestEvent(ctx, shop, in.Last); err != nil {
			return err
		}
	}
	for {
		var rows []store.FeedRow
		err := s.DB.InTx(ctx, shop, func(tx *store.Tx) (err error) {
			rows, err = tx.Feed(ctx, after, 0, feedBatch)
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			after = rows[i].ID
			if err := send(sse.Message{ID: int(after), Data: asFeedEvent(&rows[i])}); err != nil {
				return nil //nolint:nilerr // who watched has gone
			}
		}
		if len(rows) == feedBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.ending: // whoever watches connects again, and goes on where they were
			return nil
		case <-heard:
		case <-time.After(feedPause):
			if err := send.Data(FeedPing{At: s.DB.Now()}); err != nil {
				return nil //nolint:nilerr // who watched has gone
			}
		}
	}
}

// newestEvent is the id after which the last so many events stand.
func (s *Server) newestEvent(ctx context.Context, shop int64, last int) (after int64, err error) {
	err = s.DB.InTx(ctx, shop, func(tx *store.Tx) error {
		rows, err := tx.Feed(ctx, 0, max(1, last), 0)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[0].ID - 1
		if last == 0 {
			after = rows[len(rows)-1].ID
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errs.New(errs.Unavailable, "unavailable", "The feed cannot be read now."), err)
	}
	return after, nil
}

func asFeedEvent(r *store.FeedRow) FeedEvent {
	e := FeedEvent{ID: strconv.FormatInt(r.ID, 10), At: r.At.UTC(), Kind: r.Kind, Source: r.SourceKind.String(), EarningID: formatID("ern", r.EarningID),
		InfluencerID: formatID("inf", r.InfluencerID), Amount: asMoney(r.Minor, r.Currency)}
	if r.SourceKind == store.EarningOrder {
		e.OrderID = strconv.FormatInt(r.Source, 10)
	}
	return e
}
