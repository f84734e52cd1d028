package web

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tributary/internal/domain/terms"
	"tributary/internal/program"
	"tributary/internal/store"
)

// Agreement is between the shop and an influencer, for a campaign.
type Agreement struct {
	ID           string             `json:"id" example:"agr_7"`
	InfluencerID string             `json:"influencer_id" example:"inf_12"`
	CampaignID   string             `json:"campaign_id" example:"cmp_3"`
	State        string             `json:"state" doc:"Of the newest version" enum:"draft,offered,signed,superseded,declined,withdrawn"`
	Versions     []AgreementVersion `json:"versions" doc:"Ascending by number"`
	CreatedAt    time.Time          `json:"created_at"`
}

// AgreementVersion is one document of terms.
type AgreementVersion struct {
	ID            string      `json:"id" example:"agv_9"`
	Number        int         `json:"number"`
	State         string      `json:"state" enum:"draft,offered,signed,superseded,declined,withdrawn"`
	Hash          string      `json:"hash" doc:"sha256 of the terms in RFC 8785 form, hex: what is signed"`
	Terms         JSON        `json:"terms" doc:"As GET /terms/schema describes"`
	EffectiveFrom *time.Time  `json:"effective_from,omitempty" doc:"Touches from here on fall under this version"`
	EffectiveTo   *time.Time  `json:"effective_to,omitempty"`
	Signatures    []Signature `json:"signatures"`
	CreatedAt     time.Time   `json:"created_at"`
}

// Signature is one party's signature.
type Signature struct {
	Party    string    `json:"party" enum:"merchant,influencer"`
	Signer   string    `json:"signer" doc:"Name as typed"`
	Email    string    `json:"email"`
	IP       string    `json:"ip" doc:"Where the signature came from"`
	Method   string    `json:"method" enum:"api,portal,admin"`
	Hash     string    `json:"hash" doc:"Of the terms that were signed"`
	SignedAt time.Time `json:"signed_at"`
}

// asAgreements adds versions and signatures to agreements.
func asAgreements(ctx context.Context, tx *store.Tx, as []store.Agreement) (map[int64]Agreement, error) {
	ids := make([]int64, len(as))
	for i := range as {
		ids[i] = as[i].ID
	}
	versions, err := tx.Versions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	versionIDs := make([]int64, len(versions))
	for i := range versions {
		versionIDs[i] = versions[i].ID
	}
	signatures, err := tx.Signatures(ctx, versionIDs...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Agreement, len(as))
	for _, a := range as {
		out[a.ID] = Agreement{ID: formatID("agr", a.ID), InfluencerID: formatID("inf", a.InfluencerID),
			CampaignID: formatID("cmp", a.CampaignID), Versions: []AgreementVersion{}, CreatedAt: a.CreatedAt.UTC()}
	}
	for _, v := range versions {
		a := out[v.AgreementID]
		shown := AgreementVersion{ID: formatID("agv", v.ID), Number: v.Number, State: v.State, Hash: v.Hash, Terms: JSON(v.Terms),
			EffectiveFrom: utc(v.EffectiveFrom), EffectiveTo: utc(v.EffectiveTo), Signatures: []Signature{}, CreatedAt: v.CreatedAt.UTC()}
		for _, s := range signatures[v.ID] {
			shown.Signatures = append(shown.Signatures, Signature{Party: s.Party, Signer: s.Signer, Email: s.Email, IP: s.IP,
				Method: s.Method, Hash: s.Hash, SignedAt: s.SignedAt.UTC()})
		}
		a.Versions, a.State = append(a.Versions, shown), v.State
		out[v.AgreementID] = a
	}
	return out, nil
}

func agreement(ctx context.Context, tx *store.Tx, id int64) (Agreement, error) {
	a, err := tx.Agreement(ctx, id)
	if err != nil {
		return Agreement{}, err
	}
	out, err := asAgreements(ctx, tx, []store.Agreement{*a})
	return out[id], err
}

type createAgreementIn struct {
	Body struct {
		InfluencerID string `json:"influencer_id" example:"inf_12"`
		CampaignID   string `json:"campaign_id" example:"cmp_3"`
		Terms        JSON   `json:"terms" doc:"As GET /terms/schema describes"`
	}
}

