package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// What the limit stores: a click, which link, when, and of whom.
const redirectTable = `CREATE TABLE clicks (id uuid PRIMARY KEY, at timestamptz NOT NULL, link_id bigint NOT NULL, visitor text NOT NULL)`

const redirectInsert = `INSERT INTO clicks (id, at, link_id, visitor) SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::text[])`

type redirectItem struct {
	id      pgtype.UUID
	at      time.Time
	link    int64
	visitor string
	done    chan error
}

// redirectLimit is the bare machine: net/http, a map, one writer that flushes
// whatever has gathered. No router, no tenant, no validity, no signature.
func redirectLimit(ctx context.Context, o task, ready func(string)) (a account, err error) {
	conn, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return a, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, redirectTable); err != nil {
		return a, err
	}
	queue := make(chan *redirectItem, 4096)
	go redirectWriter(context.WithoutCancel(ctx), conn, queue)
	links := map[string]int64{}
	for i := range redirectLinks {
		links[fmt.Sprintf("l%05d", i)] = int64(i)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		link, ok := links[strings.TrimPrefix(r.URL.Path, "/r/")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		it := &redirectItem{id: pgtype.UUID{Valid: true}, at: time.Now(), link: link, visitor: r.RemoteAddr, done: make(chan error, 1)}
		_, _ = rand.Read(it.id.Bytes[:]) // never fails
		ms := uint64(it.at.UnixMilli())  //nolint:gosec // after 1970
		for i := range 6 {
			it.id.Bytes[i] = byte(ms >> (40 - 8*i)) //nolint:gosec // the byte is meant
		}
		queue <- it
		if err := <-it.done; err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h := w.Header()
		h["Location"] = []string{fmt.Sprintf("https://%s/products/%d?utm_medium=influencer&utm_id=%x", shopDomain, link, it.id.Bytes)}
		h["Content-Length"] = []string{"0"}
		w.WriteHeader(http.StatusFound)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	return a, serveUntil(ctx, l, handler, ready)
}

func redirectWriter(ctx context.Context, conn *pgx.Conn, queue <-chan *redirectItem) {
	batch := make([]*redirectItem, 0, limitBatch)
	var ids []pgtype.UUID
	var ats []time.Time
	var links []int64
	var visitors []string
	for {
		batch, ids, ats, links, visitors = append(batch[:0], <-queue), ids[:0], ats[:0], links[:0], visitors[:0]
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
			ids, ats, links, visitors = append(ids, it.id), append(ats, it.at), append(links, it.link), append(visitors, it.visitor)
		}
		_, err := conn.Exec(ctx, redirectInsert, ids, ats, links, visitors)
		for _, it := range batch {
			it.done <- err
		}
	}
}
