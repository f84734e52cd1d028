package store

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Batches go to PostgreSQL as one array per column. pgx encodes arrays of any
// shape element by element through reflection, growing its buffer on the way,
// which was a third of the time that a batch spent outside the database. These
// plans write the plain slices that batches are made of in one go; all else
// is left to pgx.

// fastArrays teaches a new connection the plans.
func fastArrays(_ context.Context, conn *pgx.Conn) error {
	m := conn.TypeMap()
	for _, oid := range []uint32{
		pgtype.Int8ArrayOID, pgtype.Int4ArrayOID, pgtype.Int2ArrayOID, pgtype.TextArrayOID, pgtype.ByteaArrayOID, pgtype.BoolArrayOID,
		pgtype.TimestamptzArrayOID, pgtype.UUIDArrayOID,
	} {
		if t, ok := m.TypeForOID(oid); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: oid, Codec: arrayCodec{t.Codec}})
		}
	}
	return nil
}

type arrayCodec struct{ pgtype.Codec }

// PlanEncode is pgx's question how to encode value.
func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		if plan := planOf(oid, value); plan != nil {
			return plan
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// planOf is the short way for value as an array of the type oid; nil: none.
func planOf(oid uint32, value any) pgtype.EncodePlan {
	var of uint32
	var plan pgtype.EncodePlan
	switch value.(type) {
	case []int64:
		of, plan = pgtype.Int8ArrayOID, int64Array{}
	case []int32:
		of, plan = pgtype.Int4ArrayOID, int32Array{}
	case []int16:
		of, plan = pgtype.Int2ArrayOID, int16Array{}
	case []bool:
		of, plan = pgtype.BoolArrayOID, boolArray{}
	case []string:
		of, plan = pgtype.TextArrayOID, textArray{}
	case [][]byte:
		of, plan = pgtype.ByteaArrayOID, byteaArray{}
	case []time.Time:
		of, plan = pgtype.TimestamptzArrayOID, timeArray{}
	case []pgtype.Timestamptz:
		of, plan = pgtype.TimestamptzArrayOID, timestamptzArray{}
	case []pgtype.UUID:
		of, plan = pgtype.UUIDArrayOID, uuidArray{}
	}
	if oid != of {
		return nil
	}
	return plan
}

// appendHeader begins a one-dimensional array of n elements, whose lengths and
// values take size bytes.
func appendHeader(buf []byte, element uint32, n, size int) []byte {
	if n == 0 {
		buf = binary.BigEndian.AppendUint32(buf, 0) // dimensions
		buf = binary.BigEndian.AppendUint32(buf, 0) // no nulls
		return binary.BigEndian.AppendUint32(buf, element)
	}
	buf = slices.Grow(buf, 20+size)
	buf = binary.BigEndian.AppendUint32(buf, 1)
	buf = binary.BigEndian.AppendUint32(buf, 0)
	buf = binary.BigEndian.AppendUint32(buf, element)
	buf = binary.BigEndian.AppendUint32(buf, uint32(n)) //nolint:gosec // a batch
	return binary.BigEndian.AppendUint32(buf, 1)        // lower bound
}

// null is the length that stands for NULL.
const null = 0xffffffff

// appendArray appends an array of list, whose values take size bytes together.
// put appends an element's value; nulls says of which there is none.
func appendArray[T any](buf []byte, element uint32, list []T, size int, put func([]byte, T) []byte, nulls func(T) bool) []byte {
	start := len(buf)
	buf = appendHeader(buf, element, len(list), 4*len(list)+size)
	for _, v := range list {
		if nulls != nil && nulls(v) {
			buf[start+7] = 1
			buf = binary.BigEndian.AppendUint32(buf, null)
			continue
		}
		at := len(buf)
		buf = put(append(buf, 0, 0, 0, 0), v)
		binary.BigEndian.PutUint32(buf[at:], uint32(len(buf)-at-4)) //nolint:gosec // at most what a delivery holds
	}
	return buf
}

type int64Array struct{}

func (int64Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int64)
	return appendArray(buf, pgtype.Int8OID, list, 8*len(list), func(b []byte, v int64) []byte {
		return binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // the bits are what is sent
	}, nil), nil
}

type int32Array struct{}

func (int32Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int32)
	return appendArray(buf, pgtype.Int4OID, list, 4*len(list), func(b []byte, v int32) []byte {
		return binary.BigEndian.AppendUint32(b, uint32(v)) //nolint:gosec // the bits are what is sent
	}, nil), nil
}

type int16Array struct{}

func (int16Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int16)
	return appendArray(buf, pgtype.Int2OID, list, 2*len(list), func(b []byte, v int16) []byte {
		return binary.BigEndian.AppendUint16(b, uint16(v)) //nolint:gosec // the bits are what is sent
	}, nil), nil
}

type boolArray struct{}

func (boolArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]bool)
	return appendArray(buf, pgtype.BoolOID, list, 1*len(list), func(b []byte, v bool) []byte {
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	}, nil), nil
}

// epoch is where PostgreSQL counts its microseconds from, in those of Unix.
const epoch = 946_684_800_000_000

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro()-epoch)) //nolint:gosec // the bits are what is sent
}

type timeArray struct{}

func (timeArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]time.Time)
	return appendArray(buf, pgtype.TimestamptzOID, list, 8*len(list), appendTime, nil), nil
}

type timestamptzArray struct{}

func (timestamptzArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]pgtype.Timestamptz)
	return appendArray(buf, pgtype.TimestamptzOID, list, 8*len(list), func(b []byte, v pgtype.Timestamptz) []byte {
		switch v.InfinityModifier {
		case pgtype.Infinity:
			return binary.BigEndian.AppendUint64(b, math.MaxInt64)
		case pgtype.NegativeInfinity:
			return binary.BigEndian.AppendUint64(b, 1<<63)
		}
		return appendTime(b, v.Time)
	}, func(v pgtype.Timestamptz) bool { return !v.Valid }), nil
}

type uuidArray struct{}

func (uuidArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]pgtype.UUID)
	return appendArray(buf, pgtype.UUIDOID, list, 16*len(list), func(b []byte, v pgtype.UUID) []byte { return append(b, v.Bytes[:]...) },
		func(v pgtype.UUID) bool { return !v.Valid }), nil
}

type textArray struct{}

func (textArray) Encode(value any, buf []byte) ([]byte, error) {
	list, size := value.([]string), 0
	for _, v := range list {
		size += len(v)
	}
	return appendArray(buf, pgtype.TextOID, list, size, func(b []byte, v string) []byte { return append(b, v...) }, nil), nil
}

// byteaArray sends a nil element as NULL, as pgx does.
type byteaArray struct{}

func (byteaArray) Encode(value any, buf []byte) ([]byte, error) {
	list, size := value.([][]byte), 0
	for _, v := range list {
		size += len(v)
	}
	return appendArray(buf, pgtype.ByteaOID, list, size, func(b []byte, v []byte) []byte { return append(b, v...) },
		func(v []byte) bool { return v == nil }), nil
}
