// Package dispute is the use case of disputes: an influencer says that something
// was counted wrongly, our records are read again at once and shown to both,
// both answer within deadlines, and the outcome is an award in the ledger or a
// reason. Nothing is taken away meanwhile: an earning that is disputed stays in
// its hold.
package dispute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tributary/internal/domain/kpi"
	"tributary/internal/domain/ledger"
	"tributary/internal/domain/money"
	"tributary/internal/domain/period"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// The subjects.
const (
	Earning      = "earning"       // an order's, or any other
	MissingOrder = "missing_order" // one that we show nothing of
	Clicks       = "clicks"        // of a link on a day
	Lead         = "lead"
	Payout       = "payout"
)

// The authors of what is said.
const (
	Influencer = "influencer"
	Merchant   = "merchant"
	Deadline   = "deadline"
)

// Claim is a dispute to open. Which of the fields belong to the subject, open
// tells.
type Claim struct {
	Subject      string
	EarningID    int64
	AgreementID  int64 // of a missing order
	OrderName    string
	Day          string // of a missing order, or of clicks: 2026-11-25, in the shop's calendar
	LinkID       int64
	LeadID       int64
	PayoutLineID int64
	Minor        int64 // what is missing
	Currency     money.Currency
	Text         string
}

var errOpen = errs.New(errs.Conflict, "dispute_open", "There is an open dispute about this already. Add to it.")

// Open opens a dispute of an influencer about something of theirs and reads our
// records about it again.
func Open(ctx context.Context, tx *store.Tx, influencerID int64, c Claim) (*store.Dispute, error) {
	var w errs.Wrong
	c.Text = w.Text("text", c.Text, 1, 4000)
	w.When(c.Minor <= 0, "claimed.amount", "must be what is missing, more than zero")
	d := store.Dispute{InfluencerID: influencerID, Subject: c.Subject, Currency: string(c.Currency), Claimed: c.Minor, State: store.DisputeOpen}
	zone, err := zoneOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	var e Evidence
	switch c.Subject {
	case Earning:
		err = e.earning(ctx, tx, &d, c, &w)
	case MissingOrder:
		err = e.missingOrder(ctx, tx, &d, c, zone, &w)
	case Clicks:
		err = e.clicks(ctx, tx, &d, c, zone, &w)
	case Lead:
		err = e.lead(ctx, tx, &d, c)
	case Payout:
		err = e.payout(ctx, tx, &d, c, &w)
	default:
		w.When(true, "subject", "must be earning, missing_order, clicks, lead or payout")
	}
	if err != nil {
		return nil, err
	}
	if err := w.Err("invalid_dispute", "The dispute cannot be like this."); err != nil {
		return nil, err
	}
	settings, err := tx.DisputeSettings(ctx)
	if err != nil {
		return nil, err
	}
	e.At = tx.Now
	if d.Evidence, err = e.encode(); err != nil {
		return nil, err
	}
	d.AnswerBy = period.Release(tx.Now, settings.AnswerDays, zone)
	if err := tx.AddDispute(ctx, &d); err != nil {
		if store.IsUnique(err, "disputes_open") {
			return nil, errOpen
		}
		return nil, err
	}
	_, err = tx.AddDisputeMessage(ctx, d.ID, Influencer, c.Text)
	return &d, err
}

func zoneOf(ctx context.Context, tx *store.Tx) (*time.Location, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(shop.TimeZone)
}

// open locks a dispute that waits for somebody.
func open(ctx context.Context, tx *store.Tx, id int64) (*store.Dispute, error) {
	d, err := tx.Dispute(ctx, id, true)
	if store.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "dispute_not_found", "There is no such dispute.")
	}
	if err == nil && !d.Undecided() {
		err = errs.New(errs.Conflict, "dispute_decided", fmt.Sprintf("This dispute is over: it was %s. Open a new one if there is something new.", d.State))
	}
	return d, err
}

