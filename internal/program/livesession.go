package program

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// LiveSessionFields is what people may say about a live session. In a change,
// nil leaves a field as it is.
type LiveSessionFields struct {
	Title, Platform  *string
	StartsAt, EndsAt *time.Time
	GraceMinutes     *int   // how long after the end an order still counts
	LinkID           *int64 // the link shown in the session; 0: none
}

// NewLiveSession is a session to add, with the codes given out in it.
type NewLiveSession struct {
	AgreementID int64
	LiveSessionFields
	Codes []NewLiveCode
}

// NewLiveCode is a code of a session. Without times of its own it is valid from
// the session's start to the end of its grace, and moves with it.
type NewLiveCode struct {
	Code               string
	ValidFrom, ValidTo *time.Time
}

const (
	defaultGrace   = 30 // minutes
	longestSession = 24 * time.Hour
)

var livePlatforms = []string{"amazon", "facebook", "instagram", "tiktok", "twitch", "youtube", "other"}

// AddLiveSession adds a session. Orders that it can have a say in must then be
// settled again.
func AddLiveSession(ctx context.Context, tx *store.Tx, n NewLiveSession) (*store.LiveSession, error) {
	s := store.LiveSession{AgreementID: n.AgreementID, GraceMinutes: defaultGrace, Platform: "other"}
	var w wrong
	if n.Title == nil {
		n.Title = new(string)
	}
	w.when(n.StartsAt == nil, "starts_at", "must be given")
	w.when(n.EndsAt == nil, "ends_at", "must be given")
	w.when(len(n.Codes) > 20, "codes", "must be 20 at most")
	if err := n.apply(ctx, tx, &s, w); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	s.SettleFrom, s.SettleTo = s.StartsAt, s.GraceEnd()
	if err := tx.AddLiveSession(ctx, &s); err != nil {
		return nil, err
	}
	for i, c := range n.Codes {
		if err := AddLiveCode(ctx, tx, &s, c); err != nil {
			if e := errs.As(err); e != nil { // say which of them
				for k := range e.Fields {
					e.Fields[k].Path = fmt.Sprintf("codes[%d].%s", i, e.Fields[k].Path)
				}
			}
			return nil, err
		}
	}
	return &s, nil
}

// AddLiveCode gives a code to a session; it belongs to the session's agreement
// while it is valid, as any code does.
func AddLiveCode(ctx context.Context, tx *store.Tx, s *store.LiveSession, n NewLiveCode) error {
	if !s.CancelledAt.IsZero() {
		return errCancelled
	}
	code := NewCode{AgreementID: s.AgreementID, Code: n.Code, ValidFrom: s.StartsAt}
	end := codeEnd(s)
	code.ValidTo = &end
	follows := n.ValidFrom == nil && n.ValidTo == nil
	if n.ValidFrom != nil {
		code.ValidFrom = *n.ValidFrom
	}
	if n.ValidTo != nil {
		code.ValidTo = n.ValidTo
	}
	c, err := AddCode(ctx, tx, code)
	if err != nil {
		return err
	}
	return tx.AddLiveCode(ctx, s.ID, c.ID, follows)
}

// codeEnd is when a code that follows its session ends: intervals of codes are
// half open, and an order at the very end of the grace counts.
func codeEnd(s *store.LiveSession) time.Time { return s.GraceEnd().Add(time.Microsecond) }

var errCancelled = errs.New(errs.Conflict, "session_cancelled", "This session is cancelled. Add a new one instead.")

