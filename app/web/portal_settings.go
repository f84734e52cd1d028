package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/identity"
	"tributary/internal/notify"
	"tributary/internal/program"
	"tributary/internal/rail/payee"
	"tributary/internal/store"
)

// portalSettings is the part of the portal about what one decides oneself.
func (s *Server) portalSettings() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/payout-method", false, "Tell how you are paid, and whether a tax form is missing", sees(s.myPayoutMethod)},
		{post, "/shops/{shop}/payout-method", false, "Say how you want to be paid", does(nil, s.setMyPayoutMethod)},
		{get, "/shops/{shop}/notifications", false, "Tell what you are told by mail", sees(s.myNotifications)},
		{post, "/shops/{shop}/notifications", false, "Say what you want to be told by mail", does(nil, s.setMyNotifications)},
		{get, "/shops/{shop}/export", false, "Get all that is stored about you as one document", sees(s.myExport)},
		{post, "/shops/{shop}/leave", false, "Leave a shop: new sales earn nothing, and it is asked to delete what it may", does(nil, s.leave)},
		{post, "/forget-me", false, "Delete your sign-in: all sessions end", speaks(s.forgetMe)},
		{get, "/open-campaigns", true, "List the campaigns of all shops that one may apply to", speaks(s.openCampaigns)},
		{post, "/open-campaigns/{id}/apply", true, "Apply to a campaign", speaks(s.applyTo)},
	}
}

// PayoutMethod is how one is paid.
type PayoutMethod struct {
	Shown   string `json:"shown" doc:"All but its end hidden; empty: none yet, and nothing can be paid" example:"bank …3000"`
	TaxForm string `json:"tax_form" enum:"not_required,missing,valid" doc:"missing: nothing is paid before the shop has it"`
}

func (s *Server) payoutMethodOf(i *store.Influencer, shopID int64) (PayoutMethod, error) {
	out := PayoutMethod{TaxForm: i.TaxForm}
	if i.PayoutMethod == "" {
		return out, nil
	}
	plain, err := payee.Open(s.Keys, shopID, i.ID, i.PayoutDetail)
	out.Shown = payee.Mask(plain)
	return out, err
}

func (s *Server) myPayoutMethod(ctx context.Context, tx *store.Tx, _ *none) (PayoutMethod, error) {
	i, err := tx.Influencer(ctx, guestFrom(ctx).member.InfluencerID)
	if err != nil {
		return PayoutMethod{}, err
	}
	return s.payoutMethodOf(i, tx.ShopID)
}

type payoutMethodIn struct {
	Body struct {
		Kind    string `json:"kind" enum:"paypal,bank,store_credit"`
		Account string `json:"account" maxLength:"100" doc:"PayPal and store credit: the e-mail address there; bank: the IBAN or account number"`
		Holder  string `json:"holder,omitempty" maxLength:"100" doc:"Bank: whose account it is"`
		BIC     string `json:"bic,omitempty" maxLength:"11" doc:"Bank: where the account needs one"`
	}
}

// setMyPayoutMethod stores it sealed, and has the influencer told: who has taken
// over a portal wants the money elsewhere.
func (s *Server) setMyPayoutMethod(ctx context.Context, tx *store.Tx, m *store.Membership, in *payoutMethodIn) (PayoutMethod, error) {
	method := payee.Method{Kind: in.Body.Kind, Account: in.Body.Account, Holder: in.Body.Holder, BIC: in.Body.BIC}
	if err := method.Check(); err != nil {
		return PayoutMethod{}, err
	}
	if err := tx.LockInfluencer(ctx, m.InfluencerID); err != nil {
		return PayoutMethod{}, err
	}
	i, err := tx.Influencer(ctx, m.InfluencerID)
	if err != nil {
		return PayoutMethod{}, err
	}
	i.PayoutMethod, i.PayoutDetail = "csv", payee.Seal(s.Keys, tx.ShopID, i.ID, method)
	if err := tx.SetInfluencer(ctx, i); err != nil {
		return PayoutMethod{}, err
	}
	if err := tx.Note(ctx, store.NoticePayee, tx.Now.Unix(), tx.Now, i.ID); err != nil {
		return PayoutMethod{}, err
	}
	return s.payoutMethodOf(i, tx.ShopID)
}