// Say adds what one side has to say and makes it the other's turn, which has its
// days from then on.
func Say(ctx context.Context, tx *store.Tx, id int64, author, text string) (*store.Dispute, error) {
	var w errs.Wrong
	text = w.Text("text", text, 1, 4000)
	if err := w.Err("invalid_message", "Nothing was said."); err != nil {
		return nil, err
	}
	d, err := open(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	turn := store.DisputeOpen
	if author == Merchant {
		turn = store.DisputeAsked
	}
	if d.State != turn || d.Overdue { // adding to one's own word does not give oneself more time, nor the other less
		zone, err := zoneOf(ctx, tx)
		if err != nil {
			return nil, err
		}
		settings, err := tx.DisputeSettings(ctx)
		if err != nil {
			return nil, err
		}
		if d.State != turn {
			d.AnswerBy, d.Overdue = period.Release(tx.Now, settings.AnswerDays, zone), false
		}
		d.State = turn
		if err := tx.SetDispute(ctx, d); err != nil {
			return nil, err
		}
	}
	said, err := tx.AddDisputeMessage(ctx, d.ID, author, text)
	if err != nil || author != Merchant {
		return d, err
	}
	return d, tx.Note(ctx, store.NoticeDisputeAnswer, said, tx.Now, d.InfluencerID)
}

// Withdraw ends a dispute by who opened it.
func Withdraw(ctx context.Context, tx *store.Tx, id int64) (*store.Dispute, error) {
	return end(ctx, tx, id, store.DisputeWithdrawn, 0, "withdrawn by who opened it", Influencer)
}

// Reject ends a dispute with the reason why nothing is owed.
func Reject(ctx context.Context, tx *store.Tx, id int64, reason, by string) (*store.Dispute, error) {
	var w errs.Wrong
	reason, by = w.Text("reason", reason, 1, 1000), w.Text("by", by, 1, 200)
	if err := w.Err("invalid_decision", "The dispute is not decided like this."); err != nil {
		return nil, err
	}
	return end(ctx, tx, id, store.DisputeRejected, 0, reason, by)
}

// Accept ends a dispute with an award: so many minor units are owed from now on.
// 0 accepts it without money, because evidence or a correction has brought the
// order home already.
func Accept(ctx context.Context, tx *store.Tx, id, minor int64, reason, by string) (*store.Dispute, error) {
	var w errs.Wrong
	reason, by = w.Text("reason", reason, 1, 1000), w.Text("by", by, 1, 200)
	w.When(minor < 0, "awarded.amount", "must not be negative")
	if err := w.Err("invalid_decision", "The dispute is not decided like this."); err != nil {
		return nil, err
	}
	return end(ctx, tx, id, store.DisputeAccepted, minor, reason, by)
}

// end decides a dispute. What is awarded is posted in the same transaction, under
// the shop's lock like all that moves a balance.
func end(ctx context.Context, tx *store.Tx, id int64, state string, minor int64, reason, by string) (*store.Dispute, error) {
	if err := tx.LockShop(ctx); err != nil {
		return nil, err
	}
	d, err := open(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return d, decide(ctx, tx, d, state, minor, reason, by)
}

func decide(ctx context.Context, tx *store.Tx, d *store.Dispute, state string, minor int64, reason, by string) error {
	d.State, d.Reason, d.DecidedBy, d.DecidedAt, d.AnswerBy, d.Awarded = state, reason, by, tx.Now, time.Time{}, minor
	if minor > 0 {
		shop, err := tx.ShopForSettling(ctx)
		if err != nil {
			return err
		}
		ids, err := tx.PostJournals(ctx, ledger.Award(ledger.Event{InfluencerID: d.InfluencerID, Currency: money.Currency(d.Currency), OriginAt: tx.Now, OpenFrom: shop.OpenFrom}, minor))
		if err != nil {
			return err
		}
		d.JournalID = ids[0]
		cells := kpi.Cells{}
		earning.CountPosting(cells, shop.Zone, d.CampaignID, d.InfluencerID, d.Currency, tx.Now, minor)
		if err := tx.AddKPI(ctx, shop.Zone, cells); err != nil {
			return err
		}
	}
	if err := tx.SetDispute(ctx, d); err != nil || by == Influencer {
		return err
	}
	return tx.Note(ctx, store.NoticeDisputeDecided, d.ID, tx.Now, d.InfluencerID)
}

const tickBatch = 100

// Tick does what the passing of deadlines means, in every shop: an influencer
// who does not answer lets the dispute lapse; a merchant who does not lets the
// claim stand, up to the limit of the shop's rules. Above it, the dispute stays
// open and is overdue: money is not given away by a clock, nor taken.
func Tick(ctx context.Context, db *store.DB) error {
	shops, err := db.ShopsWithDisputesDue(ctx)
	if err != nil {
		return err
	}
	for _, id := range shops {
		for more := true; more; {
			err := db.InTx(ctx, id, func(tx *store.Tx) error {
				if err := tx.LockShop(ctx); err != nil {
					return err
				}
				due, err := tx.DisputesDue(ctx, tickBatch)
				more = len(due) == tickBatch
				for i := range due {
					if err == nil {
						err = pass(ctx, tx, &due[i])
					}
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("deadlines of disputes of shop %d: %w", id, err)
			}
		}
	}
	return nil
}

func pass(ctx context.Context, tx *store.Tx, d *store.Dispute) error {
	say := func(text string) error {
		_, err := tx.AddDisputeMessage(ctx, d.ID, Deadline, text)
		return err
	}
	if d.State == store.DisputeAsked {
		const text = "The influencer did not answer in time."
		if err := say(text); err != nil {
			return err
		}
		return decide(ctx, tx, d, store.DisputeLapsed, 0, text, "")
	}
	shop, err := tx.Shop(ctx)
	if err != nil {
		return err
	}
	settings, err := tx.DisputeSettings(ctx)
	if err != nil {
		return err
	}
	if strings.EqualFold(d.Currency, shop.Currency) && d.Claimed <= settings.AutoAccept {
		const text = "The shop did not answer in time, so the claim stands: it is within what the shop's rules accept then."
		if err := say(text); err != nil {
			return err
		}
		return decide(ctx, tx, d, store.DisputeAccepted, d.Claimed, text, "")
	}
	d.Overdue = true
	if err := tx.SetDispute(ctx, d); err != nil {
		return err
	}
	return say("The shop did not answer in time. The dispute stays open.")
}
