package web

import (
	"context"
	"time"

	"tributary/internal/domain/lead"
	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// leadTable is the part of the route table about leads.
func (s *Server) leadTable() []route {
	return append([]route{
		{get, "/leads", read, "List leads; the vetting queue is state=pending_vetting", reads(s.listLeads)},
		{get, "/leads/{id}", read, "Get a lead with who it is and what was decided", reads(s.getLead)},
		{post, "/leads/{id}/qualify", write, "Qualify a lead", writesThen(s.decideLead(lead.Qualified), wakeAfter[decideLeadIn, Lead](s))},
		{post, "/leads/{id}/reject", write, "Reject a lead, also one that turns out bad before its hold is over", writesThen(s.decideLead(lead.Rejected), wakeAfter[decideLeadIn, Lead](s))},
		{post, "/leads/{id}/redact", write, "Forget who sent a lead", writes(s.redactLead)},
		{post, "/leads/decide", write, "Qualify or reject many leads", writesThen(s.decideLeads, wakeAfter[decideLeadsIn, Decided](s))},
		{post, "/leads/import", write, "Take leads in from a CSV file", large(writesThen(s.importLeads, wakeAfter[leadFileIn, LeadImport](s)))},
		{post, "/leads/outcomes", write, "Decide on leads from a CSV file", large(writesThen(s.importOutcomes, wakeAfter[outcomeFileIn, LeadImport](s)))},
	}, s.leadFormTable()...)
}

// wakeAfter wakes a worker for the caller's shop after the commit.
func wakeAfter[I, B any](s *Server) func(context.Context, *I, B) error {
	return func(ctx context.Context, _ *I, _ B) error {
		s.wake(callerFrom(ctx).ShopID)
		return nil
	}
}

func (s *Server) wake(shopID int64) {
	if s.Wake != nil {
		s.Wake(shopID)
	}
}

// Lead is one lead with the verdict on it.
type Lead struct {
	ID          string     `json:"id" example:"led_12"`
	State       string     `json:"state" enum:"submitted,duplicate,invalid,pending_confirmation,pending_vetting,qualified,rejected,expired"`
	Reason      string     `json:"reason,omitempty"`
	DuplicateOf string     `json:"duplicate_of,omitempty"`
	FormID      string     `json:"form_id,omitempty"`
	AgreementID string     `json:"agreement_id,omitempty" doc:"Absent: nobody brought it"`
	VersionID   string     `json:"version_id,omitempty" doc:"The version in force when it came"`
	Via         string     `json:"via,omitempty" enum:"form,code,click,link" doc:"How the agreement was found"`
	ClickID     string     `json:"click_id,omitempty"`
	Ref         string     `json:"ref,omitempty"`
	Code        string     `json:"code,omitempty"`
	SubmittedAt time.Time  `json:"submitted_at"`
	ConfirmBy   *time.Time `json:"confirm_by,omitempty" doc:"When an unconfirmed mailbox counts as not confirmed"`
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"`
	VetFrom     *time.Time `json:"vet_from,omitempty"`
	VetBy       *time.Time `json:"vet_by,omitempty" doc:"When the agreed default happens"`
	QualifiedAt *time.Time `json:"qualified_at,omitempty"`
	Redacted    bool       `json:"redacted"`
	// Of a single lead only.
	Email     string            `json:"email,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Consent   string            `json:"consent,omitempty" doc:"The words that were agreed to"`
	Decisions []LeadDecision    `json:"decisions,omitempty" doc:"What was said about it, ascending"`
}

// LeadDecision is what somebody said about a lead.
type LeadDecision struct {
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome" enum:"qualified,rejected"`
	Reason  string    `json:"reason,omitempty"`
	Source  string    `json:"source" enum:"api,import,crm"`
}

func asLead(l *store.Lead) Lead {
	return Lead{ID: formatID("led", l.ID), State: l.State, Reason: l.Reason, DuplicateOf: formatOptionalID("led", l.DuplicateOf),
		FormID: formatOptionalID("frm", l.FormID), AgreementID: formatOptionalID("agr", l.AgreementID), VersionID: formatOptionalID("agv", l.VersionID), Via: l.Via,
		ClickID: l.ClickID, Ref: l.Ref, Code: l.Code, SubmittedAt: l.SubmittedAt, ConfirmBy: utcOrNil(l.ConfirmBy), ConfirmedAt: utcOrNil(l.ConfirmedAt),
		VetFrom: utcOrNil(l.VetFrom), VetBy: utcOrNil(l.VetBy), QualifiedAt: utcOrNil(l.QualifiedAt), Redacted: l.Email == nil}
}

type listLeadsIn struct {
	PageIn
	TimesIn
	State      string    `query:"state" enum:"submitted,duplicate,invalid,pending_confirmation,pending_vetting,qualified,rejected,expired"`
	Form       string    `query:"form"`
	Agreement  string    `query:"agreement"`
	Influencer string    `query:"influencer"`
	VetBefore  time.Time `query:"vet_before" doc:"RFC 3339; in vetting, with the deadline before this instant"`
	Email      string    `query:"email" maxLength:"254" doc:"All leads of this mailbox"`
}

func (s *Server) listLeads(ctx context.Context, tx *store.Tx, in *listLeadsIn) (List[Lead], error) {
	var none List[Lead]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.LeadFilter{State: in.State, VetBefore: in.VetBefore, From: in.From, To: in.To}
	if f.FormID, err = parseOptionalID("frm", in.Form); err != nil {
		return none, err
	}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	if in.Email != "" {
		if f.EmailHash, err = s.Tracker.MailboxHash(ctx, tx, in.Email); err != nil {
			return none, err
		}
	}
	ls, next, err := tx.ListLeads(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(ls, next, asLead), nil
}

func (s *Server) getLead(ctx context.Context, tx *store.Tx, in *IDIn) (Lead, error) {
	id, err := parseID("led", in.ID)
	if err != nil {
		return Lead{}, err
	}
	l, err := tx.Lead(ctx, id)
	if err != nil {
		return Lead{}, err
	}
	return s.wholeLead(ctx, tx, l)
}

// wholeLead shows a lead with what is sealed in it.
func (s *Server) wholeLead(ctx context.Context, tx *store.Tx, l *store.Lead) (Lead, error) {
	out := asLead(l)
	who, err := s.Tracker.Contact(tx.ShopID, l)
	if err != nil {
		return Lead{}, err
	}
	out.Email, out.Answers, out.Consent = who.Email, who.Answers, l.Consent
	said, err := tx.DecisionsOfLeads(ctx, []int64{l.ID})
	if err != nil {
		return Lead{}, err
	}
	for _, d := range said[l.ID] {
		out.Decisions = append(out.Decisions, LeadDecision{At: d.At, Outcome: d.Outcome, Reason: d.Reason, Source: d.Source})
	}
	return out, nil
}

type decideLeadIn struct {
	IDIn
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why; a rejection needs one"`
	}
}

func (s *Server) decideLead(outcome lead.State) func(context.Context, *store.Tx, *decideLeadIn) (Lead, error) {
	return func(ctx context.Context, tx *store.Tx, in *decideLeadIn) (Lead, error) {
		id, err := parseID("led", in.ID)
		if err != nil {
			return Lead{}, err
		}
		if err := needsReason(outcome, in.Body.Reason); err != nil {
			return Lead{}, err
		}
		l, err := s.Tracker.DecideLead(ctx, tx, id, outcome, in.Body.Reason)
		if err != nil {
			return Lead{}, err
		}
		return asLead(l), nil // the stored answer to an idempotency key holds no personal data
	}
}

func needsReason(outcome lead.State, reason string) error {
	if outcome == lead.Rejected && reason == "" {
		return errs.New(errs.Invalid, "reason_missing", "Say why the lead is rejected: the influencer reads it.", errs.Field{Path: "reason", Msg: "must not be empty"})
	}
	return nil
}

type decideLeadsIn struct {
	Body struct {
		IDs     []string `json:"ids" minItems:"1" maxItems:"200" example:"[\"led_12\"]"`
		Outcome string   `json:"outcome" enum:"qualified,rejected"`
		Reason  string   `json:"reason,omitempty" maxLength:"500" doc:"Why; a rejection needs one"`
	}
}

// Decided tells what became of each of many leads.
type Decided struct {
	Decided int           `json:"decided"`
	Refused int           `json:"refused"`
	Results []DecidedLead `json:"results" doc:"In the order of ids"`
}

// DecidedLead is one of them.
type DecidedLead struct {
	ID    string `json:"id"`
	State string `json:"state,omitempty"`
	Code  string `json:"code,omitempty" doc:"Why it was refused, for programs"`
	Error string `json:"error,omitempty" doc:"Why it was refused, for people"`
}

func (s *Server) decideLeads(ctx context.Context, tx *store.Tx, in *decideLeadsIn) (Decided, error) {
	outcome := lead.State(in.Body.Outcome)
	if err := needsReason(outcome, in.Body.Reason); err != nil {
		return Decided{}, err
	}
	out := Decided{Results: make([]DecidedLead, 0, len(in.Body.IDs))}
	for _, formatted := range in.Body.IDs {
		id, err := parseID("led", formatted)
		var l *store.Lead
		if err == nil {
			l, err = s.Tracker.DecideLead(ctx, tx, id, outcome, in.Body.Reason)
		}
		r := DecidedLead{ID: formatted}
		if e := errs.As(err); e != nil {
			r.Code, r.Error = e.Code, e.Msg
			out.Refused++
		} else if err != nil {
			return Decided{}, err
		} else {
			r.State = l.State
			out.Decided++
		}
		out.Results = append(out.Results, r)
	}
	return out, nil
}

func (s *Server) redactLead(ctx context.Context, tx *store.Tx, in *IDIn) (Lead, error) {
	id, err := parseID("led", in.ID)
	if err != nil {
		return Lead{}, err
	}
	if err := tx.RedactLead(ctx, id); err != nil {
		return Lead{}, err
	}
	l, err := tx.Lead(ctx, id)
	if err != nil {
		return Lead{}, err
	}
	return asLead(l), nil
}

// LeadImport tells what became of every row of a file.
type LeadImport struct {
	Created   int             `json:"created" doc:"Rows that were taken in"`
	Unchanged int             `json:"unchanged" doc:"Rows that were there already"`
	Failed    int             `json:"failed"`
	Rows      []LeadImportRow `json:"rows" doc:"Every row, in the order of the file"`
}

// LeadImportRow is one row.
type LeadImportRow struct {
	Line   int            `json:"line" doc:"Of the file, the heading being 1"`
	Status string         `json:"status" enum:"created,unchanged,failed"`
	LeadID string         `json:"lead_id,omitempty"`
	Errors []ProblemField `json:"errors,omitempty" doc:"Every cell that is wrong"`
}

func asImport(i *tracking.Imported) LeadImport {
	out := LeadImport{Created: i.Created, Unchanged: i.Unchanged, Failed: i.Failed, Rows: make([]LeadImportRow, 0, len(i.Rows))}
	for _, r := range i.Rows {
		row := LeadImportRow{Line: r.Line, Status: r.Status, LeadID: formatOptionalID("led", r.LeadID)}
		for _, f := range r.Errors {
			row.Errors = append(row.Errors, ProblemField{Field: f.Path, Message: f.Msg})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

type leadFileIn struct {
	RawBody []byte `contentType:"text/csv" doc:"Columns email, and form (its public id) or agreement; submitted_at, external_id, click_id, ref and code where known; every other column is an answer. Up to 5,000 rows"`
}

func (s *Server) importLeads(ctx context.Context, tx *store.Tx, in *leadFileIn) (LeadImport, error) {
	done, err := s.Tracker.ImportLeads(ctx, tx, in.RawBody)
	if err != nil {
		return LeadImport{}, err
	}
	return asImport(done), nil
}

type outcomeFileIn struct {
	RawBody []byte `contentType:"text/csv" doc:"Columns lead (led_12), external_id or email; outcome (qualified or rejected); reason and at where known. Up to 5,000 rows"`
}

func (s *Server) importOutcomes(ctx context.Context, tx *store.Tx, in *outcomeFileIn) (LeadImport, error) {
	done, err := s.Tracker.ImportOutcomes(ctx, tx, in.RawBody)
	if err != nil {
		return LeadImport{}, err
	}
	return asImport(done), nil
}
