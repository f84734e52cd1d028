package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/money"
	"tributary/internal/mail"
	"tributary/internal/store"
)

// words are what letters say: all of it in this file.
type words struct {
	*Teller
	tx   *store.Tx
	shop *store.Shop
	who  *store.Influencer
	zone *time.Location
}

func (w *words) name() string {
	if w.shop.Name != "" {
		return w.shop.Name
	}
	return w.shop.Domain
}

func (w *words) portal() mail.Block { return mail.Press("Open your portal", w.PublicURL+"/portal") }

func amount(minor int64, currency string) string {
	return money.Format(minor, money.Currency(currency)) + " " + currency
}

// letter writes about a notice; one without a subject is not to be sent any more.
func (w *words) letter(ctx context.Context, kind string, ref int64) (mail.Letter, error) {
	switch kind {
	case store.NoticeInvited:
		return w.invited(), nil
	case store.NoticePayee:
		return mail.Letter{Subject: "How you are paid was changed", Blocks: []mail.Block{
			mail.Text("From now on %s pays you by what was entered in your portal at %s.", w.name(), time.Unix(ref, 0).In(w.zone).Format("15:04 on 2 January 2006")),
			mail.Text("If that was not you, sign in, change it back and sign out on the devices you do not know."), w.portal()}}, nil
	case store.NoticeOffered:
		return w.offered(ctx, ref)
	case store.NoticeProposal:
		return w.proposal(ctx, ref)
	case store.NoticeFirstSale:
		return w.firstSale(), nil
	case store.NoticeMilestone:
		return w.milestone(ctx, ref)
	case store.NoticeReleased:
		return w.released(ctx, ref)
	case store.NoticeStatement:
		return w.statement(ctx, ref)
	case store.NoticePayoutSent, store.NoticePayoutFailed:
		return w.payout(ctx, ref)
	case store.NoticeDisputeAnswer:
		return w.disputeAnswer(ctx, ref)
	case store.NoticeDisputeDecided:
		return w.disputeDecided(ctx, ref)
	case store.NoticeDigest:
		return w.digest(ctx, ref)
	}
	return mail.Letter{}, fmt.Errorf("no letter about %q", kind)
}

func (w *words) invited() mail.Letter {
	return mail.Letter{Subject: fmt.Sprintf("%s invites you", w.name()), Blocks: []mail.Block{
		mail.Text("Hello %s, %s would like to work with you and pay you for results.", w.who.Name, w.name()),
		mail.Text("In your portal you read the agreement before you sign it, and see every click, sale and payment. Sign in with this address; there is no password."),
		w.portal(),
	}}
}

func applicationLetter(a *store.Application, shop string, portal mail.Block) mail.Letter {
	if a.State == store.ApplicationApproved {
		l := mail.Letter{Subject: "You are in", Blocks: []mail.Block{mail.Text("Hello %s, %s has accepted your application. Sign in with this address to see what comes next.", a.Name, shop)}}
		if a.Reason != "" {
			l.Blocks = append(l.Blocks, mail.Text("They write: %s", a.Reason))
		}
		l.Blocks = append(l.Blocks, portal)
		return l
	}
	return mail.Letter{Subject: "About your application", Blocks: []mail.Block{
		mail.Text("Hello %s, %s has not accepted your application this time.", a.Name, shop), mail.Text("The reason: %s", a.Reason)}}
}

func (w *words) offered(ctx context.Context, versionID int64) (mail.Letter, error) {
	v, err := w.tx.Version(ctx, versionID)
	if err != nil || v.State != store.VersionOffered {
		return mail.Letter{}, err
	}
	l := mail.Letter{Subject: "An agreement to read and sign", Blocks: []mail.Block{mail.Text("%s offers you an agreement.", w.name())}}
	if v.Number > 1 {
		l = mail.Letter{Subject: "New terms to read", Blocks: []mail.Block{
			mail.Text("%s offers you new terms. What you have signed stays in force until you sign them; what you have earned is not touched.", w.name())}}
	}
	l.Blocks = append(l.Blocks, mail.Figures("Version", fmt.Sprint(v.Number), "Hash of the terms", v.Hash), mail.Press("Read it", w.PublicURL+"/portal"))
	return l, nil
}

