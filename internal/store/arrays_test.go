package store_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/pgtest"
	"tributary/internal/store"
)

// What the short way sends must arrive as what pgx sends.
func TestArraysArriveAsPgxSendsThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := pgtest.New(t)
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(ctx) })
		return conn
	}
	theirs, ours := connect(), connect()
	moment := time.Date(2026, 2, 28, 23, 59, 59, 999_999_999, time.FixedZone("", -5*3600))
	if err := store.FastArrays(ctx, ours); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind   string
		values []any
	}{
		{"bigint", []any{[]int64{}, []int64(nil), []int64{0, -1, 1<<63 - 1, -1 << 63}}},
		{"smallint", []any{[]int16{}, []int16(nil), []int16{0, -1, 32767, -32768}, []int64{1, 2}}},
		{"text", []any{[]string{}, []string(nil), []string{"", "a", "NULL", `"{,}\`, "日本", strings.Repeat("x", 100_000)}}},
		{"bytea", []any{[][]byte{}, [][]byte(nil), [][]byte{nil}, [][]byte{{}, {0}, nil, bytes.Repeat([]byte{0, 255}, 1<<19)}}},
		{"int", []any{[]int32{}, []int32(nil), []int32{0, -1, 1<<31 - 1, -1 << 31}}},
		{"bool", []any{[]bool{}, []bool(nil), []bool{true, false, true}}},
		{"timestamptz", []any{[]time.Time{}, []time.Time(nil), []time.Time{moment, moment.AddDate(-100, 0, 0), {}}}},
		{"timestamptz", []any{[]pgtype.Timestamptz{}, []pgtype.Timestamptz(nil), []pgtype.Timestamptz{
			{}, {Time: moment, Valid: true}, {InfinityModifier: pgtype.Infinity, Valid: true}, {InfinityModifier: pgtype.NegativeInfinity, Valid: true},
		}}},
		{"uuid", []any{[]pgtype.UUID{}, []pgtype.UUID(nil), []pgtype.UUID{{}, {Bytes: [16]byte{1, 15: 255}, Valid: true}}}},
	} {
		for _, v := range c.values {
			// Between others, as batches send them: the buffer is shared.
			query := "SELECT ROW($1::int, $2::" + c.kind + "[], $3::text[], array_length($2, 1), array_lower($2, 1), $2 IS NULL)::text"
			var want, got string
			for conn, into := range map[*pgx.Conn]*string{theirs: &want, ours: &got} {
				if err := conn.QueryRow(ctx, query, 7, v, []string{"last"}).Scan(into); err != nil {
					t.Fatalf("%s %.50v: %v", c.kind, v, err)
				}
			}
			if got != want {
				t.Errorf("%s %.50v arrives as %.200s, pgx sends %.200s", c.kind, v, got, want)
			}
		}
	}
}
