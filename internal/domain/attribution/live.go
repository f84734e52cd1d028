package attribution

import (
	"slices"
	"strconv"
	"time"
)

// Session is a live selling session of an agreement, from its start up to
// and including its end; orders count for Grace longer.
type Session struct {
	ID, AgreementID int64
	From, To        time.Time
	Grace           time.Duration
	Codes           []SessionCode
}

// SessionCode is a code that is given out in a session.
type SessionCode struct {
	Text  string // folded
	Valid Span
}

// InSessions tells which live session an order created at the given time belongs
// to by its touches: one whose code it used, or in which the influencer's link
// was clicked and whose grace had not ended. Of several of one agreement the
// latest started counts, then the higher id. All touches of the agreement then
// carry the session: whichever of them wins the order, it is paid as live. A
// click in the session is a touch of kind Live besides.
//
// A click that stands at the order's own time for want of a better one proves no
// click in the session.
func InSessions(touches []Touch, sessions []Session, created time.Time) []Touch {
	var found map[int64]*Session
	for i := range sessions {
		s := &sessions[i]
		if b := found[s.AgreementID]; b != nil && !s.after(b) {
			continue
		}
		if slices.ContainsFunc(touches, func(t Touch) bool { return s.has(&t, created) }) {
			if found == nil {
				found = map[int64]*Session{}
			}
			found[s.AgreementID] = s
		}
	}
	if found == nil {
		return touches
	}
	out := slices.Clone(touches)
	clicks := map[int64]Touch{} // the last one in each session
	for i := range out {
		t := &out[i]
		s := found[t.AgreementID]
		if s == nil {
			continue
		}
		switch t.Kind {
		case CodeUse, Live:
			t.SessionID = s.ID
		case Click, Visit:
			t.SessionID = s.ID
			if last, ok := clicks[s.ID]; s.has(t, created) && (!ok || compareTouch(&last, t) < 0) {
				clicks[s.ID] = *t
			}
		}
	}
	for id, t := range clicks {
		t.ID, t.Kind = "live:"+strconv.FormatInt(id, 10), Live
		out = append(out, t)
	}
	return out
}

func (s *Session) after(b *Session) bool {
	return s.From.After(b.From) || s.From.Equal(b.From) && s.ID > b.ID
}

func (s *Session) has(t *Touch, created time.Time) bool {
	if t.AgreementID != s.AgreementID {
		return false
	}
	end := s.To.Add(s.Grace)
	if t.Kind != CodeUse && t.At.After(created) {
		return false
	}
	switch t.Kind {
	case CodeUse:
		return slices.ContainsFunc(s.Codes, func(c SessionCode) bool { return c.Text == t.Code && c.Valid.holds(created) })
	case Click, Visit:
		untimed := t.TimeClaimed && t.At.Equal(created)
		return !untimed && !t.At.Before(s.From) && !t.At.After(s.To) && !created.After(end)
	case Live: // a person vouches for it
		return !t.At.Before(s.From) && !t.At.After(end) && !created.After(end)
	}
	return false
}
