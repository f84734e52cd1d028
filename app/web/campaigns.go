package web

import (
	"context"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
)

// Campaign is what agreements are made for.
type Campaign struct {
	ID        string     `json:"id" example:"cmp_3"`
	Name      string     `json:"name"`
	Goal      string     `json:"goal"`
	State     string     `json:"state" enum:"draft,active,ended"`
	StartsAt  *time.Time `json:"starts_at,omitempty"`
	EndsAt    *time.Time `json:"ends_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
}

func asCampaign(c *store.Campaign) Campaign {
	return Campaign{ID: formatID("cmp", c.ID), Name: c.Name, Goal: c.Goal, State: c.State,
		StartsAt: utc(c.StartsAt), EndsAt: utc(c.EndsAt), CreatedAt: c.CreatedAt.UTC()}
}

// CampaignChange is what may be said about a campaign; what is left out stays
// as it is.
type CampaignChange struct {
	Name     *string    `json:"name,omitempty"`
	Goal     *string    `json:"goal,omitempty"`
	State    *string    `json:"state,omitempty" doc:"draft, active or ended"`
	StartsAt *time.Time `json:"starts_at,omitempty"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`
}

func (b CampaignChange) fields() program.CampaignFields { return program.CampaignFields(b) }

type createCampaignIn struct {
	Body CampaignChange
}

func (s *Server) createCampaign(ctx context.Context, tx *store.Tx, in *createCampaignIn) (Campaign, error) {
	c, err := program.AddCampaign(ctx, tx, in.Body.fields())
	if err != nil {
		return Campaign{}, err
	}
	return asCampaign(c), nil
}

type changeCampaignIn struct {
	IDIn
	Body CampaignChange
}

func (s *Server) changeCampaign(ctx context.Context, tx *store.Tx, in *changeCampaignIn) (Campaign, error) {
	id, err := parseID("cmp", in.ID)
	if err != nil {
		return Campaign{}, err
	}
	c, err := program.ChangeCampaign(ctx, tx, id, in.Body.fields())
	if err != nil {
		return Campaign{}, err
	}
	return asCampaign(c), nil
}

func (s *Server) getCampaign(ctx context.Context, tx *store.Tx, in *IDIn) (Campaign, error) {
	id, err := parseID("cmp", in.ID)
	if err != nil {
		return Campaign{}, err
	}
	c, err := tx.Campaign(ctx, id)
	if err != nil {
		return Campaign{}, err
	}
	return asCampaign(c), nil
}

type listCampaignsIn struct {
	PageIn
	State string `query:"state" enum:"draft,active,ended"`
}

func (s *Server) listCampaigns(ctx context.Context, tx *store.Tx, in *listCampaignsIn) (List[Campaign], error) {
	p, err := in.page()
	if err != nil {
		return List[Campaign]{}, err
	}
	cs, next, err := tx.Campaigns(ctx, in.State, p)
	if err != nil {
		return List[Campaign]{}, err
	}
	return listOf(cs, next, asCampaign), nil
}
