package program

import (
	"context"
	"time"

	"tributary/internal/store"
)

// CampaignFields is what people may say about a campaign. In a change, nil
// leaves a field as it is.
type CampaignFields struct {
	Name, Goal, State *string
	StartsAt, EndsAt  *time.Time
}

// AddCampaign adds a campaign.
func AddCampaign(ctx context.Context, tx *store.Tx, f CampaignFields) (*store.Campaign, error) {
	c := store.Campaign{State: "active"}
	if f.Name == nil {
		f.Name = new(string)
	}
	if err := f.apply(&c); err != nil {
		return nil, err
	}
	if err := tx.AddCampaign(ctx, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// ChangeCampaign changes what f says.
func ChangeCampaign(ctx context.Context, tx *store.Tx, id int64, f CampaignFields) (*store.Campaign, error) {
	c, err := tx.Campaign(ctx, id)
	if err != nil {
		return nil, missing(err, "campaign")
	}
	if err := f.apply(c); err != nil {
		return nil, err
	}
	return c, tx.SetCampaign(ctx, c)
}

func (f CampaignFields) apply(c *store.Campaign) error {
	var w wrong
	if f.Name != nil {
		c.Name = w.text("name", *f.Name, 1, 200)
	}
	if f.Goal != nil {
		c.Goal = w.text("goal", *f.Goal, 0, 2000)
	}
	if f.State != nil {
		c.State = *f.State
		w.when(c.State != "draft" && c.State != "active" && c.State != "ended", "state", "must be draft, active or ended")
	}
	if f.StartsAt != nil {
		t := instant(*f.StartsAt)
		c.StartsAt = &t
	}
	if f.EndsAt != nil {
		t := instant(*f.EndsAt)
		c.EndsAt = &t
	}
	w.when(c.StartsAt != nil && c.EndsAt != nil && !c.EndsAt.After(*c.StartsAt), "ends_at", "must be later than starts_at")
	return w.err("invalid_campaign", "The campaign cannot be like this.")
}