func (w *words) proposal(ctx context.Context, id int64) (mail.Letter, error) {
	p, err := w.tx.Proposal(ctx, id)
	if err != nil || p.State != store.ProposalDeclined {
		return mail.Letter{}, err
	}
	return mail.Letter{Subject: "About the terms you proposed", Blocks: []mail.Block{mail.Text("%s does not take over the terms you proposed.", w.name()),
		mail.Text("The reason: %s", p.Reason), mail.Text("What was offered or signed before stays as it is."), w.portal()}}, nil
}

func (w *words) firstSale() mail.Letter {
	return mail.Letter{Subject: "Your first sale", Blocks: []mail.Block{mail.Text("Somebody bought from %s because of you. Well done.", w.name()),
		mail.Text("Your commission is in its hold now, in case the goods are returned. The portal shows when it becomes yours, and why."), w.portal()}}
}

func (w *words) milestone(ctx context.Context, earningID int64) (mail.Letter, error) {
	e, err := w.tx.Earning(ctx, earningID)
	if err != nil || e.Posted <= 0 {
		return mail.Letter{}, err
	}
	return mail.Letter{Subject: "You have reached a milestone", Blocks: []mail.Block{
		mail.Text("%s owes you a bonus for what you have sold.", w.name()), mail.Figures("Bonus so far", amount(e.Posted, e.Currency)), w.portal()}}, nil
}

func (w *words) released(ctx context.Context, day int64) (mail.Letter, error) {
	from := time.Unix(day, 0).In(w.zone)
	sums, err := w.tx.Released(ctx, w.who.ID, from, from.AddDate(0, 0, 1))
	if err != nil {
		return mail.Letter{}, err
	}
	var pairs []string
	for _, c := range currencies(sums) {
		if sums[c] > 0 {
			pairs = append(pairs, c, amount(sums[c], c))
		}
	}
	if pairs == nil {
		return mail.Letter{}, nil
	}
	return mail.Letter{Subject: "Earnings have passed their hold", Blocks: []mail.Block{
		mail.Text("On %s these became part of your balance at %s:", from.Format("2 January 2006"), w.name()), mail.Figures(pairs...), w.portal()}}, nil
}

