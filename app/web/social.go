package web

import (
	"context"
	"time"

	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// SocialAccount is how the shop is known to a platform. Its token is never shown.
type SocialAccount struct {
	ID        string     `json:"id" example:"soc_2"`
	Platform  string     `json:"platform" enum:"youtube,instagram"`
	AccountID string     `json:"account_id,omitempty" doc:"Instagram: the business account that asks"`
	Health    string     `json:"health" enum:"ok,quota,unauthorized,unavailable" doc:"How the platform last answered"`
	HealthAt  *time.Time `json:"health_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

func asSocial(a *store.SocialAccount) SocialAccount {
	return SocialAccount{ID: formatID("soc", a.ID), Platform: a.Platform, AccountID: a.AccountID, Health: a.Health, HealthAt: utc(a.HealthAt),
		CreatedAt: a.CreatedAt.UTC(), RevokedAt: utc(a.RevokedAt)}
}

func (s *Server) listSocialAccounts(ctx context.Context, tx *store.Tx, _ *none) (List[SocialAccount], error) {
	rows, err := tx.SocialAccounts(ctx)
	if err != nil {
		return List[SocialAccount]{}, err
	}
	return listOf(rows, nil, asSocial), nil
}

type connectSocialIn struct {
	Body struct {
		Platform  string `json:"platform" doc:"youtube or instagram"`
		AccountID string `json:"account_id,omitempty" doc:"Instagram: the number of the business account that asks"`
		Token     string `json:"token" doc:"A YouTube Data API key, or an Instagram access token; sealed and never shown again"`
	}
}

func (s *Server) connectSocial(ctx context.Context, tx *store.Tx, in *connectSocialIn) (SocialAccount, error) {
	a, err := content.Connect(ctx, tx, s.Keys, content.NewAccount{Platform: in.Body.Platform, AccountID: in.Body.AccountID, Token: in.Body.Token})
	if err != nil {
		return SocialAccount{}, err
	}
	return asSocial(a), nil
}

func (s *Server) revokeSocial(ctx context.Context, tx *store.Tx, in *IDIn) (SocialAccount, error) {
	id, err := parseID("soc", in.ID)
	if err != nil {
		return SocialAccount{}, err
	}
	a, err := content.Disconnect(ctx, tx, id)
	if err != nil {
		return SocialAccount{}, err
	}
	return asSocial(a), nil
}

// Hashtag is a tag that a platform is searched for on behalf of an agreement.
type Hashtag struct {
	ID          string     `json:"id" example:"tag_2"`
	AgreementID string     `json:"agreement_id" example:"agr_3"`
	Platform    string     `json:"platform" enum:"youtube,instagram"`
	Tag         string     `json:"tag" example:"brandxanna"`
	SearchAt    time.Time  `json:"next_search_at"`
	CreatedAt   time.Time  `json:"created_at"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
}

func asHashtag(h *store.Hashtag) Hashtag {
	return Hashtag{ID: formatID("tag", h.ID), AgreementID: formatID("agr", h.AgreementID), Platform: h.Platform, Tag: h.Tag, SearchAt: h.NextAt.UTC(),
		CreatedAt: h.CreatedAt.UTC(), EndedAt: utc(h.EndedAt)}
}

func (s *Server) listHashtags(ctx context.Context, tx *store.Tx, _ *none) (List[Hashtag], error) {
	rows, err := tx.Hashtags(ctx)
	if err != nil {
		return List[Hashtag]{}, err
	}
	return listOf(rows, nil, asHashtag), nil
}

type watchHashtagIn struct {
	Body struct {
		AgreementID string `json:"agreement_id"`
		Platform    string `json:"platform" doc:"youtube or instagram"`
		Tag         string `json:"tag" doc:"One that only this influencer uses: what is found is submitted for the agreement"`
	}
}

func (s *Server) watchHashtag(ctx context.Context, tx *store.Tx, in *watchHashtagIn) (Hashtag, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Hashtag{}, err
	}
	h, err := content.Watch(ctx, tx, agreement, in.Body.Platform, in.Body.Tag)
	if err != nil {
		return Hashtag{}, err
	}
	return asHashtag(h), nil
}

func (s *Server) endHashtag(ctx context.Context, tx *store.Tx, in *IDIn) (Hashtag, error) {
	id, err := parseID("tag", in.ID)
	if err != nil {
		return Hashtag{}, err
	}
	h, err := content.Unwatch(ctx, tx, id)
	if err != nil {
		return Hashtag{}, err
	}
	return asHashtag(h), nil
}
