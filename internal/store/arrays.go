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

type int64Array struct{}

func (int64Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int64)
	buf = appendHeader(buf, pgtype.Int8OID, len(list), 12*len(list))
	for _, v := range list {
		buf = binary.BigEndian.AppendUint32(buf, 8)
		buf = binary.BigEndian.AppendUint64(buf, uint64(v)) //nolint:gosec // the bits are what is sent
	}
	return buf, nil
}

type int16Array struct{}

func (int16Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int16)
	buf = appendHeader(buf, pgtype.Int2OID, len(list), 6*len(list))
	for _, v := range list {
		buf = binary.BigEndian.AppendUint32(buf, 2)
		buf = binary.BigEndian.AppendUint16(buf, uint16(v)) //nolint:gosec // the bits are what is sent
	}
	return buf, nil
}

type int32Array struct{}

func (int32Array) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]int32)
	buf = appendHeader(buf, pgtype.Int4OID, len(list), 8*len(list))
	for _, v := range list {
		buf = binary.BigEndian.AppendUint32(buf, 4)
		buf = binary.BigEndian.AppendUint32(buf, uint32(v)) //nolint:gosec // the bits are what is sent
	}
	return buf, nil
}

type boolArray struct{}

func (boolArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]bool)
	buf = appendHeader(buf, pgtype.BoolOID, len(list), 5*len(list))
	for _, v := range list {
		buf = binary.BigEndian.AppendUint32(buf, 1)
		if v {
			buf = append(buf, 1)
		} else {
			buf = append(buf, 0)
		}
	}
	return buf, nil
}

// epoch is where PostgreSQL counts its microseconds from, in those of Unix.
const epoch = 946_684_800_000_000

func appendTime(buf []byte, t time.Time) []byte {
	buf = binary.BigEndian.AppendUint32(buf, 8)
	return binary.BigEndian.AppendUint64(buf, uint64(t.UnixMicro()-epoch)) //nolint:gosec // the bits are what is sent
}

// null is the length that stands for NULL.
const null = 0xffffffff

type timeArray struct{}

func (timeArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]time.Time)
	buf = appendHeader(buf, pgtype.TimestamptzOID, len(list), 12*len(list))
	for _, v := range list {
		buf = appendTime(buf, v)
	}
	return buf, nil
}

type timestamptzArray struct{}

func (timestamptzArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]pgtype.Timestamptz)
	start := len(buf)
	buf = appendHeader(buf, pgtype.TimestamptzOID, len(list), 12*len(list))
	for _, v := range list {
		switch {
		case !v.Valid:
			buf[start+7] = 1
			buf = binary.BigEndian.AppendUint32(buf, null)
		case v.InfinityModifier == pgtype.Infinity:
			buf = binary.BigEndian.AppendUint32(buf, 8)
			buf = binary.BigEndian.AppendUint64(buf, math.MaxInt64)
		case v.InfinityModifier == pgtype.NegativeInfinity:
			buf = binary.BigEndian.AppendUint32(buf, 8)
			buf = binary.BigEndian.AppendUint64(buf, 1<<63)
		default:
			buf = appendTime(buf, v.Time)
		}
	}
	return buf, nil
}

type uuidArray struct{}

func (uuidArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]pgtype.UUID)
	start := len(buf)
	buf = appendHeader(buf, pgtype.UUIDOID, len(list), 20*len(list))
	for _, v := range list {
		if !v.Valid {
			buf[start+7] = 1
			buf = binary.BigEndian.AppendUint32(buf, null)
			continue
		}
		buf = binary.BigEndian.AppendUint32(buf, 16)
		buf = append(buf, v.Bytes[:]...)
	}
	return buf, nil
}

type textArray struct{}

func (textArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([]string)
	size := 4 * len(list)
	for _, v := range list {
		size += len(v)
	}
	buf = appendHeader(buf, pgtype.TextOID, len(list), size)
	for _, v := range list {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(v))) //nolint:gosec // at most what a delivery holds
		buf = append(buf, v...)
	}
	return buf, nil
}

// byteaArray sends a nil element as NULL, as pgx does.
type byteaArray struct{}

func (byteaArray) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([][]byte)
	size, nulls := 4*len(list), byte(0)
	for _, v := range list {
		size += len(v)
		if v == nil {
			nulls = 1
		}
	}
	start := len(buf)
	buf = appendHeader(buf, pgtype.ByteaOID, len(list), size)
	buf[start+7] = nulls
	for _, v := range list {
		if v == nil {
			buf = binary.BigEndian.AppendUint32(buf, null)
			continue
		}
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(v))) //nolint:gosec // at most a delivery's body
		buf = append(buf, v...)
	}
	return buf, nil
}
