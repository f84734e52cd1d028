package tracking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/lead"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// Imported tells what became of every row of a file.
type Imported struct {
	Created, Unchanged, Failed int
	Rows                       []ImportedRow
}

// ImportedRow is one row: done, was there already, or what is wrong with it.
type ImportedRow struct {
	Line   int
	Status string // created, unchanged, failed
	LeadID int64  // 0 when it failed before there was one
	Errors []errs.Field
}

// add notes the outcome of a row.
func (i *Imported) add(line int, status string, id int64, wrong ...errs.Field) {
	switch status {
	case "created":
		i.Created++
	case "unchanged":
		i.Unchanged++
	default:
		i.Failed++
	}
	i.Rows = append(i.Rows, ImportedRow{Line: line, Status: status, LeadID: id, Errors: wrong})
}

func field(path, msg string) errs.Field { return errs.Field{Path: path, Msg: msg} }

// ImportLeads takes leads in from a file. Columns: email; form (its public id)
// or agreement; submitted_at, external_id, click_id, ref and code where known;
// every other column is an answer. Sent again, rows that are there already stay
// as they are: one is told by its external_id, else by what it says.
func (t *Tracker) ImportLeads(ctx context.Context, tx *store.Tx, body []byte) (*Imported, error) {
	file, err := readTable(body, "email")
	if err != nil {
		return nil, err
	}
	hash, err := t.hash(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	out := &Imported{Rows: make([]ImportedRow, 0, len(file.rows))}
	forms := map[string]*store.LeadForm{}
	agreements := map[string]int64{}
	var mailboxes, clicks []string
	for i := range file.rows {
		r := &file.rows[i]
		if r.err != "" {
			out.add(r.line, "failed", 0, field("row", r.err))
			continue
		}
		var wrong []errs.Field
		email := file.cell(r, "email")
		if !isEmail(email, hash) {
			wrong = append(wrong, field("email", "must be an e-mail address such as anna@example.com"))
		}
		form, agreement, msg, err := t.importedFor(ctx, tx, file, r, forms, agreements)
		if err != nil {
			return nil, err
		}
		if msg != nil {
			wrong = append(wrong, *msg)
		}
		at, msg := importedTime(file.cell(r, "submitted_at"), tx.Now, "submitted_at")
		if msg != nil {
			wrong = append(wrong, *msg)
		}
		if len(wrong) > 0 {
			out.add(r.line, "failed", 0, wrong...)
			continue
		}
		l := &store.Lead{EmailHash: hash.Email(email), SubmittedAt: at, ClickID: clipText(file.cell(r, "click_id"), 64), Ref: clipText(file.cell(r, "ref"), 64),
			Code: order.Fold(clipText(file.cell(r, "code"), 255)), ImportKey: importKey(file, r, hash.Email(email))}
		var campaign int64
		if form != nil {
			l.FormID = form.ID
			if form.AgreementID != nil {
				agreement = *form.AgreementID
			} else {
				campaign = *form.CampaignID
			}
		}
		sealLead(t.Keys, tx.ShopID, l, email, importedAnswers(file, r))
		if err := t.attributeLead(ctx, tx, l, agreement, campaign); err != nil {
			return nil, err
		}
		fresh, err := tx.AddLead(ctx, l)
		if err != nil {
			return nil, err
		}
		if !fresh {
			out.add(r.line, "unchanged", l.ID)
			continue
		}
		out.add(r.line, "created", l.ID)
		mailboxes, clicks = append(mailboxes, l.EmailHash), append(clicks, l.ClickID)
	}
	slices.Sort(mailboxes)
	if err := t.judgeMailboxes(ctx, tx, slices.Compact(mailboxes)); err != nil {
		return nil, err
	}
	return out, t.stagesOfLeads(ctx, tx, mailboxes, clicks)
}

var leadColumns = []string{"email", "form", "agreement", "submitted_at", "external_id", "click_id", "ref", "code", ""}

func importedAnswers(file *table, r *tableRow) map[string]string {
	answers := map[string]string{}
	for name := range file.columns {
		if a := file.cell(r, name); a != "" && !slices.Contains(leadColumns, name) {
			answers[name] = a
		}
	}
	return answers
}

// importKey names a row whichever file it stands in. A row without an id and
// without a time is told by its file and line.
func importKey(file *table, r *tableRow, mailbox string) string {
	if id := file.cell(r, "external_id"); id != "" {
		h := sha256.Sum256([]byte("id\x00" + id))
		return hex.EncodeToString(h[:16])
	}
	what := []string{"row", mailbox, file.cell(r, "form"), file.cell(r, "agreement"), file.cell(r, "submitted_at")}
	if file.cell(r, "submitted_at") == "" {
		what = append(what, file.digest, strconv.Itoa(r.line))
	}
	h := sha256.Sum256([]byte(strings.Join(what, "\x00")))
	return hex.EncodeToString(h[:16])
}

// importedFor finds the form or agreement that a row names.
func (t *Tracker) importedFor(ctx context.Context, tx *store.Tx, file *table, r *tableRow, forms map[string]*store.LeadForm, agreements map[string]int64,
) (form *store.LeadForm, agreement int64, wrong *errs.Field, err error) {
	name, agr := file.cell(r, "form"), file.cell(r, "agreement")
	complain := func(path, msg string) (*store.LeadForm, int64, *errs.Field, error) {
		f := field(path, msg)
		return nil, 0, &f, nil
	}
	switch {
	case (name == "") == (agr == ""):
		return complain("form", "or agreement must be given, and not both")
	case name != "":
		f, known := forms[name]
		if !known {
			f, err = tx.LeadFormByPublicID(ctx, name)
			if err != nil && !store.IsNotFound(err) {
				return nil, 0, nil, err
			}
			forms[name] = f
		}
		if f == nil {
			return complain("form", "is no form of this shop; it looks like the end of the form's address")
		}
		return f, 0, nil, nil
	}
	id, known := agreements[agr]
	if !known {
		id, err = strconv.ParseInt(strings.TrimPrefix(agr, "agr_"), 10, 64)
		if err == nil {
			_, err = tx.Agreement(ctx, id)
		}
		if err != nil {
			id = 0
			if num := (*strconv.NumError)(nil); !store.IsNotFound(err) && !errors.As(err, &num) {
				return nil, 0, nil, err
			}
		}
		agreements[agr] = id
	}
	if id == 0 {
		return complain("agreement", "is no agreement of this shop; it looks like agr_7")
	}
	return nil, id, nil, nil
}

// importedTime reads a time that is not in the future; empty is now.
func importedTime(s string, now time.Time, path string) (time.Time, *errs.Field) {
	if s == "" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		f := field(path, "must be a time such as 2026-11-01T10:00:00Z")
		return now, &f
	}
	if at = at.UTC().Truncate(time.Microsecond); at.After(now) {
		f := field(path, "must not be in the future")
		return now, &f
	}
	return at, nil
}

