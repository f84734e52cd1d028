package store

import (
	"context"
	"encoding/binary"
	"slices"

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
	for _, oid := range []uint32{pgtype.Int8ArrayOID, pgtype.Int2ArrayOID, pgtype.TextArrayOID, pgtype.ByteaArrayOID} {
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
		switch value.(type) {
		case []int64:
			if oid == pgtype.Int8ArrayOID {
				return int64Array{}
			}
		case []int16:
			if oid == pgtype.Int2ArrayOID {
				return int16Array{}
			}
		case []string:
			if oid == pgtype.TextArrayOID {
				return textArray{}
			}
		case [][]byte:
			if oid == pgtype.ByteaArrayOID {
				return byteaArray{}
			}
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
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
			buf = binary.BigEndian.AppendUint32(buf, 0xffffffff)
			continue
		}
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(v))) //nolint:gosec // at most a delivery's body
		buf = append(buf, v...)
	}
	return buf, nil
}
