package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// This file is about people, who belong to no shop: all of it works in
// transactions of shop 0.

// SignIn is somebody's wish to be let in.
type SignIn struct {
	ID                              int64
	Email                           string
	TokenHash, CodeHash, BrowserKey []byte // BrowserKey is a hash too
	Tries                           int
	CreatedAt, ExpiresAt            time.Time
	UsedAt                          time.Time // zero: not used
}

// AddSignIn stores s and sets its ID.
func (tx *Tx) AddSignIn(ctx context.Context, s *SignIn) error {
	s.CreatedAt = tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO sign_ins (email, token_hash, code_hash, browser_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		s.Email, s.TokenHash, s.CodeHash, s.BrowserKey, s.CreatedAt, s.ExpiresAt).Scan(&s.ID)
	if err != nil {
		return fmt.Errorf("add sign-in: %w", err)
	}
	return nil
}

// SignIn returns a sign-in by its id; ErrNotFound when there is none.
func (tx *Tx) SignIn(ctx context.Context, id int64) (*SignIn, error) {
	return tx.signIn(ctx, "id = $1", id)
}

// LockSignInByToken returns the sign-in of a token and keeps others from using
// it meanwhile.
func (tx *Tx) LockSignInByToken(ctx context.Context, hash []byte) (*SignIn, error) {
	return tx.signIn(ctx, "token_hash = $1 FOR UPDATE", hash)
}

// LockSignInByBrowser is LockSignInByToken for the last one a browser asked for.
func (tx *Tx) LockSignInByBrowser(ctx context.Context, hash []byte) (*SignIn, error) {
	return tx.signIn(ctx, "browser_hash = $1 ORDER BY id DESC LIMIT 1 FOR UPDATE", hash)
}

func (tx *Tx) signIn(ctx context.Context, where string, args ...any) (*SignIn, error) {
	var s SignIn
	var used pgtype.Timestamptz
	err := tx.pgx.QueryRow(ctx, "SELECT id, email, token_hash, code_hash, browser_hash, tries, created_at, expires_at, used_at FROM sign_ins WHERE "+where, args...).
		Scan(&s.ID, &s.Email, &s.TokenHash, &s.CodeHash, &s.BrowserKey, &s.Tries, &s.CreatedAt, &s.ExpiresAt, &used)
	if err != nil {
		return nil, fmt.Errorf("load sign-in: %w", notFound(err))
	}
	s.UsedAt = fromTimestamptz(used)
	return &s, nil
}

// CountSignIns is how often an address asked to be let in since from.
func (tx *Tx) CountSignIns(ctx context.Context, email string, from time.Time) (n int, err error) {
	err = tx.pgx.QueryRow(ctx, "SELECT count(*) FROM sign_ins WHERE email = $1 AND created_at >= $2", email, from).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count sign-ins: %w", err)
	}
	return n, nil
}

// UseSignIn marks a sign-in as used.
func (tx *Tx) UseSignIn(ctx context.Context, id int64) error {
	return tx.exec(ctx, "use sign-in", "UPDATE sign_ins SET used_at = $2 WHERE id = $1", id, tx.Now)
}

// MissSignIn counts a wrong code.
func (tx *Tx) MissSignIn(ctx context.Context, id int64) error {
	return tx.exec(ctx, "count a wrong code", "UPDATE sign_ins SET tries = tries + 1 WHERE id = $1", id)
}

// DropSignIns forgets sign-ins that ended before the given instant, and sessions
// that nobody can use any more.
func (tx *Tx) DropSignIns(ctx context.Context, before time.Time) error {
	if err := tx.exec(ctx, "forget sign-ins", "DELETE FROM sign_ins WHERE expires_at < $1", before); err != nil {
		return err
	}
	return tx.exec(ctx, "forget sessions", "DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1", before)
}

func (tx *Tx) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := tx.pgx.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Person is a mailbox that was let in.
type Person struct {
	ID        int64
	Email     string // lower case
	CreatedAt time.Time
}

// PersonOf returns the person of a mailbox, who is added if need be.
func (tx *Tx) PersonOf(ctx context.Context, email string) (*Person, error) {
	p := Person{Email: email}
	err := tx.pgx.QueryRow(ctx, `INSERT INTO people (email, created_at) VALUES ($1, $2)
		ON CONFLICT (email) DO UPDATE SET email = excluded.email RETURNING id, created_at`, email, tx.Now).Scan(&p.ID, &p.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("add person: %w", err)
	}
	return &p, nil
}

// DeletePerson forgets a person with all sessions.
func (tx *Tx) DeletePerson(ctx context.Context, p *Person) error {
	if err := tx.exec(ctx, "forget sign-ins", "DELETE FROM sign_ins WHERE email = $1", p.Email); err != nil {
		return err
	}
	return tx.exec(ctx, "forget person", "DELETE FROM people WHERE id = $1", p.ID)
}