// ImportOutcomes decides on leads from a file. Columns: lead (led_12),
// external_id or email; outcome, qualified or rejected; reason and at where
// known. Every row is decided on by itself; sent again, the file changes nothing.
func (t *Tracker) ImportOutcomes(ctx context.Context, tx *store.Tx, body []byte) (*Imported, error) {
	file, err := readTable(body, "outcome")
	if err != nil {
		return nil, err
	}
	hash, err := t.hash(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	out := &Imported{Rows: make([]ImportedRow, 0, len(file.rows))}
	for i := range file.rows {
		r := &file.rows[i]
		if r.err != "" {
			out.add(r.line, "failed", 0, field("row", r.err))
			continue
		}
		var wrong []errs.Field
		d := store.LeadDecision{Outcome: strings.ToLower(file.cell(r, "outcome")), Reason: clipText(file.cell(r, "reason"), 500), Source: "import"}
		switch {
		case d.Outcome != string(lead.Qualified) && d.Outcome != string(lead.Rejected):
			wrong = append(wrong, field("outcome", "must be qualified or rejected"))
		case d.Outcome == string(lead.Rejected) && d.Reason == "":
			wrong = append(wrong, field("reason", "must say why, in 500 characters at most"))
		}
		at, msg := importedTime(file.cell(r, "at"), tx.Now, "at")
		if msg != nil {
			wrong = append(wrong, *msg)
		}
		l, msg, err := t.importedLead(ctx, tx, file, r, hash.Email(file.cell(r, "email")))
		if err != nil {
			return nil, err
		}
		if msg != nil {
			wrong = append(wrong, *msg)
		} else if at.Before(l.SubmittedAt) {
			wrong = append(wrong, field("at", "must not be before the lead came"))
		}
		if len(wrong) > 0 {
			out.add(r.line, "failed", 0, wrong...)
			continue
		}
		d.LeadID, d.At = l.ID, at
		if d.Key = file.cell(r, "at") + " " + d.Outcome; file.cell(r, "at") == "" {
			d.Key = fmt.Sprintf("%s:%d", file.digest, r.line)
		}
		if err := t.takeOutcome(ctx, tx, out, r.line, l, d); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *Tracker) takeOutcome(ctx context.Context, tx *store.Tx, out *Imported, line int, l *store.Lead, d store.LeadDecision) error {
	said, err := tx.DecisionsOfLeads(ctx, []int64{l.ID})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(said[l.ID], func(s store.LeadDecision) bool { return s.Source == d.Source && s.Key == d.Key }) {
		out.add(line, "unchanged", l.ID)
		return nil
	}
	was := l.State
	l, err = t.decideLead(ctx, tx, d)
	if e := errs.As(err); e != nil {
		out.add(line, "failed", d.LeadID, field("outcome", e.Msg))
		return nil //nolint:nilerr // the row's line tells it
	}
	if err != nil {
		return err
	}
	if was == l.State {
		out.add(line, "unchanged", l.ID)
	} else {
		out.add(line, "created", l.ID)
	}
	return nil
}

// importedLead finds the lead of a row: by its id, else by external_id, else the
// one of the mailbox that stands.
func (t *Tracker) importedLead(ctx context.Context, tx *store.Tx, file *table, r *tableRow, mailbox string) (*store.Lead, *errs.Field, error) {
	missing := func(path, msg string) (*store.Lead, *errs.Field, error) {
		f := field(path, msg)
		return nil, &f, nil
	}
	if id := file.cell(r, "lead"); id != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(id, "led_"), 10, 64)
		if err != nil {
			return missing("lead", "is no lead; it looks like led_12")
		}
		l, err := tx.Lead(ctx, n)
		if store.IsNotFound(err) {
			return missing("lead", "is no lead of this shop")
		}
		return l, nil, err
	}
	if id := file.cell(r, "external_id"); id != "" {
		h := sha256.Sum256([]byte("id\x00" + id))
		l, err := tx.LeadByImportKey(ctx, hex.EncodeToString(h[:16]))
		if store.IsNotFound(err) {
			return missing("external_id", "is no lead that was imported")
		}
		return l, nil, err
	}
	if mailbox == "" {
		return missing("lead", "or external_id or email must be given")
	}
	ls, err := tx.LeadsOfMailboxes(ctx, []string{mailbox})
	if err != nil {
		return nil, nil, err
	}
	if len(ls) == 0 {
		return missing("email", "is no lead of this shop")
	}
	for i := range ls {
		if s := lead.State(ls[i].State); s == lead.Vetting || s == lead.Qualified || s == lead.Submitted {
			return &ls[i], nil, nil
		}
	}
	return &ls[0], nil, nil
}