// ChangeLiveSession changes what f says; codes that follow the session move with
// it. Orders that it can have a say in must then be settled again.
func ChangeLiveSession(ctx context.Context, tx *store.Tx, id int64, f LiveSessionFields) (*store.LiveSession, error) {
	s, err := tx.LiveSession(ctx, id, true)
	if err != nil {
		return nil, missing(err, "live_session")
	}
	if !s.CancelledAt.IsZero() {
		return nil, errCancelled
	}
	was := *s
	if err := f.apply(ctx, tx, s, nil); err != nil {
		return nil, err
	}
	for _, at := range []time.Time{s.StartsAt, s.GraceEnd()} {
		if at.Before(s.SettleFrom) {
			s.SettleFrom = at
		}
		if at.After(s.SettleTo) {
			s.SettleTo = at
		}
	}
	if err := tx.SetLiveSession(ctx, s); err != nil {
		return nil, err
	}
	if s.StartsAt.Equal(was.StartsAt) && s.GraceEnd().Equal(was.GraceEnd()) {
		return s, nil
	}
	return s, moveCodes(ctx, tx, &was, s)
}

// moveCodes moves the codes that follow a session, but for those that a person
// has ended before their time.
func moveCodes(ctx context.Context, tx *store.Tx, was, s *store.LiveSession) error {
	live, err := tx.LiveCodes(ctx, []int64{s.ID})
	if err != nil {
		return err
	}
	for _, c := range live[s.ID] {
		if !c.Follows || !c.To.Equal(codeEnd(was)) {
			continue
		}
		if err := tx.LockCode(ctx, c.Code); err != nil {
			return err
		}
		spans, err := tx.CodeSpans(ctx, []string{c.Code})
		if err != nil {
			return err
		}
		from, to := s.StartsAt, codeEnd(s)
		for _, o := range spans {
			if o.ID != c.CodeID && o.From.Before(to) && (o.To.IsZero() || from.Before(o.To)) {
				return errs.New(errs.Conflict, "code_taken", fmt.Sprintf("%s belongs to agreement agr_%d at the new time of the session.", c.Code, o.AgreementID),
					errs.Field{Path: "starts_at", Msg: "moves the code " + c.Code + " to a time at which it is taken"})
			}
		}
		if err := tx.MoveCode(ctx, c.CodeID, from, to); err != nil {
			return err
		}
	}
	return nil
}

// CancelLiveSession says that a session does not count. Its codes stay the
// agreement's; orders with them are no longer live.
func CancelLiveSession(ctx context.Context, tx *store.Tx, id int64) (*store.LiveSession, error) {
	s, err := tx.LiveSession(ctx, id, true)
	if err != nil {
		return nil, missing(err, "live_session")
	}
	if !s.CancelledAt.IsZero() {
		return s, nil
	}
	s.CancelledAt = tx.Now
	return s, tx.SetLiveSession(ctx, s)
}

func (f LiveSessionFields) apply(ctx context.Context, tx *store.Tx, s *store.LiveSession, w wrong) error {
	if f.Title != nil {
		s.Title = w.text("title", *f.Title, 1, 200)
	}
	if f.Platform != nil {
		s.Platform = *f.Platform
		w.when(!slices.Contains(livePlatforms, s.Platform), "platform", "must be one of: "+strings.Join(livePlatforms, ", "))
	}
	if f.StartsAt != nil {
		s.StartsAt = instant(*f.StartsAt)
	}
	if f.EndsAt != nil {
		s.EndsAt = instant(*f.EndsAt)
	}
	if !s.StartsAt.IsZero() && !s.EndsAt.IsZero() {
		w.when(!s.EndsAt.After(s.StartsAt), "ends_at", "must be later than starts_at")
		w.when(s.EndsAt.Sub(s.StartsAt) > longestSession, "ends_at", "must be within 24 hours of starts_at")
	}
	if f.GraceMinutes != nil {
		s.GraceMinutes = *f.GraceMinutes
		w.when(s.GraceMinutes < 0 || s.GraceMinutes > 24*60, "grace_minutes", "must be 0 to 1440")
	}
	if f.LinkID != nil {
		s.LinkID = *f.LinkID
		if s.LinkID != 0 {
			l, err := tx.Link(ctx, s.LinkID)
			if err != nil && !store.IsNotFound(err) {
				return err
			}
			w.when(err != nil || l.AgreementID != s.AgreementID, "link_id", "must be a link of the agreement")
		}
	}
	return w.err("invalid_live_session", "The session cannot be like this.")
}
