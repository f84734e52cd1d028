package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/mail"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// MailApplication is the outbox kind of the mail that tells how an application
// was decided.
const MailApplication = "mail:application"

type applicationPayload struct {
	V             int   `json:"v"`
	ApplicationID int64 `json:"application_id"`
}

// maxQuestions is how many questions a campaign may ask applicants.
const maxQuestions = 10

// OpenCampaign lets people apply to a campaign, under an id that stays, or ends
// that. The pitch is what they read, the questions what they answer.
func OpenCampaign(ctx context.Context, tx *store.Tx, id int64, open bool, pitch string, questions []string) error {
	var w wrong
	pitch = w.text("pitch", pitch, 0, 4000)
	w.when(len(questions) > maxQuestions, "questions", fmt.Sprintf("must be %d at most", maxQuestions))
	for i := range questions {
		questions[i] = w.text(fmt.Sprintf("questions[%d]", i), questions[i], 1, 300)
	}
	if err := w.err("invalid_campaign", "The campaign cannot be like this."); err != nil {
		return err
	}
	old, err := tx.CampaignOpen(ctx, id)
	if err != nil {
		return missing(err, "campaign")
	}
	if !open {
		return tx.SetCampaignOpen(ctx, id, nil, pitch, questions)
	}
	if old.OpenID == "" {
		old.OpenID = strings.ToLower(rand.Text()[:12])
	}
	return tx.SetCampaignOpen(ctx, id, &old.OpenID, pitch, questions)
}

// NewApplication is what somebody says who wants to take part.
type NewApplication struct {
	CampaignID                     int64
	Name, Email, Channels, Message string
	Answers                        []string // to the campaign's questions, in their order
}

// Apply takes an application. One who has applied already, or takes part
// already, gets the same answer: nobody learns who works with a shop.
func Apply(ctx context.Context, tx *store.Tx, n NewApplication) error {
	var w wrong
	a := store.Application{CampaignID: n.CampaignID, Name: w.text("name", n.Name, 1, 200), Email: strings.ToLower(strings.TrimSpace(n.Email)),
		Channels: w.text("channels", n.Channels, 0, 1000), Message: w.text("message", n.Message, 0, 4000)}
	address, err := mail.ParseAddress(a.Email)
	w.when(err != nil || address.Address != a.Email || len(a.Email) > 254, "email", "must be an e-mail address such as anna@example.com")
	c, err := tx.CampaignOpen(ctx, n.CampaignID)
	if err != nil {
		return missing(err, "campaign")
	}
	w.when(len(n.Answers) > len(c.Questions), "answers", "are more than there are questions")
	for i, q := range c.Questions {
		path, answer := fmt.Sprintf("answers[%d]", i), ""
		if i < len(n.Answers) {
			answer = n.Answers[i]
		}
		a.Answers = append(a.Answers, store.Answered{Question: q, Answer: w.text(path, answer, 1, 2000)})
	}
	if err := w.err("invalid_application", "The application cannot be like this."); err != nil {
		return err
	}
	if err := tx.AddApplication(ctx, &a); err != nil && !store.IsNotFound(err) {
		return err
	}
	return nil
}

// Approval is how an application is accepted.
type Approval struct {
	Handle string // of the influencer to be
	Reason string // what they read; may be empty
}

// ApproveApplication makes an applicant an influencer, and has them told. One who
// is an influencer of the shop already stays the one they are.
func ApproveApplication(ctx context.Context, tx *store.Tx, keys *seal.Keys, id int64, p Approval) (*store.Application, error) {
	a, err := undecided(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var w wrong
	a.Reason = w.text("reason", p.Reason, 0, 1000)
	if err := w.err("invalid_decision", "The application is not decided like this."); err != nil {
		return nil, err
	}
	known, _, err := tx.Influencers(ctx, store.InfluencerFilter{Search: a.Email}, store.Page{})
	if err != nil {
		return nil, err
	}
	for _, i := range known {
		if strings.EqualFold(i.Email, a.Email) {
			a.InfluencerID = i.ID
		}
	}
	if a.InfluencerID == 0 {
		i, err := AddInfluencer(ctx, tx, keys, InfluencerFields{Handle: &p.Handle, Name: &a.Name, Email: &a.Email})
		if err != nil {
			return nil, err
		}
		a.InfluencerID = i.ID
	}
	return a, decided(ctx, tx, a, store.ApplicationApproved)
}

// RejectApplication turns an applicant down, with a reason that they read.
func RejectApplication(ctx context.Context, tx *store.Tx, id int64, reason string) (*store.Application, error) {
	a, err := undecided(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var w wrong
	a.Reason = w.text("reason", reason, 1, 1000)
	if err := w.err("invalid_decision", "The application is not decided like this."); err != nil {
		return nil, err
	}
	return a, decided(ctx, tx, a, store.ApplicationRejected)
}

func undecided(ctx context.Context, tx *store.Tx, id int64) (*store.Application, error) {
	a, err := tx.Application(ctx, id, true)
	if err != nil {
		return nil, missing(err, "application")
	}
	if a.State != store.ApplicationSubmitted {
		return nil, errs.New(errs.Conflict, "application_decided", "This application has been "+a.State+" already.")
	}
	return a, nil
}

func decided(ctx context.Context, tx *store.Tx, a *store.Application, state string) error {
	a.State, a.DecidedAt = state, tx.Now
	if err := tx.SetApplication(ctx, a); err != nil {
		return err
	}
	_, err := tx.AddOutbox(ctx, MailApplication, applicationPayload{V: 1, ApplicationID: a.ID})
	return err
}

// invitationsADay is how many influencers a shop may invite in a day: a shop
// that was taken over is no way to send mails to the world.
const invitationsADay = 500

// Invite has an influencer told by mail that there is a portal for them. Once a
// day is enough.
func Invite(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	n, err := tx.InvitedSince(ctx, tx.Now.AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	if n >= invitationsADay {
		return nil, errs.New(errs.TooMany, "too_many_invitations", "This shop has sent as many invitations as it may in a day. Go on tomorrow.")
	}
	ok, err := tx.Invite(ctx, id)
	if err != nil {
		return nil, missing(err, "influencer")
	}
	if !ok {
		return nil, errs.New(errs.Conflict, "already_invited", "This influencer was invited less than a day ago.")
	}
	if err := tx.Note(ctx, store.NoticeInvited, tx.Now.Unix(), tx.Now, id); err != nil {
		return nil, err
	}
	return tx.Influencer(ctx, id)
}
