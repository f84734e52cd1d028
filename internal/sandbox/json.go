package sandbox

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// field, object and list keep the order of keys, which bodies have and Go maps
// have not.
type field struct {
	key string
	val any
}

type (
	object  []field
	list    []any
	literal string // a number as it shall stand
)

// dialect is how a platform's JSON writer escapes.
type dialect uint8

const (
	rails dialect = iota // <, > and & as \u003c …
	php                  // / as \/, everything beyond ASCII as \uXXXX
)

func encode(dst []byte, v any, d dialect) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case literal:
		return append(dst, v...)
	case string:
		return quote(dst, v, d)
	case object:
		dst = append(dst, '{')
		for i, f := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = quote(dst, f.key, d)
			dst = append(dst, ':')
			dst = encode(dst, f.val, d)
		}
		return append(dst, '}')
	case list:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = encode(dst, e, d)
		}
		return append(dst, ']')
	}
	panic(fmt.Sprintf("sandbox: cannot write %T", v))
}

func quote(dst []byte, s string, d dialect) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c == '/' && d == php:
				dst = append(dst, '\\', '/')
			case c == '\n':
				dst = append(dst, '\\', 'n')
			case c == '\r':
				dst = append(dst, '\\', 'r')
			case c == '\t':
				dst = append(dst, '\\', 't')
			case c < 0x20, d == rails && (c == '<' || c == '>' || c == '&'):
				dst = escape(dst, uint16(c))
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case d == rails && r != 0x2028 && r != 0x2029:
			dst = append(dst, s[i:i+n]...)
		case r > 0xffff:
			a, b := utf16.EncodeRune(r)
			dst = escape(escape(dst, uint16(a)), uint16(b))
		default:
			dst = escape(dst, uint16(r))
		}
		i += n
	}
	return append(dst, '"')
}

func escape(dst []byte, u uint16) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
