package web

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"tributary/internal/errs"
	"tributary/internal/paper"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// portalDeals is the part of the portal about what was agreed and what it is
// done with.
func (s *Server) portalDeals() []portalRoute {
	return []portalRoute{
		{get, "/shops/{shop}/campaigns", false, "List the campaigns you take part in", sees(s.myCampaigns)},
		{get, "/shops/{shop}/agreements", false, "List your agreements with their versions", sees(s.myAgreements)},
		{get, "/shops/{shop}/agreements/{id}", false, "Get an agreement with its versions, to read and compare", sees(s.myAgreement)},
		{get, "/shops/{shop}/agreements/{id}/pdf", false, "Get the newest version as PDF, with its hash and signatures", hands(s.agreementPDF, media{contentPDF, binary})},
		{post, "/shops/{shop}/agreements/{id}/sign", false, "Sign the version on offer", does(ownAgreement, s.signMine)},
		{post, "/shops/{shop}/agreements/{id}/decline", false, "Decline the version on offer", does(ownAgreementID, s.declineMine)},

		{get, "/shops/{shop}/links", false, "List your links", sees(s.listLinks)},
		{post, "/shops/{shop}/links", false, "Make a link to any page of the store", does(ownLinkTarget, s.createMyLink)},
		{get, "/shops/{shop}/links/{id}", false, "Get a link", sees(s.getLink)},
		{get, "/shops/{shop}/links/{id}/qr", false, "Get a link as a QR code", hands(s.linkQR, media{"image/png", binary}, media{"image/svg+xml", binary})},
		{get, "/shops/{shop}/codes", false, "List your codes", sees(s.listCodes)},

		{get, "/shops/{shop}/posts", false, "List your posts", sees(s.listPosts)},
		{post, "/shops/{shop}/posts", false, "Submit a post; the answer tells whether it discloses well enough", does(ownPostTarget, s.submitMyPost)},
		{get, "/shops/{shop}/posts/{id}", false, "Get a post with what it is paid for", sees(s.getPost)},
		{get, "/shops/{shop}/live-sessions", false, "List your live sessions", sees(s.listLive)},
		{get, "/shops/{shop}/live-sessions/{id}", false, "Get a live session", sees(s.getLive)},
		{get, "/shops/{shop}/giveaways", false, "List the giveaways you take part in", sees(s.listGiveaways)},
		{get, "/shops/{shop}/giveaways/{id}", false, "Get a giveaway", sees(s.getGiveaway)},
		{get, "/shops/{shop}/leads", false, "List the leads you brought, without who they are", sees(s.myLeads)},
	}
}

func (s *Server) myCampaigns(ctx context.Context, tx *store.Tx, in *listCampaignsIn) (List[Campaign], error) {
	return s.listCampaigns(ctx, tx, in)
}

// mine takes out of an agreement what is not the influencer's to know: where the
// merchant sat.
func mine(a Agreement) Agreement {
	for i := range a.Versions {
		for j := range a.Versions[i].Signatures {
			if sg := &a.Versions[i].Signatures[j]; sg.Party != "influencer" {
				sg.IP = ""
			}
		}
	}
	return a
}

// myAgreements leaves out what was never offered: the portal sees no drafts.
func (s *Server) myAgreements(ctx context.Context, tx *store.Tx, in *listAgreementsIn) (List[Agreement], error) {
	l, err := s.listAgreements(ctx, tx, in)
	if err != nil {
		return l, err
	}
	shown := l.Data[:0]
	for _, a := range l.Data {
		if len(a.Versions) > 0 {
			shown = append(shown, mine(a))
		}
	}
	l.Data = shown
	return l, nil
}

func (s *Server) myAgreement(ctx context.Context, tx *store.Tx, in *IDIn) (Agreement, error) {
	a, err := s.getAgreement(ctx, tx, in)
	if err == nil && len(a.Versions) == 0 {
		err = store.ErrNotFound
	}
	return mine(a), err
}

func (s *Server) agreementPDF(ctx context.Context, tx *store.Tx, in *IDIn) (sent, error) {
	a, err := s.myAgreement(ctx, tx, in)
	if err != nil {
		return sent{}, err
	}
	m := guestFrom(ctx).member
	v := a.Versions[len(a.Versions)-1]
	d := paper.Document{Title: "Agreement " + a.ID + ", version " + strconv.Itoa(v.Number), At: v.CreatedAt, Foot: "sha256 " + v.Hash}
	d.Facts = []paper.Fact{{Name: "Between", Value: shopName(m) + " and " + m.Name}, {Name: "State", Value: v.State}, {Name: "Hash of the terms", Value: v.Hash}}
	if v.EffectiveFrom != nil {
		d.Facts = append(d.Facts, paper.Fact{Name: "In force from", Value: v.EffectiveFrom.Format(time.RFC3339)})
	}
	for _, sg := range v.Signatures {
		d.Facts = append(d.Facts, paper.Fact{Name: "Signed by the " + sg.Party, Value: sg.Signer + ", " + sg.SignedAt.Format(time.RFC3339) + ", by " + sg.Method})
	}
	var pretty []byte
	if pretty, err = indentJSON(v.Terms); err != nil {
		return sent{}, err
	}
	d.Source = string(pretty)
	body, err := d.PDF()
	return sent{contentType: contentPDF, name: a.ID + "-v" + strconv.Itoa(v.Number) + ".pdf", body: body}, err
}

func indentJSON(doc JSON) ([]byte, error) {
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return nil, err
	}
	return json.MarshalIndent(v, "", "  ")
}