// Notifications are what one is told by mail. What asks for something, and what
// tells of a payout, comes always.
type Notifications struct {
	Muted   []string `json:"muted" doc:"Topics without mails: sales, statements"`
	Digest  string   `json:"digest" enum:"off,daily,weekly" doc:"Other than off: sales and statements are told together, at nine in the shop's morning or on Mondays"`
	Problem string   `json:"problem,omitempty" doc:"Why the mail server takes nothing for your address"`
}

func asNotifications(s store.MailSettings) Notifications {
	return Notifications{Muted: append([]string{}, s.Muted...), Digest: s.Digest, Problem: s.Problem}
}

func (s *Server) myNotifications(ctx context.Context, tx *store.Tx, _ *none) (Notifications, error) {
	set, err := tx.MailSettings(ctx, guestFrom(ctx).member.InfluencerID)
	return asNotifications(set), err
}

type notificationsIn struct {
	Body struct {
		Muted  []string `json:"muted"`
		Digest string   `json:"digest" enum:"off,daily,weekly"`
	}
}

func (s *Server) setMyNotifications(ctx context.Context, tx *store.Tx, m *store.Membership, in *notificationsIn) (Notifications, error) {
	set, err := notify.Want(ctx, tx, m.InfluencerID, in.Body.Muted, in.Body.Digest)
	return asNotifications(set), err
}

// MyExport is all that a shop has stored about an influencer, as far as it is
// theirs to have.
type MyExport struct {
	At            time.Time     `json:"at"`
	Shop          string        `json:"shop"`
	Influencer    Influencer    `json:"influencer"`
	Agreements    []Agreement   `json:"agreements"`
	Links         []Link        `json:"links"`
	Codes         []Code        `json:"codes"`
	Posts         []Post        `json:"posts"`
	Earnings      []Earning     `json:"earnings"`
	Journals      []Journal     `json:"journals"`
	Payouts       []PayoutLine  `json:"payouts"`
	Disputes      []Dispute     `json:"disputes"`
	Notifications Notifications `json:"notifications"`
}

func (s *Server) myExport(ctx context.Context, tx *store.Tx, _ *none) (MyExport, error) {
	m := guestFrom(ctx).member
	out := MyExport{At: tx.Now, Shop: m.Domain}
	i, err := tx.Influencer(ctx, m.InfluencerID)
	if err != nil {
		return out, err
	}
	if out.Influencer, err = withSpans(ctx, tx, i); err != nil {
		return out, err
	}
	if out.Agreements, err = every(func(p PageIn) (List[Agreement], error) { return s.myAgreements(ctx, tx, &listAgreementsIn{PageIn: p}) }); err != nil {
		return out, err
	}
	if out.Links, err = every(func(p PageIn) (List[Link], error) { return s.listLinks(ctx, tx, &listLinksIn{PageIn: p}) }); err != nil {
		return out, err
	}
	if out.Codes, err = every(func(p PageIn) (List[Code], error) { return s.listCodes(ctx, tx, &listCodesIn{PageIn: p}) }); err != nil {
		return out, err
	}
	if out.Posts, err = every(func(p PageIn) (List[Post], error) { return s.listPosts(ctx, tx, &listPostsIn{PageIn: p}) }); err != nil {
		return out, err
	}
	if out.Earnings, err = every(func(p PageIn) (List[Earning], error) { return s.listEarnings(ctx, tx, &listEarningsIn{PageIn: p}) }); err != nil {
		return out, err
	}
	who := formatID("inf", m.InfluencerID)
	if out.Journals, err = every(func(p PageIn) (List[Journal], error) {
		return s.listJournals(ctx, tx, &listJournalsIn{PageIn: p, Influencer: who})
	}); err != nil {
		return out, err
	}
	if out.Disputes, err = every(func(p PageIn) (List[Dispute], error) { return s.listDisputes(ctx, tx, &listDisputesIn{PageIn: p}) }); err != nil {
		return out, err
	}
	lines, err := every(func(p PageIn) (List[MyPeriod], error) { return s.myLines(ctx, tx, &p, "") })
	if err != nil {
		return out, err
	}
	out.Payouts = make([]PayoutLine, len(lines))
	for i := range lines {
		out.Payouts[i] = lines[i].PayoutLine
	}
	out.Notifications, err = s.myNotifications(ctx, tx, nil)
	return out, err
}

