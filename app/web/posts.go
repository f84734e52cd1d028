package web

import (
	"cmp"
	"context"
	"time"

	rules "tributary/internal/domain/content"
	"tributary/internal/domain/disclosure"
	"tributary/internal/store"
	"tributary/internal/tracking/content"
)

// postTable is the part of the route table about posts and their engagement.
func (s *Server) postTable() []route {
	return []route{
		{get, "/posts", read, "List posts", reads(s.listPosts)},
		{post, "/posts", write, "Submit a post", writesThen(s.submitPost, wakes[submitPostIn, Post](s))},
		{get, "/posts/{id}", read, "Get a post", reads(s.getPost)},
		{patch, "/posts/{id}", write, "Correct what is known of a post", writesThen(s.changePost, wakes[changePostIn, Post](s))},
		{post, "/posts/{id}/approve", write, "Let a post earn", writesThen(s.approvePost, wakes[decidePostIn, Post](s))},
		{post, "/posts/{id}/reject", write, "Say that a post earns nothing, and why", writesThen(s.rejectPost, wakes[decidePostIn, Post](s))},
		{post, "/posts/{id}/decide", write, "Decide about numbers that look wrong", writesThen(s.decideHold, wakes[decideHoldIn, Post](s))},
		{get, "/posts/{id}/snapshots", read, "List the snapshots of a post", reads(s.listSnapshots)},
		{post, "/posts/{id}/snapshots", write, "Add a snapshot of a post's numbers", writesThen(s.addSnapshot, wakes[addSnapshotIn, Snapshot](s))},
		{post, "/posts/import", write, "Take snapshots from a CSV file", large(writesThen(s.importSnapshots, wakes[importSnapshotsIn, SnapshotImport](s)))},
		{get, "/social-accounts", read, "List the accounts that posts are read with", reads(s.listSocialAccounts)},
		{post, "/social-accounts", write, "Connect a platform to read posts from", writes(s.connectSocial)},
		{post, "/social-accounts/{id}/revoke", write, "Take an account out of use and forget its token", writes(s.revokeSocial)},
		{get, "/hashtags", read, "List the hashtags that are searched for", reads(s.listHashtags)},
		{post, "/hashtags", write, "Search a platform for a hashtag", writes(s.watchHashtag)},
		{post, "/hashtags/{id}/end", write, "End the search for a hashtag", writes(s.endHashtag)},
	}
}

// wakes is what follows a write that leaves something to settle.
func wakes[I, B any](s *Server) func(context.Context, *I, B) error {
	return func(ctx context.Context, _ *I, _ B) error {
		if s.Wake != nil {
			s.Wake(callerFrom(ctx).ShopID)
		}
		return nil
	}
}

// Post is a post that an agreement may pay for by its engagement.
type Post struct {
	ID              string     `json:"id" example:"pst_12"`
	AgreementID     string     `json:"agreement_id" example:"agr_3"`
	Platform        string     `json:"platform" enum:"youtube,instagram,tiktok,x,other"`
	URL             string     `json:"url" doc:"In the one form that a post has"`
	ExternalID      string     `json:"external_id,omitempty" doc:"The platform's own id"`
	Author          string     `json:"author,omitempty" doc:"As the platform names them"`
	PublishedAt     time.Time  `json:"published_at"`
	Caption         string     `json:"caption"`
	Hashtags        []string   `json:"hashtags"`
	PaidPartnership bool       `json:"paid_partnership" doc:"The platform shows its paid-partnership label"`
	Origin          string     `json:"origin" enum:"api,hashtag" doc:"hashtag: found by a search"`
	State           string     `json:"state" enum:"submitted,approved,rejected"`
	Reason          string     `json:"reason,omitempty"`
	DecideBy        time.Time  `json:"decide_by" doc:"When nobody has decided by then, on_deadline happens"`
	OnDeadline      string     `json:"on_deadline" enum:"approve,reject"`
	DecidedAt       *time.Time `json:"decided_at,omitempty"`
	DecidedBy       string     `json:"decided_by,omitempty"`
	Disclosure      Disclosure `json:"disclosure"`
	Hold            *PostHold  `json:"hold,omitempty" doc:"Absent when nothing looks wrong"`
	Standing        *Standing  `json:"standing,omitempty" doc:"What it is paid for; in the answer about one post only"`
	ReadAt          *time.Time `json:"next_read_at,omitempty" doc:"When its platform is asked next; absent: no more, or it cannot be asked"`
	Note            string     `json:"note,omitempty" doc:"What the connector last had to say"`
	CreatedAt       time.Time  `json:"created_at"`
}

