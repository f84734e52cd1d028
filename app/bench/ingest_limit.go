package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/klauspost/compress/s2"
)

// What the limit stores: nothing that is not needed to have the order.
const limitTable = `CREATE TABLE deliveries (id uuid PRIMARY KEY, shop_id bigint NOT NULL, topic smallint NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL);
	ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL`

const limitInsert = `INSERT INTO deliveries (id, shop_id, topic, body) SELECT i, s, t, b
	FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bytea[]) AS u(i, s, t, b) ON CONFLICT DO NOTHING`

const limitBatch = 128

type limitItem struct {
	id   pgtype.UUID
	body []byte // compressed
	done chan error
}

// ingestLimit is the bare machine: net/http, the signature, one writer that
// flushes whatever has gathered. No router, no tenant, no log, no metrics, no
// wake-up.
func ingestLimit(ctx context.Context, o task, ready func(string)) (a account, err error) {
	conn, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, limitTable); err != nil {
		return a, err
	}
	queue := make(chan *limitItem, 4096)
	go limitWriter(context.WithoutCancel(ctx), conn, queue)

	macs := sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(o.Secret)) }}
	bodies := sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}
	items := sync.Pool{New: func() any { return &limitItem{done: make(chan error, 1)} }}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := bodies.Get().(*[]byte)
		defer bodies.Put(buf)
		if r.ContentLength < 1 || r.ContentLength > 1<<20 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if int(r.ContentLength) > len(*buf) {
			*buf = make([]byte, r.ContentLength)
		}
		body := (*buf)[:r.ContentLength]
		if _, err := io.ReadFull(r.Body, body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mac := macs.Get().(hash.Hash)
		mac.Reset()
		mac.Write(body)
		var sum [sha256.Size]byte
		got := mac.Sum(sum[:0])
		macs.Put(mac)
		want, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Shopify-Hmac-Sha256"))
		id, ierr := uuid.Parse(r.Header.Get("X-Shopify-Webhook-Id"))
		if err != nil || ierr != nil || !hmac.Equal(got, want) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		it := items.Get().(*limitItem)
		it.id = pgtype.UUID{Bytes: id, Valid: true}
		it.body = s2.Encode(it.body[:cap(it.body)], body)
		queue <- it
		err = <-it.done
		items.Put(it)
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	return a, serveUntil(ctx, l, handler, ready)
}

func limitWriter(ctx context.Context, conn *pgx.Conn, queue <-chan *limitItem) {
	batch := make([]*limitItem, 0, limitBatch)
	var ids []pgtype.UUID
	var shops []int64
	var topics []int16
	var bodies [][]byte
	for {
		batch, ids, shops, topics, bodies = batch[:0], ids[:0], shops[:0], topics[:0], bodies[:0]
		batch = append(batch, <-queue)
	gather:
		for len(batch) < limitBatch {
			select {
			case it := <-queue:
				batch = append(batch, it)
			default:
				break gather
			}
		}
		for _, it := range batch {
			ids, shops, topics, bodies = append(ids, it.id), append(shops, 1), append(topics, 1), append(bodies, it.body)
		}
		_, err := conn.Exec(ctx, limitInsert, ids, shops, topics, bodies)
		for _, it := range batch {
			it.done <- err
		}
	}
}
