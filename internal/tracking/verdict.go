package tracking

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"tributary/internal/domain/lead"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// mailboxesAtOnce is how many mailboxes one transaction judges.
const mailboxesAtOnce = 100

// judgeDue gives the verdicts that are due, and returns for how many mailboxes.
func (t *Tracker) judgeDue(ctx context.Context, tx *store.Tx) (int, error) {
	due, err := tx.MailboxesDue(ctx, mailboxesAtOnce)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	return len(due), t.judgeMailboxes(ctx, tx, due)
}

// judged is a lead with the verdict that it should have.
type judged struct {
	*store.Lead
	rules lead.Rules
	now   store.LeadVerdict
}

// verdicts computes the verdicts on all leads of the mailboxes.
func (t *Tracker) verdicts(ctx context.Context, tx *store.Tx, mailboxes []string) ([]judged, error) {
	rows, err := tx.LeadsOfMailboxes(ctx, mailboxes)
	if err != nil {
		return nil, err
	}
	ids, agreements := make([]int64, len(rows)), []int64{}
	for i := range rows {
		ids[i] = rows[i].ID
		if rows[i].VersionID != 0 {
			agreements = append(agreements, rows[i].AgreementID)
		}
	}
	said, err := tx.DecisionsOfLeads(ctx, ids)
	if err != nil {
		return nil, err
	}
	final, err := tx.FinalLeads(ctx, ids)
	if err != nil {
		return nil, err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(agreements)
	versions, err := t.terms.Versions(ctx, tx, slices.Compact(agreements))
	if err != nil {
		return nil, err
	}
	rules := map[int64]lead.Rules{0: lead.RulesOf(nil)}
	for i := range versions {
		rules[versions[i].VersionID] = lead.RulesOf(versions[i].Terms)
	}
	byMailbox := map[string][]lead.Lead{}
	places := map[string][]int{}
	out := make([]judged, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = judged{Lead: r, rules: rules[r.VersionID]}
		l := lead.Lead{ID: r.ID, At: r.SubmittedAt, Invalid: r.Invalid, ConfirmBy: r.ConfirmBy, ConfirmedAt: r.ConfirmedAt, Rules: rules[r.VersionID]}
		for _, d := range said[r.ID] {
			l.Decisions = append(l.Decisions, lead.Decision{ID: d.ID, At: d.At, Qualified: d.Outcome == string(lead.Qualified), Reason: d.Reason})
		}
		if final[r.ID] {
			l.Final = &lead.Verdict{State: lead.State(r.State), Reason: r.Reason, DuplicateOf: r.DuplicateOf, VetFrom: r.VetFrom, VetBy: r.VetBy, QualifiedAt: r.QualifiedAt}
		}
		byMailbox[r.EmailHash] = append(byMailbox[r.EmailHash], l)
		places[r.EmailHash] = append(places[r.EmailHash], i)
	}
	for mailbox, leads := range byMailbox {
		for n, v := range lead.Judge(leads, tx.Now, shop.Zone) {
			out[places[mailbox][n]].now = store.LeadVerdict{State: string(v.State), Reason: v.Reason, DuplicateOf: v.DuplicateOf,
				VetFrom: v.VetFrom, VetBy: v.VetBy, QualifiedAt: v.QualifiedAt, NextAt: v.Next}
		}
	}
	return out, nil
}

// judgeMailboxes brings the verdicts on all leads of the mailboxes up to date, marks the
// agreements that they touch due, and sends for the confirmations that are
// missing. The caller holds the shop's lock.
func (t *Tracker) judgeMailboxes(ctx context.Context, tx *store.Tx, mailboxes []string) error {
	list, err := t.verdicts(ctx, tx, mailboxes)
	if err != nil {
		return err
	}
	var changed []*store.Lead
	var agreements []int64
	ask := map[int64]*store.Lead{}
	byID := map[int64]*store.Lead{}
	for i := range list {
		byID[list[i].ID] = list[i].Lead
	}
	for i := range list {
		l := list[i].Lead
		if l.Same(&list[i].now) {
			continue
		}
		fresh := l.State == string(lead.Submitted)
		if l.State != list[i].now.State || !l.QualifiedAt.Equal(list[i].now.QualifiedAt) {
			if l.AgreementID != 0 {
				agreements = append(agreements, l.AgreementID)
			}
		}
		l.LeadVerdict = list[i].now
		changed = append(changed, l)
		switch {
		case fresh && l.State == string(lead.Unconfirmed):
			ask[l.ID] = l
		case fresh && l.State == string(lead.Duplicate): // the same person once more, perhaps for want of our mail
			if first := byID[l.DuplicateOf]; first != nil && first.FormID == l.FormID {
				ask[first.ID] = first
			}
		}
	}
	if err := tx.SetLeadVerdicts(ctx, changed); err != nil {
		return err
	}
	for _, l := range ask {
		if l.State != string(lead.Unconfirmed) {
			continue
		}
		if err := t.askToConfirm(ctx, tx, l); err != nil {
			return err
		}
	}
	return tx.MarkDue(ctx, tx.Now, agreements...)
}

// verifyLeads compares every stored verdict with a recomputed one. Mailboxes
// that wait for theirs are passed over.
func (t *Tracker) verifyLeads(ctx context.Context, shopID int64) (out []store.Difference, err error) {
	after := ""
	for {
		n := 0
		err := t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
			if err := tx.LockShop(ctx); err != nil {
				return err
			}
			mailboxes, err := tx.Mailboxes(ctx, after, mailboxesAtOnce)
			if err != nil || len(mailboxes) == 0 {
				return err
			}
			n, after = len(mailboxes), mailboxes[len(mailboxes)-1]
			list, err := t.verdicts(ctx, tx, mailboxes)
			if err != nil {
				return err
			}
			waiting := map[string]bool{}
			for _, j := range list {
				if !j.NextAt.IsZero() && !j.NextAt.After(tx.Now) {
					waiting[j.EmailHash] = true
				}
			}
			for _, j := range list {
				if !j.Same(&j.now) && !waiting[j.EmailHash] {
					out = append(out, store.Difference{Invariant: "lead_verdict_is_recomputable", Subject: fmt.Sprintf("lead %d", j.ID),
						Want: j.now.State + " " + j.now.Reason, Got: j.State + " " + j.Reason})
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return out, err
		}
	}
}

// DecideLead says that a lead is qualified or rejected, and why; the answer is
// the lead with its new verdict. A lead that is so already stays as it is.
func (t *Tracker) DecideLead(ctx context.Context, tx *store.Tx, id int64, outcome lead.State, reason string) (*store.Lead, error) {
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	return t.decideLead(ctx, tx, store.LeadDecision{LeadID: id, At: tx.Now, Outcome: string(outcome), Reason: reason, Source: "api", Key: rand.Text()})
}

func (t *Tracker) decideLead(ctx context.Context, tx *store.Tx, d store.LeadDecision) (*store.Lead, error) {
	l, err := tx.Lead(ctx, d.LeadID)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "lead_not_found", "There is no such lead in this shop.")
	}
	if err != nil {
		return nil, err
	}
	if err := t.judgeMailboxes(ctx, tx, []string{l.EmailHash}); err != nil { // deadlines that have passed come first
		return nil, err
	}
	if l, err = tx.Lead(ctx, d.LeadID); err != nil {
		return nil, err
	}
	if l.State == d.Outcome {
		return l, nil
	}
	if err := t.mayDecide(ctx, tx, l, d); err != nil {
		return nil, err
	}
	if _, err := tx.AddLeadDecision(ctx, d); err != nil {
		return nil, err
	}
	if err := t.judgeMailboxes(ctx, tx, []string{l.EmailHash}); err != nil {
		return nil, err
	}
	return tx.Lead(ctx, d.LeadID)
}

