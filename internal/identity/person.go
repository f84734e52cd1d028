package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"tributary/internal/errs"
	"tributary/internal/mail"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// MailSignIn is the outbox kind of the mail with the link and the code that let
// somebody in. Its rows belong to shop 0.
const MailSignIn = "mail:sign_in"

const (
	signInFor    = 15 * time.Minute
	signInsAHour = 5 // mails that one address gets; the answer is the same
	codeTries    = 5
	idleFor      = 14 * 24 * time.Hour
	sessionFor   = 90 * 24 * time.Hour
	rotateAfter  = 24 * time.Hour
	rotateGrace  = time.Minute // requests under way still carry the token before
	seeEvery     = 5 * time.Minute
)

// People lets influencers in by links that are mailed to them. A person is a
// mailbox; what it may see are the influencers with its address.
type People struct {
	DB   *store.DB
	Keys *seal.Keys
	// PublicURL is where the portal is, without a slash at its end.
	PublicURL string
}

type signInPayload struct {
	V     int    `json:"v"`
	ID    int64  `json:"id"`
	Token []byte `json:"token"` // sealed
	Code  []byte `json:"code"`  // sealed
}

var errAddress = errs.New(errs.Invalid, "invalid_email", "This is no e-mail address.", errs.Field{Path: "email", Msg: "must be an e-mail address such as anna@example.com"})

// Mailbox is an address as people are told apart by it.
func Mailbox(address string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	a, err := netmail.ParseAddress(address)
	if err != nil || a.Address != address || len(address) > 254 {
		return "", errAddress
	}
	return address, nil
}

// Ask sends a link and a code to an address, if there is an influencer with it,
// and returns what the browser that asked must keep. Whether there is one is
// looked up later, by who sends the mail: neither the answer nor its time tells.
func (p *People) Ask(ctx context.Context, address string) (browser string, err error) {
	address, err = Mailbox(address)
	if err != nil {
		return "", err
	}
	browser = random()
	token, code := random(), digits()
	s := store.SignIn{Email: address, TokenHash: hashOf(token), BrowserKey: hashOf(browser)}
	err = p.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		s.CodeHash, s.ExpiresAt = p.codeHash(s.BrowserKey, code), tx.Now.Add(signInFor)
		n, err := tx.CountSignIns(ctx, address, tx.Now.Add(-time.Hour))
		if err != nil {
			return err
		}
		if err := tx.AddSignIn(ctx, &s); err != nil || n >= signInsAHour {
			return err
		}
		_, err = tx.AddOutbox(ctx, MailSignIn, signInPayload{V: 1, ID: s.ID, Token: p.Keys.Seal([]byte(token), signInPlace(s.ID)), Code: p.Keys.Seal([]byte(code), signInPlace(s.ID))})
		return err
	})
	return browser, err
}

func signInPlace(id int64) []byte { return fmt.Appendf(nil, "sign-in/%d", id) }

// SignInLetter opens an outbox row of kind MailSignIn. Without an address it is
// not to be sent: nobody is known by it, or it is too late.
func (p *People) SignInLetter(ctx context.Context, payload []byte) (to string, l mail.Letter, err error) {
	var row signInPayload
	if err := json.Unmarshal(payload, &row); err != nil || row.V != 1 {
		return "", l, fmt.Errorf("outbox %s: not a payload of version 1 (%w)", MailSignIn, err)
	}
	var s *store.SignIn
	var member []store.Membership
	var now time.Time
	err = p.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		now = tx.Now
		if s, err = tx.SignIn(ctx, row.ID); err != nil {
			return err
		}
		member, err = tx.Memberships(ctx, s.Email)
		return err
	})
	if store.IsNotFound(err) {
		return "", l, nil
	}
	if err != nil || len(member) == 0 || !s.UsedAt.IsZero() || !s.ExpiresAt.After(now) {
		return "", l, err
	}
	token, err := p.Keys.Open(row.Token, signInPlace(s.ID))
	if err != nil {
		return "", l, fmt.Errorf("outbox %s: %w", MailSignIn, err)
	}
	code, err := p.Keys.Open(row.Code, signInPlace(s.ID))
	if err != nil {
		return "", l, fmt.Errorf("outbox %s: %w", MailSignIn, err)
	}
	l = mail.Letter{
		Subject: "Your sign-in link", Shop: "Tributary",
		Blocks: []mail.Block{
			mail.Text("Open this link in the browser in which you asked for it. It works once, for 15 minutes."),
			mail.Press("Sign in", p.PublicURL+"/portal/enter#"+url.QueryEscape(string(token))),
			mail.Text("If you read this on another device, type this code in the browser in which you asked:"),
			{Code: string(code)},
		},
		Why: "Somebody asked to sign in with this address. If it was not you, nothing happens: leave the link alone, and give the code to nobody.",
	}
	return s.Email, l, nil
}