type signMineIn struct {
	IDIn
	Body struct {
		Signer  string `json:"signer" doc:"Your name, typed"`
		Consent bool   `json:"consent" doc:"true: you have read the terms and want to be bound by them"`
		Hash    string `json:"hash" doc:"Of the version you have read; 409 when another one is on offer"`
	}
}

func ownAgreement(ctx context.Context, tx *store.Tx, in *signMineIn) error {
	return ownAgreementID(ctx, tx, &in.IDIn)
}

func ownAgreementID(ctx context.Context, tx *store.Tx, in *IDIn) error {
	return ownsAgreement(ctx, tx, in.ID)
}

// ownsAgreement finds the agreement as the portal's role: only one's own, once
// it was offered.
func ownsAgreement(ctx context.Context, tx *store.Tx, formatted string) error {
	id, err := parseID("agr", formatted)
	if err != nil {
		return err
	}
	vs, err := tx.Versions(ctx, id)
	if err == nil && len(vs) == 0 {
		return store.ErrNotFound
	}
	return err
}

func (s *Server) signMine(ctx context.Context, tx *store.Tx, m *store.Membership, in *signMineIn) (Agreement, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Agreement{}, err
	}
	if !in.Body.Consent {
		return Agreement{}, errs.New(errs.Invalid, "consent_missing", "Nothing is signed without your word that you have read the terms and want to be bound by them.",
			errs.Field{Path: "body.consent", Msg: "must be true"})
	}
	err = program.Sign(ctx, tx, id, program.NewSignature{Party: "influencer", Signer: in.Body.Signer, Email: guestFrom(ctx).visitor.Person.Email,
		IP: visitFrom(ctx).address, Method: "portal", Hash: in.Body.Hash})
	if err != nil {
		return Agreement{}, err
	}
	return myAgreementAfter(ctx, tx, id)
}

func (s *Server) declineMine(ctx context.Context, tx *store.Tx, _ *store.Membership, in *IDIn) (Agreement, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Agreement{}, err
	}
	if err := program.Decline(ctx, tx, id); err != nil {
		return Agreement{}, err
	}
	return myAgreementAfter(ctx, tx, id)
}

// myAgreementAfter shows an agreement in a transaction of the application, which
// sees drafts: they stay out.
func myAgreementAfter(ctx context.Context, tx *store.Tx, id int64) (Agreement, error) {
	a, err := agreement(ctx, tx, id)
	if err != nil {
		return Agreement{}, err
	}
	vs := a.Versions[:0]
	for _, v := range a.Versions {
		if v.State != store.VersionDraft {
			vs = append(vs, v)
		}
	}
	a.Versions = vs
	if len(vs) > 0 {
		a.State = vs[len(vs)-1].State
	}
	return mine(a), nil
}

func ownLinkTarget(ctx context.Context, tx *store.Tx, in *createLinkIn) error {
	return ownsAgreement(ctx, tx, in.Body.AgreementID)
}

func (s *Server) createMyLink(ctx context.Context, tx *store.Tx, _ *store.Membership, in *createLinkIn) (Link, error) {
	return s.createLink(ctx, tx, in)
}

func ownPostTarget(ctx context.Context, tx *store.Tx, in *submitPostIn) error {
	return ownsAgreement(ctx, tx, in.Body.AgreementID)
}

func (s *Server) submitMyPost(ctx context.Context, tx *store.Tx, _ *store.Membership, in *submitPostIn) (Post, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Post{}, err
	}
	return asPostOr(content.Submit(ctx, tx, content.NewPost{AgreementID: agreement, Platform: in.Body.Platform, URL: in.Body.URL, PublishedAt: in.Body.PublishedAt,
		Fields: in.Body.fields()}))
}

// MyLead is a lead as who brought it may see it: what became of it, not who it
// is.
type MyLead struct {
	ID          string     `json:"id" example:"led_12"`
	State       string     `json:"state" enum:"submitted,duplicate,invalid,pending_confirmation,pending_vetting,qualified,rejected,expired"`
	Reason      string     `json:"reason,omitempty"`
	AgreementID string     `json:"agreement_id"`
	Via         string     `json:"via,omitempty" enum:"form,code,click,link"`
	SubmittedAt time.Time  `json:"submitted_at"`
	VetBy       *time.Time `json:"vet_by,omitempty" doc:"When the agreed default happens"`
	QualifiedAt *time.Time `json:"qualified_at,omitempty"`
}

type myLeadsIn struct {
	PageIn
	TimesIn
	State string `query:"state" enum:"submitted,duplicate,invalid,pending_confirmation,pending_vetting,qualified,rejected,expired"`
}

func (s *Server) myLeads(ctx context.Context, tx *store.Tx, in *myLeadsIn) (List[MyLead], error) {
	p, err := in.page()
	if err != nil {
		return List[MyLead]{}, err
	}
	rows, next, err := tx.ListLeads(ctx, store.LeadFilter{State: in.State, InfluencerID: guestFrom(ctx).member.InfluencerID, From: in.From, To: in.To}, p)
	if err != nil {
		return List[MyLead]{}, err
	}
	return listOf(rows, next, func(l *store.Lead) MyLead {
		return MyLead{ID: formatID("led", l.ID), State: l.State, Reason: l.Reason, AgreementID: formatOptionalID("agr", l.AgreementID), Via: l.Via, SubmittedAt: l.SubmittedAt,
			VetBy: utcOrNil(l.VetBy), QualifiedAt: utcOrNil(l.QualifiedAt)}
	}), nil
}
