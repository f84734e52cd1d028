package attribution

import (
	"encoding/json"
	"fmt"
	"strconv"

	"tributary/internal/domain/jsonw"
)

// Encode is the decision in the form of RFC 8785: keys in order, no spaces, one
// way to write each value. Equal decisions have equal bytes. Integers stay exact
// above 2^53.
func (d Decision) Encode() []byte {
	w := writer{jsonw.Writer{B: make([]byte, 0, 256+len(d.Candidates)*256+len(d.Shares)*256)}}
	w.Object()
	if len(d.Candidates) > 0 {
		w.List("candidates")
		for i := range d.Candidates {
			w.candidate(&d.Candidates[i])
		}
		w.EndList()
	}
	w.Str("customer", d.Customer)
	if len(d.Flags) > 0 {
		w.List("flags")
		for _, f := range d.Flags {
			w.Item()
			w.B = jsonw.AppendString(w.B, f)
		}
		w.EndList()
	}
	w.Int("order_id", d.OrderID)
	w.Str("outcome", string(d.Outcome))
	w.OptStr("reason", d.Reason)
	if len(d.Shares) > 0 {
		w.List("shares")
		for i := range d.Shares {
			w.share(&d.Shares[i])
		}
		w.EndList()
	}
	w.EndObject()
	return w.B
}

// Decode reads what Encode wrote.
func Decode(b []byte) (Decision, error) {
	var d Decision
	if err := json.Unmarshal(b, &d); err != nil {
		return Decision{}, fmt.Errorf("read attribution decision: %w", err)
	}
	return d, nil
}

type writer struct{ jsonw.Writer }

func (w *writer) candidate(c *Candidate) {
	w.Object()
	w.Int("agreement_id", c.AgreementID)
	w.Time("at", c.At)
	w.OptStr("code", c.Code)
	w.OptStr("detail", c.Detail)
	w.Str("id", c.ID)
	w.Int("influencer_id", c.InfluencerID)
	w.OptStr("ip", c.IPHash)
	w.Str("kind", string(c.Kind))
	w.OptInt("link_id", c.LinkID)
	w.OptInt("page_id", c.PageID)
	w.Str("reason", c.Reason)
	w.OptInt("session_id", c.SessionID)
	w.OptTrue("time_claimed", c.TimeClaimed)
	w.OptStr("variant", c.Variant)
	w.OptInt("version_id", c.VersionID)
	w.Bool("won", c.Won)
	w.EndObject()
}

func (w *writer) share(s *Share) {
	w.Object()
	w.Int("agreement_id", s.AgreementID)
	w.Int("bps", int64(s.Bps))
	w.OptStr("code", s.Code)
	w.Int("influencer_id", s.InfluencerID)
	if len(s.Lines) > 0 {
		w.List("lines")
		for _, id := range s.Lines {
			w.Item()
			w.B = strconv.AppendInt(w.B, id, 10)
		}
		w.EndList()
	}
	w.OptInt("link_id", s.LinkID)
	w.OptStr("outcome", string(s.Outcome))
	w.OptInt("page_id", s.PageID)
	w.OptStr("reason", s.Reason)
	w.OptInt("session_id", s.SessionID)
	w.Str("terms_hash", s.TermsHash)
	w.Str("touch_id", s.TouchID)
	w.OptStr("variant", s.Variant)
	w.Int("version_id", s.VersionID)
	w.Str("via", string(s.Via))
	w.EndObject()
}