// Entered is a session that has just begun.
type Entered struct {
	Token   string // for the browser to keep
	Expires time.Time
}

var (
	errLink    = errs.New(errs.Unauthorized, "sign_in_over", "This link does not work any more: it works once, for 15 minutes. Ask for a new one.")
	errBrowser = errs.New(errs.Conflict, "other_browser", "This link belongs to the browser in which you asked for it. Open it there, or type the six digits of the mail there.")
	errCode    = errs.New(errs.Unauthorized, "wrong_code", "This is not the code of the last mail, or it has been used or has ended. After five wrong ones, ask for a new mail.")
)

// EnterByLink lets in who has the token of a mail, in the browser that asked.
func (p *People) EnterByLink(ctx context.Context, token, browser, device string) (e Entered, err error) {
	return p.enter(ctx, device, func(tx *store.Tx) (*store.SignIn, error) {
		s, err := tx.LockSignInByToken(ctx, hashOf(token))
		switch {
		case store.IsNotFound(err):
			return nil, errLink
		case err != nil:
			return nil, err
		case !s.UsedAt.IsZero() || !s.ExpiresAt.After(tx.Now):
			return nil, errLink
		case browser == "" || subtle.ConstantTimeCompare(s.BrowserKey, hashOf(browser)) != 1:
			return nil, errBrowser
		}
		return s, nil
	})
}

// EnterByCode lets in who has the code of a mail, in the browser that asked.
func (p *People) EnterByCode(ctx context.Context, code, browser, device string) (e Entered, err error) {
	wrong := false
	e, err = p.enter(ctx, device, func(tx *store.Tx) (*store.SignIn, error) {
		if browser == "" {
			return nil, errCode
		}
		s, err := tx.LockSignInByBrowser(ctx, hashOf(browser))
		switch {
		case store.IsNotFound(err):
			return nil, errCode
		case err != nil:
			return nil, err
		case !s.UsedAt.IsZero() || !s.ExpiresAt.After(tx.Now) || s.Tries >= codeTries:
			return nil, errCode
		case !hmac.Equal(s.CodeHash, p.codeHash(s.BrowserKey, strings.TrimSpace(code))):
			wrong = true
			return nil, tx.MissSignIn(ctx, s.ID)
		}
		return s, nil
	})
	if wrong && err == nil {
		return Entered{}, errCode // the miss is committed
	}
	return e, err
}

// enter begins a session for the sign-in that find returns; nil begins none.
func (p *People) enter(ctx context.Context, device string, find func(*store.Tx) (*store.SignIn, error)) (e Entered, err error) {
	err = p.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		s, err := find(tx)
		if err != nil || s == nil {
			return err
		}
		if err := tx.UseSignIn(ctx, s.ID); err != nil {
			return err
		}
		who, err := tx.PersonOf(ctx, s.Email)
		if err != nil {
			return err
		}
		e = Entered{Token: random(), Expires: tx.Now.Add(sessionFor)}
		return tx.AddSession(ctx, &store.Session{PersonID: who.ID, TokenHash: hashOf(e.Token), Device: Device(device), ExpiresAt: e.Expires})
	})
	return e, err
}

// Visitor is who a session belongs to, and where they are known.
type Visitor struct {
	Session store.Session
	Person  store.Person
	Members []store.Membership
	// Fresh is a token to keep in the place of the one that came; "" keeps it.
	Fresh string
	csrf  string
}

var errSignedOut = errs.New(errs.Unauthorized, "signed_out", "You are not signed in, or not any more. Ask for a link by e-mail.")