func currencies(sums map[string]int64) []string {
	var list []string
	for c := range sums {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

func (w *words) statement(ctx context.Context, batchID int64) (mail.Letter, error) {
	b, err := w.tx.PayoutBatch(ctx, batchID)
	if err != nil {
		return mail.Letter{}, err
	}
	lines, _, err := w.tx.PayoutLines(ctx, store.LineFilter{BatchID: batchID, InfluencerID: w.who.ID}, store.Page{})
	if err != nil || len(lines) == 0 {
		return mail.Letter{}, err
	}
	l := mail.Letter{Subject: "Your statement of " + b.Period, Blocks: []mail.Block{mail.Text("%s has closed the month.", w.name())}}
	for i := range lines {
		p := &lines[i]
		l.Blocks = append(l.Blocks, mail.Figures("Opening", amount(p.Opening, p.Currency), "Movements", amount(p.Movement, p.Currency), "Payout", amount(p.Pay, p.Currency), "Closing", amount(p.Closing(), p.Currency)))
		if p.CarryReason != "" {
			l.Blocks = append(l.Blocks, mail.Text("Nothing is paid this time, and all of it is carried on: %s.", strings.ReplaceAll(p.CarryReason, "_", " ")))
		}
	}
	l.Blocks = append(l.Blocks, mail.Press("See every line", w.PublicURL+"/portal"))
	return l, nil
}

func (w *words) payout(ctx context.Context, lineID int64) (mail.Letter, error) {
	lines, _, err := w.tx.PayoutLines(ctx, store.LineFilter{InfluencerID: w.who.ID}, store.Page{Limit: 1, After: store.Cursor{Minor: lineID + 1}})
	if err != nil || len(lines) == 0 || lines[0].ID != lineID {
		return mail.Letter{}, err
	}
	p := &lines[0]
	switch p.State {
	case store.LinePaid:
		return mail.Letter{Subject: "You have been paid", Blocks: []mail.Block{mail.Text("%s has paid you.", w.name()),
			mail.Figures("Amount", amount(p.Pay, p.Currency), "Reference", p.ProviderRef), w.portal()}}, nil
	case store.LineFailed:
		return mail.Letter{Subject: "A payout did not go through", Blocks: []mail.Block{
			mail.Text("%s tried to pay you %s, and it did not go through. The money is part of your balance again.", w.name(), amount(p.Pay, p.Currency)),
			mail.Figures("What the provider says", p.Error), mail.Press("Check how you are paid", w.PublicURL+"/portal")}}, nil
	}
	return mail.Letter{}, nil
}

func (w *words) disputeAnswer(ctx context.Context, messageID int64) (mail.Letter, error) {
	id, m, err := w.tx.DisputeMessage(ctx, messageID)
	if err != nil {
		return mail.Letter{}, err
	}
	d, err := w.tx.Dispute(ctx, id, false)
	if err != nil || !d.Undecided() {
		return mail.Letter{}, err
	}
	l := mail.Letter{Subject: "An answer to your dispute", Blocks: []mail.Block{mail.Text("%s answers about %s:", w.name(), d.About), mail.Text("%s", m.Text)}}
	if d.State == store.DisputeAsked {
		l.Blocks = append(l.Blocks, mail.Text("Please answer by %s; after that the dispute lapses.", d.AnswerBy.In(w.zone).Format("2 January 2006, 15:04")))
	}
	l.Blocks = append(l.Blocks, w.portal())
	return l, nil
}

func (w *words) disputeDecided(ctx context.Context, id int64) (mail.Letter, error) {
	d, err := w.tx.Dispute(ctx, id, false)
	if err != nil || d.Undecided() {
		return mail.Letter{}, err
	}
	said := map[string]string{store.DisputeAccepted: "accepted", store.DisputeRejected: "not accepted", store.DisputeLapsed: "closed"}[d.State]
	if said == "" {
		return mail.Letter{}, nil
	}
	l := mail.Letter{Subject: "Your dispute was " + said, Blocks: []mail.Block{mail.Text("Your dispute about %s was %s. The reason: %s", d.About, said, d.Reason)}}
	if d.Awarded > 0 {
		l.Blocks = append(l.Blocks, mail.Figures("Added to your balance", amount(d.Awarded, d.Currency)))
	}
	l.Blocks = append(l.Blocks, w.portal())
	return l, nil
}

func (w *words) digest(ctx context.Context, ref int64) (mail.Letter, error) {
	list, err := w.tx.DigestOf(ctx, w.who.ID, ref)
	if err != nil {
		return mail.Letter{}, err
	}
	l := mail.Letter{Subject: "What has happened at " + w.name()}
	for i := range list {
		one, err := w.letter(ctx, list[i].Kind, list[i].Ref)
		if err != nil && !store.IsNotFound(err) {
			return mail.Letter{}, err
		}
		if one.Subject == "" {
			continue
		}
		l.Blocks = append(l.Blocks, mail.Text("%s (%s)", one.Subject, list[i].At.In(w.zone).Format("2 January")))
		for _, b := range one.Blocks {
			if b.Rows != nil {
				l.Blocks = append(l.Blocks, b)
			}
		}
	}
	if l.Blocks == nil {
		return mail.Letter{}, nil
	}
	l.Blocks = append(l.Blocks, w.portal())
	return l, nil
}