// Session is a browser that was let in.
type Session struct {
	ID, PersonID            int64
	Email                   string // of the person
	Device                  string
	CreatedAt, SeenAt       time.Time
	RotatedAt, ExpiresAt    time.Time
	RevokedAt               time.Time // zero: not revoked
	TokenHash, PreviousHash []byte    // PreviousHash: before the last rotation
	PersonCreatedAt         time.Time
}

// AddSession stores s and sets its ID.
func (tx *Tx) AddSession(ctx context.Context, s *Session) error {
	s.CreatedAt, s.SeenAt, s.RotatedAt = tx.Now, tx.Now, tx.Now
	err := tx.pgx.QueryRow(ctx, `INSERT INTO sessions (person_id, token_hash, device, created_at, seen_at, rotated_at, expires_at) VALUES ($1, $2, $3, $4, $4, $4, $5) RETURNING id`,
		s.PersonID, s.TokenHash, s.Device, tx.Now, s.ExpiresAt).Scan(&s.ID)
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

const sessionColumns = "s.id, s.person_id, p.email, s.device, s.created_at, s.seen_at, s.rotated_at, s.expires_at, s.revoked_at, s.token_hash, s.previous_hash, p.created_at"

func scanSession(r pgx.CollectableRow) (s Session, err error) {
	var revoked pgtype.Timestamptz
	err = r.Scan(&s.ID, &s.PersonID, &s.Email, &s.Device, &s.CreatedAt, &s.SeenAt, &s.RotatedAt, &s.ExpiresAt, &revoked, &s.TokenHash, &s.PreviousHash, &s.PersonCreatedAt)
	s.RevokedAt = fromTimestamptz(revoked)
	return s, err
}

// SessionByToken returns the session whose token, or whose token before the
// last rotation, has the hash; ErrNotFound when there is none.
func (tx *Tx) SessionByToken(ctx context.Context, hash []byte) (*Session, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+sessionColumns+" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_hash = $1 OR s.previous_hash = $1", hash)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanSession)
	if err != nil {
		return nil, fmt.Errorf("load session: %w", notFound(err))
	}
	return &s, nil
}

// Sessions lists a person's sessions that are not revoked, the newest first.
func (tx *Tx) Sessions(ctx context.Context, personID int64) ([]Session, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT "+sessionColumns+" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.person_id = $1 AND s.revoked_at IS NULL ORDER BY s.id DESC", personID)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanSession)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

// SeeSession notes that a session is in use.
func (tx *Tx) SeeSession(ctx context.Context, id int64) error {
	return tx.exec(ctx, "note session", "UPDATE sessions SET seen_at = $2 WHERE id = $1", id, tx.Now)
}

// RotateSession gives a session another token in the place of old, and reports
// whether old was still its token.
func (tx *Tx) RotateSession(ctx context.Context, id int64, old, fresh []byte) (bool, error) {
	tag, err := tx.pgx.Exec(ctx, "UPDATE sessions SET token_hash = $3, previous_hash = $2, rotated_at = $4, seen_at = $4 WHERE id = $1 AND token_hash = $2", id, old, fresh, tx.Now)
	if err != nil {
		return false, fmt.Errorf("rotate session: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// RevokeSession ends a session of the person; ErrNotFound when it is none of
// theirs, or has ended.
func (tx *Tx) RevokeSession(ctx context.Context, personID, id int64) error {
	tag, err := tx.pgx.Exec(ctx, "UPDATE sessions SET revoked_at = $3 WHERE id = $2 AND person_id = $1 AND revoked_at IS NULL", personID, id, tx.Now)
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("revoke session: %w", ErrNotFound)
	}
	return nil
}

// Membership is an influencer that a mailbox is, with its shop.
type Membership struct {
	ShopID                           int64
	Shop, Domain, Currency, TimeZone string
	InfluencerID                     int64
	Name, Handle                     string
	Banned                           bool
}

// Memberships lists the influencers with an e-mail address, in all shops.
func (tx *Tx) Memberships(ctx context.Context, email string) ([]Membership, error) {
	rows, err := tx.pgx.Query(ctx, "SELECT shop_id, shop, domain, currency, time_zone, influencer_id, name, handle, banned FROM door_memberships($1)", email)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Membership])
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	return out, nil
}

// Leave notes that an influencer wants to leave and have what may be deleted
// deleted; the first time counts. It returns when that was.
func (tx *Tx) Leave(ctx context.Context, influencerID int64) (at time.Time, err error) {
	err = tx.pgx.QueryRow(ctx, "UPDATE influencers SET leaving_at = coalesce(leaving_at, $3) WHERE shop_id = $1 AND id = $2 RETURNING leaving_at", tx.ShopID, influencerID, tx.Now).Scan(&at)
	if err != nil {
		return at, fmt.Errorf("note that influencer %d leaves: %w", influencerID, notFound(err))
	}
	return at.UTC(), nil
}