// Visitor returns who has the token. A session ends 14 days after it was last
// used and 90 days after it began; its token changes every day.
func (p *People) Visitor(ctx context.Context, token string) (*Visitor, error) {
	if token == "" || len(token) > 100 {
		return nil, errSignedOut
	}
	hash := hashOf(token)
	var v Visitor
	err := p.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		s, err := tx.SessionByToken(ctx, hash)
		if store.IsNotFound(err) {
			return errSignedOut
		}
		if err != nil {
			return err
		}
		before := subtle.ConstantTimeCompare(s.TokenHash, hash) != 1
		if !s.RevokedAt.IsZero() || !s.ExpiresAt.After(tx.Now) || !s.SeenAt.Add(idleFor).After(tx.Now) || before && tx.Now.Sub(s.RotatedAt) > rotateGrace {
			return errSignedOut
		}
		v.Session, v.Person = *s, store.Person{ID: s.PersonID, Email: s.Email, CreatedAt: s.PersonCreatedAt}
		if v.Members, err = tx.Memberships(ctx, s.Email); err != nil {
			return err
		}
		switch {
		case !before && tx.Now.Sub(s.RotatedAt) >= rotateAfter:
			fresh := random()
			ok, err := tx.RotateSession(ctx, s.ID, hash, hashOf(fresh))
			if ok {
				v.Fresh = fresh
			}
			return err
		case tx.Now.Sub(s.SeenAt) >= seeEvery:
			return tx.SeeSession(ctx, s.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	v.csrf = p.csrf(v.Session.ID)
	return &v, nil
}

// Member returns what the visitor is in a shop; an error of kind NotFound when
// that is nothing.
func (v *Visitor) Member(shopID int64) (*store.Membership, error) {
	i := slices.IndexFunc(v.Members, func(m store.Membership) bool { return m.ShopID == shopID })
	if i < 0 {
		return nil, errs.New(errs.NotFound, "shop_not_found", "You work with no such shop.")
	}
	return &v.Members[i], nil
}

// CSRF is the token that requests which change something must carry beside the
// cookie.
func (v *Visitor) CSRF() string { return v.csrf }

// Means tells whether a request meant to change something: whoever makes a
// browser send one from elsewhere does not know the token.
func (v *Visitor) Means(token string) bool { return hmac.Equal([]byte(token), []byte(v.csrf)) }

func (p *People) csrf(sessionID int64) string {
	m := hmac.New(sha256.New, p.Keys.Derive("portal-csrf"))
	fmt.Fprintf(m, "session/%d", sessionID)
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// Devices lists the visitor's sessions that are good, the newest first.
func (p *People) Devices(ctx context.Context, v *Visitor) (list []store.Session, err error) {
	err = p.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		all, err := tx.Sessions(ctx, v.Person.ID)
		for _, s := range all {
			if s.ExpiresAt.After(tx.Now) && s.SeenAt.Add(idleFor).After(tx.Now) {
				list = append(list, s)
			}
		}
		return err
	})
	return list, err
}

// SignOut ends one of the visitor's sessions.
func (p *People) SignOut(ctx context.Context, v *Visitor, sessionID int64) error {
	err := p.DB.InTx(ctx, 0, func(tx *store.Tx) error { return tx.RevokeSession(ctx, v.Person.ID, sessionID) })
	if store.IsNotFound(err) {
		return errs.New(errs.NotFound, "device_not_found", "You are not signed in on such a device.")
	}
	return err
}

// Tidy forgets what has ended a month ago.
func (p *People) Tidy(ctx context.Context) error {
	return p.DB.InTx(ctx, 0, func(tx *store.Tx) error { return tx.DropSignIns(ctx, tx.Now.Add(-30*24*time.Hour)) })
}

// codeHash is keyed: six digits alone could be tried out.
func (p *People) codeHash(browser []byte, code string) []byte {
	m := hmac.New(sha256.New, p.Keys.Derive("sign-in-code"))
	m.Write(browser)
	m.Write([]byte(code))
	return m.Sum(nil)
}

func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%06d", n)
}

// Device is what a browser says of itself, in short.
func Device(agent string) string {
	has := func(s string) bool { return strings.Contains(agent, s) }
	pick := func(names ...[2]string) string {
		for _, n := range names {
			if has(n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser := pick([2]string{"Edg", "Edge"}, [2]string{"OPR", "Opera"}, [2]string{"Firefox", "Firefox"}, [2]string{"FxiOS", "Firefox"}, [2]string{"Chrome", "Chrome"},
		[2]string{"CriOS", "Chrome"}, [2]string{"Safari", "Safari"})
	system := pick([2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS", "Mac"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "" && system == "":
		return "unknown device"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}
