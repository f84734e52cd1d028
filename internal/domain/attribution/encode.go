package attribution

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Encode is the decision in the form of RFC 8785: keys in order, no spaces, one
// way to write each value. Equal decisions have equal bytes. Integers stay exact
// above 2^53.
func (d Decision) Encode() []byte {
	b := make([]byte, 0, 256+len(d.Candidates)*256+len(d.Shares)*256)
	w := writer{append(b, '{')}
	if len(d.Candidates) > 0 {
		w.key("candidates")
		w.b = append(w.b, '[')
		for i := range d.Candidates {
			w.next()
			w.candidate(&d.Candidates[i])
		}
		w.b = append(w.b, ']')
	}
	w.str("customer", d.Customer)
	if len(d.Flags) > 0 {
		w.key("flags")
		w.b = append(w.b, '[')
		for _, f := range d.Flags {
			w.next()
			w.b = appendString(w.b, f)
		}
		w.b = append(w.b, ']')
	}
	w.int("order_id", d.OrderID)
	w.str("outcome", string(d.Outcome))
	w.optStr("reason", d.Reason)
	if len(d.Shares) > 0 {
		w.key("shares")
		w.b = append(w.b, '[')
		for i := range d.Shares {
			w.next()
			w.share(&d.Shares[i])
		}
		w.b = append(w.b, ']')
	}
	return append(w.b, '}')
}

// Decode reads what Encode wrote.
func Decode(b []byte) (Decision, error) {
	var d Decision
	if err := json.Unmarshal(b, &d); err != nil {
		return Decision{}, fmt.Errorf("read attribution decision: %w", err)
	}
	return d, nil
}

// writer appends the members of an object; callers give keys in RFC 8785 order.
type writer struct{ b []byte }

func (w *writer) next() {
	if c := w.b[len(w.b)-1]; c != '{' && c != '[' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) key(k string) {
	w.next()
	w.b = append(append(append(w.b, '"'), k...), '"', ':')
}

func (w *writer) str(k, v string) {
	w.key(k)
	w.b = appendString(w.b, v)
}

func (w *writer) optStr(k, v string) {
	if v != "" {
		w.str(k, v)
	}
}

func (w *writer) int(k string, v int64) {
	w.key(k)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *writer) optInt(k string, v int64) {
	if v != 0 {
		w.int(k, v)
	}
}

func (w *writer) bool(k string, v bool) {
	w.key(k)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *writer) time(k string, t time.Time) {
	w.key(k)
	w.b = append(t.UTC().AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
}

func (w *writer) candidate(c *Candidate) {
	w.b = append(w.b, '{')
	w.int("agreement_id", c.AgreementID)
	w.time("at", c.At)
	w.optStr("code", c.Code)
	w.optStr("detail", c.Detail)
	w.str("id", c.ID)
	w.int("influencer_id", c.InfluencerID)
	w.optStr("ip", c.IPHash)
	w.str("kind", string(c.Kind))
	w.optInt("link_id", c.LinkID)
	w.optInt("page_id", c.PageID)
	w.str("reason", c.Reason)
	if c.TimeClaimed {
		w.bool("time_claimed", true)
	}
	w.optStr("variant", c.Variant)
	w.optInt("version_id", c.VersionID)
	w.bool("won", c.Won)
	w.b = append(w.b, '}')
}

func (w *writer) share(s *Share) {
	w.b = append(w.b, '{')
	w.int("agreement_id", s.AgreementID)
	w.int("bps", int64(s.Bps))
	w.optStr("code", s.Code)
	w.int("influencer_id", s.InfluencerID)
	if len(s.Lines) > 0 {
		w.key("lines")
		w.b = append(w.b, '[')
		for _, id := range s.Lines {
			w.next()
			w.b = strconv.AppendInt(w.b, id, 10)
		}
		w.b = append(w.b, ']')
	}
	w.optInt("link_id", s.LinkID)
	w.optStr("outcome", string(s.Outcome))
	w.optInt("page_id", s.PageID)
	w.optStr("reason", s.Reason)
	w.str("terms_hash", s.TermsHash)
	w.str("touch_id", s.TouchID)
	w.optStr("variant", s.Variant)
	w.int("version_id", s.VersionID)
	w.str("via", string(s.Via))
	w.b = append(w.b, '}')
}

// appendString writes a JSON string as RFC 8785 does: only what must be escaped
// is. Broken UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = slices.Grow(b, len(s)+2)
	b = append(b, '"')
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
		i++
	}
	b = append(b, s[:i]...)
	for i < len(s) {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\b':
			b = append(b, '\\', 'b')
		case c == '\f':
			b = append(b, '\\', 'f')
		case c < ' ':
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return append(b, '"')
}
