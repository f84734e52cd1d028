package tracking

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Submission is what came in through a lead form.
type Submission struct {
	Email     string
	Answers   map[string]string // by name of the field
	Consented bool
	Honeypot  bool   // a field that people do not see was filled in
	ClickID   string // what the visitor brought along, if anything
	Ref, Code string
	IP        string
}

// confirmWithin is how long a mailbox has to confirm.
const confirmWithin = 72 * time.Hour

// mailboxADay is how often one mailbox may be entered in a day. More is nobody's
// doubt whether the form worked.
const mailboxADay = 50

var errNoForm = errs.New(errs.NotFound, "lead_form_not_found", "There is no such form, or it is closed.")

// OpenForm returns the form with a public id, and whose it is; an error of kind
// NotFound when there is none that takes leads. f is given the form in a
// transaction of its shop.
func (t *Tracker) OpenForm(ctx context.Context, public string, f func(*store.Tx, *store.LeadForm) error) error {
	var shopID int64
	err := t.DB.InTx(ctx, 0, func(tx *store.Tx) (err error) {
		shopID, err = tx.ShopOfLeadForm(ctx, public)
		return err
	})
	if store.IsNotFound(err) {
		return errNoForm
	}
	if err != nil {
		return err
	}
	return t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		form, err := tx.LeadFormByPublicID(ctx, public)
		if store.IsNotFound(err) || err == nil && !form.Active {
			return errNoForm
		}
		if err != nil {
			return err
		}
		return f(tx, form)
	})
}

// Submit records a lead. The verdict on it comes with the next drain; who
// submits is not told, for it would tell strangers whose address the shop has.
func (t *Tracker) Submit(ctx context.Context, tx *store.Tx, form *store.LeadForm, s Submission) (*store.Lead, error) {
	hash, err := t.hash(ctx, tx)
	if err != nil {
		return nil, err
	}
	answers, err := checkSubmission(form, &s, hash)
	if err != nil {
		return nil, err
	}
	l := &store.Lead{FormID: form.ID, EmailHash: hash.Email(s.Email), Consent: form.Consent, IPHash: hash.IP(s.IP), SubmittedAt: tx.Now,
		ClickID: clipText(s.ClickID, 64), Ref: clipText(s.Ref, 64), Code: order.Fold(clipText(s.Code, 255))}
	n, err := tx.CountLeads(ctx, l.EmailHash, tx.Now.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	if n >= mailboxADay {
		return nil, errs.New(errs.TooMany, "too_many_requests", "This address was entered too often. Try again tomorrow.")
	}
	if form.DoubleOptIn {
		l.ConfirmBy = tx.Now.Add(confirmWithin)
	}
	sealLead(t.Keys, tx.ShopID, l, s.Email, answers)
	var agreement, campaign int64
	if form.AgreementID != nil {
		agreement = *form.AgreementID
	} else {
		campaign = *form.CampaignID
	}
	if err := t.attributeLead(ctx, tx, l, agreement, campaign); err != nil {
		return nil, err
	}
	if s.Honeypot {
		l.Invalid = "honeypot"
	}
	if _, err := tx.AddLead(ctx, l); err != nil {
		return nil, err
	}
	return l, nil
}

// hash is the keyed hash of the shop.
func (t *Tracker) hash(ctx context.Context, tx *store.Tx) (platform.Hash, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	return platform.OpenHash(t.Keys, shop.Platform, shop.Domain, shop.HashKey)
}

// MailboxHash is the hash that leads of an address have.
func (t *Tracker) MailboxHash(ctx context.Context, tx *store.Tx, email string) (string, error) {
	hash, err := t.hash(ctx, tx)
	if err != nil {
		return "", err
	}
	if h := hash.Email(email); h != "" {
		return h, nil
	}
	return "none", nil // no lead has it
}

// checkSubmission reports every wrong field and returns the answers to keep.
func checkSubmission(form *store.LeadForm, s *Submission, hash platform.Hash) (map[string]string, error) {
	var wrong []errs.Field
	bad := func(path, msg string) { wrong = append(wrong, errs.Field{Path: path, Msg: msg}) }
	s.Email = strings.TrimSpace(s.Email)
	switch {
	case s.Email == "":
		bad("email", "Enter your e-mail address.")
	case !isEmail(s.Email, hash):
		bad("email", "Enter an e-mail address such as anna@example.com.")
	}
	answers := map[string]string{}
	for _, q := range form.Fields {
		a := strings.TrimSpace(s.Answers[q.Name])
		if msg := wrongAnswer(q, a); msg != "" {
			bad(q.Name, msg)
		} else if a != "" {
			answers[q.Name] = a
		}
	}
	if form.Consent != "" && !s.Consented {
		bad("consent", "Tick the box to go on.")
	}
	if len(wrong) > 0 {
		return nil, errs.New(errs.Invalid, "invalid_lead", "Some of it is missing or not right.", wrong...)
	}
	return answers, nil
}

func isEmail(s string, hash platform.Hash) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && hash.Email(s) != ""
}

func wrongAnswer(q store.LeadField, a string) string {
	longest := 500
	if q.Type == "textarea" {
		longest = 4000
	}
	switch {
	case a == "" && q.Required && q.Type == "checkbox":
		return "Tick the box to go on."
	case a == "" && q.Required:
		return "Fill this in."
	case a == "":
		return ""
	case !utf8.ValidString(a) || strings.ContainsRune(a, 0):
		return "Write plain text."
	case utf8.RuneCountInString(a) > longest:
		return fmt.Sprintf("Write %d characters at most.", longest)
	case q.Type == "select" && !slices.Contains(q.Options, a):
		return "Choose one of the list."
	case q.Type == "tel" && order.NormalPhone(a) == "":
		return "Enter a telephone number."
	case q.Type == "number":
		if _, err := strconv.ParseFloat(a, 64); err != nil {
			return "Enter a number."
		}
	}
	return ""
}