// mayDecide refuses what would change nothing, and says why.
func (t *Tracker) mayDecide(ctx context.Context, tx *store.Tx, l *store.Lead, d store.LeadDecision) error {
	list, err := t.verdicts(ctx, tx, []string{l.EmailHash})
	if err != nil {
		return err
	}
	final, err := tx.FinalLeads(ctx, []int64{l.ID})
	if err != nil {
		return err
	}
	shop, err := tx.ShopForSettling(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(j judged) bool { return j.ID == l.ID })
	v := lead.Verdict{QualifiedAt: l.QualifiedAt}
	over := v.Release(&list[i].rules, shop.Zone)
	open := func(until time.Time) bool { return d.At.Before(until) }
	switch lead.State(l.State) {
	case lead.Vetting:
		return nil
	case lead.Rejected:
		if open(l.VetBy) {
			return nil
		}
		return errs.New(errs.Conflict, "lead_decided", "This lead was rejected, and the time to decide otherwise ended on "+l.VetBy.Format(time.RFC3339)+".")
	case lead.Qualified:
		if !final[l.ID] && open(over) {
			return nil
		}
		return errs.New(errs.Conflict, "hold_over", "The hold of this lead is over since "+over.Format(time.RFC3339)+": it stays qualified.")
	case lead.Expired:
		if open(l.VetBy) { // it was decided in time, and we hear of it only now
			return nil
		}
		return errs.New(errs.Conflict, "lead_expired", "Nobody decided on this lead until "+l.VetBy.Format(time.RFC3339)+", so what was agreed for that happened.")
	case lead.Unconfirmed:
		return errs.New(errs.Conflict, "lead_not_confirmed", "The mailbox has not confirmed yet. It has until "+l.ConfirmBy.Format(time.RFC3339)+".")
	case lead.Duplicate:
		return errs.New(errs.Conflict, "lead_duplicate", fmt.Sprintf("This is a duplicate of led_%d. Decide on that one; if it is rejected, this one comes up.", l.DuplicateOf))
	}
	return errs.New(errs.Conflict, "lead_invalid", "This lead is not valid ("+l.Reason+"), so there is nothing to decide.")
}
