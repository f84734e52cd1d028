package web

import (
	"context"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
)

// applicationTable is the part of the route table about who is to take part.
func (s *Server) applicationTable() []route {
	return []route{
		{post, "/influencers/{id}/invite", write, "Invite an influencer to the portal by mail", writes(s.inviteInfluencer)},
		{get, "/campaigns/{id}/applications", read, "Tell whether people may apply to a campaign", reads(s.getCampaignOpen)},
		{post, "/campaigns/{id}/applications", write, "Let people apply to a campaign, or end that", writes(s.openCampaign)},
		{get, "/applications", read, "List applications", reads(s.listApplications)},
		{post, "/applications/{id}/approve", write, "Make an applicant an influencer, and tell them", writes(s.approveApplication)},
		{post, "/applications/{id}/reject", write, "Turn an applicant down with a reason that they read", writes(s.rejectApplication)},
	}
}

func (s *Server) inviteInfluencer(ctx context.Context, tx *store.Tx, in *IDIn) (Influencer, error) {
	id, err := parseID("inf", in.ID)
	if err != nil {
		return Influencer{}, err
	}
	i, err := program.Invite(ctx, tx, id)
	if err != nil {
		return Influencer{}, err
	}
	return withSpans(ctx, tx, i)
}

// CampaignOpen is whether people may apply to a campaign.
type CampaignOpen struct {
	Open      bool     `json:"open"`
	Pitch     string   `json:"pitch" doc:"What applicants read" maxLength:"4000"`
	Questions []string `json:"questions" doc:"What applicants answer"`
	URL       string   `json:"url,omitempty" doc:"Where they apply"`
	ShopURL   string   `json:"shop_url,omitempty" doc:"All campaigns of the shop that people may apply to"`
}

func (s *Server) getCampaignOpen(ctx context.Context, tx *store.Tx, in *IDIn) (CampaignOpen, error) {
	id, err := parseID("cmp", in.ID)
	if err != nil {
		return CampaignOpen{}, err
	}
	c, err := tx.CampaignOpen(ctx, id)
	out := CampaignOpen{Open: c.OpenID != "", Pitch: c.Pitch, Questions: append([]string{}, c.Questions...)}
	if out.Open {
		out.URL, out.ShopURL = s.PublicURL+"/apply/"+c.OpenID, s.PublicURL+"/apply/of/"+formatID("shp", tx.ShopID)
	}
	return out, err
}

type openCampaignIn struct {
	IDIn
	Body struct {
		Open      bool     `json:"open"`
		Pitch     string   `json:"pitch,omitempty" maxLength:"4000" doc:"What applicants read"`
		Questions []string `json:"questions,omitempty" doc:"What applicants answer; ten at most"`
	}
}

func (s *Server) openCampaign(ctx context.Context, tx *store.Tx, in *openCampaignIn) (CampaignOpen, error) {
	id, err := parseID("cmp", in.ID)
	if err != nil {
		return CampaignOpen{}, err
	}
	if err := program.OpenCampaign(ctx, tx, id, in.Body.Open, in.Body.Pitch, in.Body.Questions); err != nil {
		return CampaignOpen{}, err
	}
	return s.getCampaignOpen(ctx, tx, &in.IDIn)
}

// Application is somebody's wish to take part in a campaign.
type Application struct {
	ID           string           `json:"id" example:"apl_4"`
	CampaignID   string           `json:"campaign_id"`
	Name         string           `json:"name"`
	Email        string           `json:"email"`
	Channels     string           `json:"channels,omitempty" doc:"Where they publish, as they typed it"`
	Message      string           `json:"message,omitempty"`
	Answers      []store.Answered `json:"answers" doc:"To the campaign's questions, as they were then"`
	State        string           `json:"state" enum:"submitted,approved,rejected"`
	Reason       string           `json:"reason,omitempty"`
	InfluencerID string           `json:"influencer_id,omitempty"`
	CreatedAt    time.Time        `json:"created_at"`
	DecidedAt    *time.Time       `json:"decided_at,omitempty"`
}

func asApplication(a *store.Application) Application {
	return Application{ID: formatID("apl", a.ID), CampaignID: formatID("cmp", a.CampaignID), Name: a.Name, Email: a.Email, Channels: a.Channels, Message: a.Message, Answers: append([]store.Answered{}, a.Answers...), State: a.State,
		Reason: a.Reason, InfluencerID: formatOptionalID("inf", a.InfluencerID), CreatedAt: a.CreatedAt.UTC(), DecidedAt: utcOrNil(a.DecidedAt)}
}

type listApplicationsIn struct {
	PageIn
	State string `query:"state" enum:"submitted,approved,rejected"`
}

func (s *Server) listApplications(ctx context.Context, tx *store.Tx, in *listApplicationsIn) (List[Application], error) {
	p, err := in.page()
	if err != nil {
		return List[Application]{}, err
	}
	rows, next, err := tx.Applications(ctx, in.State, p)
	if err != nil {
		return List[Application]{}, err
	}
	return listOf(rows, next, asApplication), nil
}

type approveApplicationIn struct {
	IDIn
	Body struct {
		Handle string `json:"handle" doc:"Of the influencer to be; not used for one whom the shop has already"`
		Reason string `json:"reason,omitempty" doc:"What they read"`
	}
}

func (s *Server) approveApplication(ctx context.Context, tx *store.Tx, in *approveApplicationIn) (Application, error) {
	id, err := parseID("apl", in.ID)
	if err != nil {
		return Application{}, err
	}
	a, err := program.ApproveApplication(ctx, tx, s.Keys, id, program.Approval{Handle: in.Body.Handle, Reason: in.Body.Reason})
	if err != nil {
		return Application{}, err
	}
	return asApplication(a), nil
}

type rejectApplicationIn struct {
	IDIn
	Body struct {
		Reason string `json:"reason" doc:"What they read"`
	}
}

func (s *Server) rejectApplication(ctx context.Context, tx *store.Tx, in *rejectApplicationIn) (Application, error) {
	id, err := parseID("apl", in.ID)
	if err != nil {
		return Application{}, err
	}
	a, err := program.RejectApplication(ctx, tx, id, in.Body.Reason)
	if err != nil {
		return Application{}, err
	}
	return asApplication(a), nil
}