// attributeLead finds out whose a lead is: the form's agreement; else, among the
// campaign's, by the code that was given, the click, or the link's name, in this
// order. It notes on the lead why it cannot count, if so.
func (t *Tracker) attributeLead(ctx context.Context, tx *store.Tx, l *store.Lead, agreement, campaign int64) error {
	type claim struct {
		agreement int64
		via       string
		at        time.Time
	}
	var claims []claim
	if agreement != 0 {
		claims = []claim{{agreement, "form", l.SubmittedAt}}
	} else {
		if l.Code != "" {
			spans, err := tx.CodeSpans(ctx, []string{l.Code})
			if err != nil {
				return err
			}
			for _, s := range spans {
				if !l.SubmittedAt.Before(s.From) && (s.To.IsZero() || l.SubmittedAt.Before(s.To)) {
					claims = append(claims, claim{s.AgreementID, "code", l.SubmittedAt})
				}
			}
		}
		var ids [][16]byte
		if id, _, ok := platform.NewClickIDs(t.Keys).Open(tx.ShopID, l.ClickID); ok {
			ids = append(ids, id)
		}
		clicks, err := tx.ClickRefs(ctx, ids)
		if err != nil {
			return err
		}
		for _, c := range clicks {
			claims = append(claims, claim{c.AgreementID, "click", c.At})
		}
		if l.Ref != "" {
			refs, err := tx.LinkRefs(ctx, []string{l.Ref})
			if err != nil {
				return err
			}
			for _, r := range refs {
				claims = append(claims, claim{r.AgreementID, "link", l.SubmittedAt})
			}
		}
	}
	ids := make([]int64, 0, len(claims))
	for _, c := range claims {
		ids = append(ids, c.agreement)
	}
	versions, err := t.terms.Versions(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, c := range claims {
		v := leadVersion(versions, c.agreement, l.SubmittedAt)
		window := 0
		if v != nil {
			window = v.Terms.Attribution.WindowDays
		}
		switch {
		case v == nil && agreement != 0:
			l.AgreementID, l.Via, l.Invalid = agreement, c.via, "no_agreement"
			return nil
		case v == nil, campaign != 0 && v.CampaignID != campaign, c.at.After(l.SubmittedAt),
			c.at.Before(l.SubmittedAt.Add(-time.Duration(window) * 24 * time.Hour)):
			continue
		}
		l.AgreementID, l.VersionID, l.Via = v.ID, v.VersionID, c.via
		return t.checkBringer(ctx, tx, l, v.InfluencerID)
	}
	return nil
}

// leadVersion is the version of an agreement that was in force; nil when none was.
func leadVersion(versions []attribution.Agreement, agreement int64, at time.Time) (found *attribution.Agreement) {
	for i := range versions {
		v := &versions[i]
		if v.ID == agreement && !at.Before(v.Effective.From) && (v.Effective.To.IsZero() || at.Before(v.Effective.To)) {
			found = v // ascending by number
		}
	}
	return found
}

func (t *Tracker) checkBringer(ctx context.Context, tx *store.Tx, l *store.Lead, influencerID int64) error {
	people, err := tx.InfluencersForAttribution(ctx, []int64{influencerID})
	if err != nil || len(people) == 0 {
		return err
	}
	p := &people[0]
	active := false
	for i := range p.ActiveFrom {
		active = active || !l.SubmittedAt.Before(p.ActiveFrom[i]) && (p.ActiveTo[i].IsZero() || l.SubmittedAt.Before(p.ActiveTo[i]))
	}
	switch {
	case !active:
		l.Invalid = "inactive_influencer"
	case p.EmailHash == l.EmailHash:
		l.Invalid = "self_referral"
	}
	return nil
}

// sealLead makes what a person said about themselves unreadable at rest.
func sealLead(keys *seal.Keys, shopID int64, l *store.Lead, email string, answers map[string]string) {
	l.Email = keys.Seal([]byte(email), platform.LeadPlace(shopID, l.EmailHash, "email"))
	b, err := json.Marshal(answers)
	if err != nil {
		panic(err) // texts
	}
	l.Answers = keys.Seal(b, platform.LeadPlace(shopID, l.EmailHash, "answers"))
}

// Contact is what a lead's person said; empty once redacted.
type Contact struct {
	Email   string
	Answers map[string]string
}

// Contact opens what is sealed in a lead.
func (t *Tracker) Contact(shopID int64, l *store.Lead) (c Contact, err error) {
	if l.Email == nil {
		return c, nil
	}
	b, err := t.Keys.Open(l.Email, platform.LeadPlace(shopID, l.EmailHash, "email"))
	if err != nil {
		return c, fmt.Errorf("lead %d: %w", l.ID, err)
	}
	c.Email = string(b)
	if b, err = t.Keys.Open(l.Answers, platform.LeadPlace(shopID, l.EmailHash, "answers")); err != nil {
		return c, fmt.Errorf("lead %d: %w", l.ID, err)
	}
	if err := json.Unmarshal(b, &c.Answers); err != nil {
		return c, fmt.Errorf("lead %d: %w", l.ID, err)
	}
	return c, nil
}

func clipText(s string, most int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(s), "\x00", ""), "")
	if len(s) > most {
		return ""
	}
	return s
}