// every walks all pages of a list.
func every[T any](list func(PageIn) (List[T], error)) ([]T, error) {
	all := []T{}
	p := PageIn{Limit: store.MaxPage}
	for {
		l, err := list(p)
		if err != nil {
			return nil, err
		}
		all = append(all, l.Data...)
		if l.NextCursor == "" {
			return all, nil
		}
		p.Cursor = l.NextCursor
	}
}

// Left says what became of a wish to leave.
type Left struct {
	LeavingAt time.Time `json:"leaving_at"`
	Message   string    `json:"message"`
}

type leaveIn struct {
	Body struct {
		Confirm bool `json:"confirm" doc:"true: it cannot be taken back here"`
	}
}

// leave ends the time in which the influencer is active. What was earned stays
// owed, and the books stay as they are: money rows are kept by law. The shop
// sees the wish and deletes the rest.
func (s *Server) leave(ctx context.Context, tx *store.Tx, m *store.Membership, in *leaveIn) (Left, error) {
	if !in.Body.Confirm {
		return Left{}, errs.New(errs.Invalid, "confirmation_missing", "Say that you mean it.", errs.Field{Path: "body.confirm", Msg: "must be true"})
	}
	if _, err := program.Deactivate(ctx, tx, m.InfluencerID); err != nil {
		return Left{}, err
	}
	at, err := tx.Leave(ctx, m.InfluencerID)
	return Left{LeavingAt: at, Message: "New sales earn nothing from now on. What you have earned is still paid, and what the law wants kept is kept; the shop is asked to delete the rest."}, err
}

func (s *Server) forgetMe(ctx context.Context, v *identity.Visitor, _ *none) (SignedOut, error) {
	return SignedOut{true}, s.DB.InTx(ctx, 0, func(tx *store.Tx) error { return tx.DeletePerson(ctx, &v.Person) })
}

// OpenCampaign is a campaign that one may apply to.
type OpenCampaign struct {
	ID        string     `json:"id" example:"k3v9x2mq7ab4"`
	Shop      string     `json:"shop"`
	Name      string     `json:"name"`
	Goal      string     `json:"goal,omitempty"`
	Pitch     string     `json:"pitch,omitempty"`
	Questions []string   `json:"questions" doc:"To answer in an application, in this order"`
	EndsAt    *time.Time `json:"ends_at,omitempty"`
}

func (s *Server) openCampaigns(ctx context.Context, _ *identity.Visitor, _ *none) (List[OpenCampaign], error) {
	list, err := s.campaignsOpen(ctx, "")
	if err != nil {
		return List[OpenCampaign]{}, err
	}
	return listOf(list, nil, func(c *store.OpenCampaign) OpenCampaign {
		return OpenCampaign{ID: c.OpenID, Shop: c.Shop, Name: c.Name, Goal: c.Goal, Pitch: c.Pitch, Questions: append([]string{}, c.Questions...), EndsAt: utc(c.EndsAt)}
	}), nil
}

func (s *Server) campaignsOpen(ctx context.Context, id string) (list []store.OpenCampaign, err error) {
	err = s.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		list, err = tx.OpenCampaigns(ctx, id)
		return err
	})
	return list, err
}

type applyIn struct {
	IDIn
	Body struct {
		Name     string   `json:"name" maxLength:"200"`
		Email    string   `json:"email" maxLength:"254"`
		Channels string   `json:"channels,omitempty" maxLength:"1000" doc:"Where you publish"`
		Message  string   `json:"message,omitempty" maxLength:"4000"`
		Answers  []string `json:"answers,omitempty" doc:"To the campaign's questions, in their order"`
	}
}

// Applied says that an application has come in.
type Applied struct {
	Message string `json:"message"`
}

const applied = "Thank you. The shop answers by mail."

func (s *Server) applyTo(ctx context.Context, _ *identity.Visitor, in *applyIn) (Applied, error) {
	_, err := s.apply(ctx, in.ID, program.NewApplication{Name: in.Body.Name, Email: in.Body.Email, Channels: in.Body.Channels, Message: in.Body.Message, Answers: in.Body.Answers})
	return Applied{Message: applied}, err
}

