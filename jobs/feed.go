package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// feedChannel carries the ids of shops in which something has happened.
const feedChannel = "tributary:feed"

// Feed tells every process that something has happened in a shop. It carries no
// data: who hears it reads the database. What is lost on the way is found by
// the listener's own look from time to time.
type Feed struct {
	redis redis.UniversalClient
	log   *slog.Logger
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu        sync.Mutex
	listeners map[int64]map[chan struct{}]bool
}

// NewFeed starts to listen on the Redis at url.
func NewFeed(redisURL string, log *slog.Logger) (*Feed, error) {
	opt, err := asynq.ParseRedisURI(redisURL)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w", err)
	}
	client, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, fmt.Errorf("redis url: no client for it")
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &Feed{redis: client, log: log, stop: stop, listeners: map[int64]map[chan struct{}]bool{}}
	f.ended.Add(1)
	go f.listen(ctx)
	return f, nil
}

// Close ends it.
func (f *Feed) Close() error {
	f.stop()
	err := f.redis.Close()
	f.ended.Wait()
	return err
}

// Publish says that something has happened in a shop.
func (f *Feed) Publish(ctx context.Context, shopID int64) {
	if err := f.redis.Publish(ctx, feedChannel, shopID).Err(); err != nil && ctx.Err() == nil {
		f.log.Warn("live feed: those who watch will see it a moment later", "shop_id", shopID, "err", err)
	}
}

// Listen gives a channel that receives when something has happened in the shop;
// several times may be one. Call stop when done.
func (f *Feed) Listen(shopID int64) (heard <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listeners[shopID] == nil {
		f.listeners[shopID] = map[chan struct{}]bool{}
	}
	f.listeners[shopID][c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.listeners[shopID], c)
		if len(f.listeners[shopID]) == 0 {
			delete(f.listeners, shopID)
		}
	}
}

func (f *Feed) listen(ctx context.Context) {
	defer f.ended.Done()
	sub := f.redis.Subscribe(ctx, feedChannel) // reconnects by itself
	defer sub.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-sub.Channel():
			if !ok {
				return
			}
			id, err := strconv.ParseInt(m.Payload, 10, 64)
			if err != nil {
				continue
			}
			f.mu.Lock()
			for c := range f.listeners[id] {
				select {
				case c <- struct{}{}:
				default: // it has one to hear already
				}
			}
			f.mu.Unlock()
		}
	}
}