func (s *Server) createAgreement(ctx context.Context, tx *store.Tx, in *createAgreementIn) (Agreement, error) {
	influencer, err := parseID("inf", in.Body.InfluencerID)
	if err != nil {
		return Agreement{}, err
	}
	campaign, err := parseID("cmp", in.Body.CampaignID)
	if err != nil {
		return Agreement{}, err
	}
	a, err := program.DraftAgreement(ctx, tx, program.NewAgreement{InfluencerID: influencer, CampaignID: campaign, Terms: in.Body.Terms})
	if err != nil {
		return Agreement{}, err
	}
	return agreement(ctx, tx, a.ID)
}

type createVersionIn struct {
	IDIn
	Body struct {
		Terms JSON `json:"terms" doc:"As GET /terms/schema describes"`
	}
}

func (s *Server) createVersion(ctx context.Context, tx *store.Tx, in *createVersionIn) (Agreement, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Agreement{}, err
	}
	if _, err := program.DraftVersion(ctx, tx, id, in.Body.Terms); err != nil {
		return Agreement{}, err
	}
	return agreement(ctx, tx, id)
}

// step mounts one of program's steps of an agreement's newest version.
func (s *Server) step(f func(context.Context, *store.Tx, int64) error) func(context.Context, *store.Tx, *IDIn) (Agreement, error) {
	return func(ctx context.Context, tx *store.Tx, in *IDIn) (Agreement, error) {
		id, err := parseID("agr", in.ID)
		if err != nil {
			return Agreement{}, err
		}
		if err := f(ctx, tx, id); err != nil {
			return Agreement{}, err
		}
		return agreement(ctx, tx, id)
	}
}

type signIn struct {
	IDIn
	Body struct {
		Party  string `json:"party" enum:"merchant,influencer"`
		Signer string `json:"signer" doc:"Name as typed by who signs"`
		Email  string `json:"email"`
		Hash   string `json:"hash" doc:"Of the version as the signer saw it; 409 when the offered version has another"`
		IP     string `json:"ip,omitempty" format:"ip" doc:"Where the signer sat, when your server passes the signature on; else the address of this request"`
	}
}

func (s *Server) signAgreement(ctx context.Context, tx *store.Tx, in *signIn) (Agreement, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Agreement{}, err
	}
	ip := in.Body.IP
	if ip == "" {
		ip = visitFrom(ctx).address
	}
	err = program.Sign(ctx, tx, id, program.NewSignature{Party: in.Body.Party, Signer: in.Body.Signer, Email: in.Body.Email,
		IP: ip, Method: "api", Hash: in.Body.Hash})
	if err != nil {
		return Agreement{}, err
	}
	return agreement(ctx, tx, id)
}

func (s *Server) getAgreement(ctx context.Context, tx *store.Tx, in *IDIn) (Agreement, error) {
	id, err := parseID("agr", in.ID)
	if err != nil {
		return Agreement{}, err
	}
	return agreement(ctx, tx, id)
}

type listAgreementsIn struct {
	PageIn
	Influencer string `query:"influencer" doc:"Id of an influencer"`
	Campaign   string `query:"campaign" doc:"Id of a campaign"`
	State      string `query:"state" enum:"draft,offered,signed,superseded,declined,withdrawn" doc:"Some version is in this state"`
}

func (s *Server) listAgreements(ctx context.Context, tx *store.Tx, in *listAgreementsIn) (List[Agreement], error) {
	var none List[Agreement]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.AgreementFilter{State: in.State}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	if f.CampaignID, err = parseOptionalID("cmp", in.Campaign); err != nil {
		return none, err
	}
	rows, next, err := tx.Agreements(ctx, f, p)
	if err != nil {
		return none, err
	}
	shown, err := asAgreements(ctx, tx, rows)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, func(a *store.Agreement) Agreement { return shown[a.ID] }), nil
}

func (s *Server) termsSchema(context.Context, *store.Tx, *none) (JSON, error) {
	schema := terms.Schema()
	if !json.Valid(schema) {
		return nil, fmt.Errorf("the schema of the terms is not JSON")
	}
	return JSON(schema), nil
}