func (s *Server) apply(ctx context.Context, openID string, n program.NewApplication) (*store.OpenCampaign, error) {
	list, err := s.campaignsOpen(ctx, openID)
	if err != nil {
		return nil, err
	}
	if openID == "" || len(list) == 0 {
		return nil, errs.New(errs.NotFound, "campaign_not_open", "One cannot apply to this campaign, or not any more.")
	}
	c := &list[0]
	n.CampaignID = c.CampaignID
	if n.Email == "" && n.Name == "" { // looks only
		return c, nil
	}
	return c, s.DB.InTx(ctx, c.ShopID, func(tx *store.Tx) error { return program.Apply(ctx, tx, n) })
}

// applyPage shows a campaign with the form to apply, and takes the form.
func (s *Server) applyPage(c echo.Context) error {
	wrong := map[string]string{}
	show := map[string]any{"Errors": wrong}
	var n program.NewApplication
	sent := c.Request().Method == http.MethodPost
	if sent {
		if !s.signIns.Take(addressKey(c.RealIP())) {
			return errTooMany
		}
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, 16<<10)
		if err := r.ParseForm(); err != nil {
			return errBody
		}
		n = program.NewApplication{Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Channels: r.PostFormValue("channels"), Message: r.PostFormValue("message"), Answers: r.PostForm["answer"]}
		show["Form"] = n
		if r.PostFormValue("website") != "" { // people do not see this field
			n = program.NewApplication{}
		} else if n.Name == "" && n.Email == "" {
			n.Name = " "
		}
	}
	status := http.StatusOK
	campaign, err := s.apply(c.Request().Context(), c.Param("id"), n)
	if e := errs.As(err); e != nil && e.Kind == errs.Invalid {
		for _, f := range e.Fields {
			wrong[f.Path] = f.Msg
		}
		status = http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	} else if sent {
		show["Done"] = applied
	}
	show["Campaign"] = campaign
	show["Questions"] = askedQuestions(campaign, n.Answers, wrong)
	c.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	c.Response().Header().Set("Cache-Control", "no-store")
	return page(c, status, "apply.html", show)
}

// applyShopPage shows all campaigns of a shop that one may apply to.
func (s *Server) applyShopPage(c echo.Context) error {
	id, err := parseID("shp", c.Param("shop"))
	if err != nil {
		return echo.ErrNotFound
	}
	all, err := s.campaignsOpen(c.Request().Context(), "")
	if err != nil {
		return err
	}
	var shown []store.OpenCampaign
	for i := range all {
		if all[i].ShopID == id {
			shown = append(shown, all[i])
		}
	}
	if len(shown) == 0 {
		return errs.New(errs.NotFound, "campaign_not_open", "This shop takes no applications at the moment.")
	}
	c.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Response().Header().Set("Cache-Control", "no-store")
	return page(c, http.StatusOK, "apply_list.html", map[string]any{"Shop": shown[0].Shop, "Campaigns": shown})
}

type askedQuestion struct{ Question, Answer, Wrong string }

// askedQuestions are the campaign's questions with what was answered so far.
func askedQuestions(c *store.OpenCampaign, answers []string, wrong map[string]string) []askedQuestion {
	if c == nil {
		return nil
	}
	out := make([]askedQuestion, len(c.Questions))
	for i, q := range c.Questions {
		out[i] = askedQuestion{Question: q, Wrong: wrong["answers["+strconv.Itoa(i)+"]"]}
		if i < len(answers) {
			out[i].Answer = answers[i]
		}
	}
	return out
}

// unsubscribe shows the page behind a letter's link, and with do ends the
// letters of its topic: mail programs send that by themselves (RFC 8058).
func (s *Server) unsubscribe(do bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		shop, topic, err := s.Teller.Mute(c.Request().Context(), c.Param("token"), do)
		if err != nil {
			return err
		}
		c.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		c.Response().Header().Set("Cache-Control", "no-store")
		return page(c, http.StatusOK, "unsubscribe.html", map[string]any{"Shop": shop, "Topic": topic, "Done": do})
	}
}