// Standing is what a post is paid for: the numbers of its last verified snapshot
// up to the end of its final days.
type Standing struct {
	At       *time.Time `json:"at,omitempty" doc:"Of the last snapshot that counts; absent: none does"`
	FinalAt  time.Time  `json:"final_at" doc:"Later snapshots do not count; its hold ends then"`
	Gone     string     `json:"gone,omitempty" enum:"deleted,private" doc:"The post cannot be seen any more and keeps what it was last seen with"`
	Likes    int64      `json:"likes"`
	Comments int64      `json:"comments"`
	Shares   int64      `json:"shares"`
	Saves    int64      `json:"saves"`
	Views    int64      `json:"views"`
}

// Disclosure is whether a post says that it is advertising.
type Disclosure struct {
	Adequate  bool       `json:"adequate"`
	Code      string     `json:"code" enum:"adequate,labelled,missing,ambiguous,after_the_fold,required_tag_missing,required_tag_after_the_fold"`
	Detail    string     `json:"detail"`
	CheckedAt *time.Time `json:"checked_at,omitempty"`
}

// PostHold is what looks wrong with a post's numbers, and what was decided.
type PostHold struct {
	Reason    string     `json:"reason" example:"likes_per_minute,follower_delta"`
	DecideBy  *time.Time `json:"decide_by,omitempty" doc:"When nobody has decided by then, the terms' on_deadline happens"`
	Decision  string     `json:"decision,omitempty" enum:"released,rejected" doc:"Absent: held"`
	Why       string     `json:"why,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
}

func asPost(p *store.Post) Post {
	out := Post{ID: formatID("pst", p.ID), AgreementID: formatID("agr", p.AgreementID), Platform: p.Platform, URL: p.URL, ExternalID: p.ExternalID, Author: p.Author,
		PublishedAt: p.PublishedAt, Caption: p.Caption, Hashtags: p.Hashtags, PaidPartnership: p.PaidPartnership, Origin: p.Origin, State: p.State, Reason: p.Reason,
		DecideBy: p.DecideBy, OnDeadline: p.OnDeadline, DecidedAt: utc(p.DecidedAt), DecidedBy: p.DecidedBy,
		Disclosure: Disclosure{Adequate: disclosure.Code(p.Disclosure).OK(), Code: p.Disclosure, Detail: p.DisclosureDetail, CheckedAt: utc(p.DisclosureAt)},
		ReadAt:     utc(p.NextAt), Note: p.Note, CreatedAt: p.CreatedAt}
	if p.Anomaly != "" {
		out.Hold = &PostHold{Reason: p.Anomaly, DecideBy: utc(p.AnomalyBy), Decision: p.AnomalyDecision, Why: p.AnomalyReason,
			DecidedAt: utc(p.AnomalyDecidedAt), DecidedBy: p.AnomalyDecidedBy}
	}
	return out
}

// asPostOr is asPost of what did not fail.
func asPostOr(p *store.Post, err error) (Post, error) {
	if err != nil {
		return Post{}, err
	}
	return asPost(p), nil
}

type submitPostIn struct {
	Body struct {
		AgreementID string    `json:"agreement_id"`
		Platform    string    `json:"platform" doc:"youtube, instagram, tiktok, x or other"`
		URL         string    `json:"url"`
		PublishedAt time.Time `json:"published_at"`
		PostChange
	}
}

// PostChange is what may be said about a post; what is left out stays as it is.
type PostChange struct {
	ExternalID      *string   `json:"external_id,omitempty" doc:"Instagram's media id: its address does not tell it"`
	Caption         *string   `json:"caption,omitempty"`
	Hashtags        *[]string `json:"hashtags,omitempty"`
	PaidPartnership *bool     `json:"paid_partnership,omitempty"`
}

func (c PostChange) fields() content.Fields {
	return content.Fields{ExternalID: c.ExternalID, Caption: c.Caption, Hashtags: c.Hashtags, PaidPartnership: c.PaidPartnership}
}

func (s *Server) submitPost(ctx context.Context, tx *store.Tx, in *submitPostIn) (Post, error) {
	agreement, err := parseID("agr", in.Body.AgreementID)
	if err != nil {
		return Post{}, err
	}
	return asPostOr(content.Submit(ctx, tx, content.NewPost{AgreementID: agreement, Platform: in.Body.Platform, URL: in.Body.URL, PublishedAt: in.Body.PublishedAt,
		Fields: in.Body.fields()}))
}

func (s *Server) getPost(ctx context.Context, tx *store.Tx, in *IDIn) (Post, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Post{}, err
	}
	p, err := tx.Post(ctx, id)
	if err != nil {
		return Post{}, err
	}
	st, final, err := content.StandingOf(ctx, tx, p)
	if err != nil {
		return Post{}, err
	}
	out := asPost(p)
	out.Standing = &Standing{At: utcOrNil(st.At), FinalAt: final, Gone: st.Gone, Likes: st.Events.Likes, Comments: st.Events.Comments, Shares: st.Events.Shares,
		Saves: st.Events.Saves, Views: st.Events.Views}
	return out, nil
}

type listPostsIn struct {
	PageIn
	Agreement  string `query:"agreement"`
	Influencer string `query:"influencer"`
	State      string `query:"state" enum:"submitted,approved,rejected"`
	Platform   string `query:"platform" enum:"youtube,instagram,tiktok,x,other"`
	Held       string `query:"held" enum:"true,false" doc:"Whether its numbers wait for a decision"`
}

func (s *Server) listPosts(ctx context.Context, tx *store.Tx, in *listPostsIn) (List[Post], error) {
	var none List[Post]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	f := store.PostFilter{State: in.State, Platform: in.Platform, Held: triState(in.Held)}
	if f.AgreementID, err = parseOptionalID("agr", in.Agreement); err != nil {
		return none, err
	}
	if f.InfluencerID, err = parseOptionalID("inf", in.Influencer); err != nil {
		return none, err
	}
	rows, next, err := tx.Posts(ctx, f, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asPost), nil
}

type changePostIn struct {
	IDIn
	Body PostChange
}

func (s *Server) changePost(ctx context.Context, tx *store.Tx, in *changePostIn) (Post, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Post{}, err
	}
	return asPostOr(content.Change(ctx, tx, id, in.Body.fields()))
}

type decidePostIn struct {
	IDIn
	Body *PostDecision
}

// PostDecision is why a post is decided about so, and by whom.
type PostDecision struct {
	Reason string `json:"reason,omitempty" doc:"Needed to reject"`
	By     string `json:"by,omitempty" maxLength:"200" doc:"Who decides"`
}

func (in *decidePostIn) decision() PostDecision {
	d := PostDecision{}
	if in.Body != nil {
		d = *in.Body
	}
	d.By = cmp.Or(d.By, "api")
	return d
}

func (s *Server) approvePost(ctx context.Context, tx *store.Tx, in *decidePostIn) (Post, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Post{}, err
	}
	return asPostOr(content.Approve(ctx, tx, id, in.decision().By))
}

func (s *Server) rejectPost(ctx context.Context, tx *store.Tx, in *decidePostIn) (Post, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Post{}, err
	}
	d := in.decision()
	return asPostOr(content.Reject(ctx, tx, id, d.Reason, d.By))
}

type decideHoldIn struct {
	IDIn
	Body struct {
		Decision string `json:"decision" doc:"release or reject"`
		Reason   string `json:"reason"`
		By       string `json:"by,omitempty" maxLength:"200" doc:"Who decides"`
	}
}

func (s *Server) decideHold(ctx context.Context, tx *store.Tx, in *decideHoldIn) (Post, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Post{}, err
	}
	return asPostOr(content.DecideHold(ctx, tx, id, in.Body.Decision, in.Body.Reason, cmp.Or(in.Body.By, "api")))
}

// Snapshot is what a post had at an instant. Numbers that are absent were not
// told.
type Snapshot struct {
	ID         string    `json:"id" example:"snp_12"`
	PostID     string    `json:"post_id" example:"pst_12"`
	At         time.Time `json:"at"`
	Source     string    `json:"source" enum:"api,manual,csv,connector"`
	Status     string    `json:"status,omitempty" enum:"deleted,private"`
	Verified   bool      `json:"verified" doc:"Only verified snapshots are paid for"`
	Likes      *int64    `json:"likes,omitempty"`
	Comments   *int64    `json:"comments,omitempty"`
	Shares     *int64    `json:"shares,omitempty"`
	Saves      *int64    `json:"saves,omitempty"`
	Views      *int64    `json:"views,omitempty" doc:"Views or impressions"`
	Followers  *int64    `json:"followers,omitempty"`
	Evidence   string    `json:"evidence,omitempty" doc:"Hex sha256 of the raw answer"`
	ReceivedAt time.Time `json:"received_at"`
}

func asSnapshot(s *store.PostSnapshot) Snapshot {
	return Snapshot{ID: formatID("snp", s.ID), PostID: formatID("pst", s.PostID), At: s.At, Source: s.Source, Status: s.Status, Verified: s.Verified, Likes: s.Likes,
		Comments: s.Comments, Shares: s.Shares, Saves: s.Saves, Views: s.Views, Followers: s.Followers, Evidence: s.Evidence, ReceivedAt: s.ReceivedAt}
}

type listSnapshotsIn struct {
	IDIn
	PageIn
}

func (s *Server) listSnapshots(ctx context.Context, tx *store.Tx, in *listSnapshotsIn) (List[Snapshot], error) {
	var none List[Snapshot]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	id, err := parseID("pst", in.ID)
	if err != nil {
		return none, err
	}
	if _, err := tx.Post(ctx, id); err != nil {
		return none, err
	}
	rows, next, err := tx.Snapshots(ctx, id, p)
	if err != nil {
		return none, err
	}
	return listOf(rows, next, asSnapshot), nil
}

type addSnapshotIn struct {
	IDIn
	Body struct {
		At        *time.Time `json:"at,omitempty" doc:"Absent: now"`
		Source    string     `json:"source,omitempty" doc:"api (default), or manual: read off by a person"`
		Status    string     `json:"status,omitempty" doc:"deleted or private, without numbers; absent: it can be seen"`
		Verified  *bool      `json:"verified,omitempty" doc:"Default true; an unverified snapshot is kept and not paid for"`
		Likes     *int64     `json:"likes,omitempty"`
		Comments  *int64     `json:"comments,omitempty"`
		Shares    *int64     `json:"shares,omitempty"`
		Saves     *int64     `json:"saves,omitempty"`
		Views     *int64     `json:"views,omitempty"`
		Followers *int64     `json:"followers,omitempty"`
		Evidence  string     `json:"evidence,omitempty" doc:"Hex sha256 of the raw answer or screenshot"`
	}
}

func (s *Server) addSnapshot(ctx context.Context, tx *store.Tx, in *addSnapshotIn) (Snapshot, error) {
	id, err := parseID("pst", in.ID)
	if err != nil {
		return Snapshot{}, err
	}
	b := &in.Body
	n := content.NewSnapshot{PostID: id, Snapshot: rules.Snapshot{Source: cmp.Or(b.Source, "api"), Status: b.Status, Verified: b.Verified == nil || *b.Verified,
		Likes: b.Likes, Comments: b.Comments, Shares: b.Shares, Saves: b.Saves, Views: b.Views, Followers: b.Followers, Evidence: b.Evidence}}
	if b.At != nil {
		n.At = *b.At
	}
	added, _, err := content.Record(ctx, tx, n)
	if err != nil {
		return Snapshot{}, err
	}
	return asSnapshot(added), nil
}

// SnapshotImport is what became of each row of a file.
type SnapshotImport struct {
	Added     int           `json:"added"`
	Duplicate int           `json:"duplicate" doc:"Rows that say what was known already"`
	Wrong     int           `json:"wrong" doc:"Rows that were not taken"`
	Rows      []SnapshotRow `json:"rows"`
}

// SnapshotRow is what became of one row.
type SnapshotRow struct {
	Line   int            `json:"line"`
	Result string         `json:"result" enum:"added,duplicate,wrong"`
	PostID string         `json:"post_id,omitempty"`
	Errors []ProblemField `json:"errors,omitempty"`
}

type importSnapshotsIn struct {
	RawBody []byte `contentType:"text/csv" doc:"Columns post or url, at, any of likes, comments, shares, saves, views, followers, and status"`
}

func (s *Server) importSnapshots(ctx context.Context, tx *store.Tx, in *importSnapshotsIn) (SnapshotImport, error) {
	rows, err := content.Import(ctx, tx, in.RawBody, func(id string) (int64, error) { return parseID("pst", id) })
	if err != nil {
		return SnapshotImport{}, err
	}
	out := SnapshotImport{Rows: make([]SnapshotRow, len(rows))}
	for i, r := range rows {
		out.Rows[i] = SnapshotRow{Line: r.Line, Result: r.Result, PostID: formatOptionalID("pst", r.PostID)}
		for _, f := range r.Errors {
			out.Rows[i].Errors = append(out.Rows[i].Errors, ProblemField{Field: f.Path, Message: f.Msg})
		}
		switch r.Result {
		case "added":
			out.Added++
		case "duplicate":
			out.Duplicate++
		default:
			out.Wrong++
		}
	}
	return out, nil
}
