package web

import (
	"context"
	"encoding/json"
	"time"

	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// leadFormTable is the part of the route table about the ways leads come in.
func (s *Server) leadFormTable() []route {
	return []route{
		{get, "/lead-forms", read, "List lead forms", reads(s.listLeadForms)},
		{post, "/lead-forms", write, "Add a lead form", writes(s.createLeadForm)},
		{get, "/lead-forms/{id}", read, "Get a lead form", reads(s.getLeadForm)},
		{patch, "/lead-forms/{id}", write, "Change, open or close a lead form", writes(s.changeLeadForm)},
		{get, "/lead-crm", read, "Get how the CRM sends stage changes", reads(s.getCRM)},
		{patch, "/lead-crm", write, "Let the CRM send stage changes", writes(s.setCRM)},
	}
}

// LeadForm takes leads in.
type LeadForm struct {
	ID          string          `json:"id" example:"frm_2"`
	PublicID    string          `json:"public_id" doc:"The end of its address"`
	URL         string          `json:"url" doc:"Where people fill it in; pages of the store may embed it. ?clk=, ?ref= and ?code= say who sent them"`
	AgreementID string          `json:"agreement_id,omitempty" example:"agr_7"`
	CampaignID  string          `json:"campaign_id,omitempty" example:"cmp_3"`
	Title       string          `json:"title"`
	Intro       string          `json:"intro,omitempty"`
	Button      string          `json:"button,omitempty"`
	Fields      []LeadFormField `json:"fields" doc:"Beside the e-mail address"`
	Consent     string          `json:"consent" doc:"What the person agrees to; empty asks nothing"`
	DoubleOptIn bool            `json:"double_opt_in" doc:"The mailbox must confirm by a mail"`
	RedirectURL string          `json:"redirect_url,omitempty" doc:"Where people go afterwards"`
	Active      bool            `json:"active"`
	CreatedAt   time.Time       `json:"created_at"`
}

// LeadFormField is one question.
type LeadFormField struct {
	Name     string   `json:"name" example:"company"`
	Label    string   `json:"label" example:"Your company"`
	Type     string   `json:"type" doc:"text, textarea, tel, number, select or checkbox" example:"text"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty" doc:"Of a select"`
}

func (s *Server) asLeadForm(f *store.LeadForm) LeadForm {
	out := LeadForm{ID: formatID("frm", f.ID), PublicID: f.PublicID, URL: s.PublicURL + "/f/" + f.PublicID, Title: f.Title, Intro: f.Intro, Button: f.Button,
		Fields: make([]LeadFormField, 0, len(f.Fields)), Consent: f.Consent, DoubleOptIn: f.DoubleOptIn, RedirectURL: f.RedirectURL, Active: f.Active, CreatedAt: f.CreatedAt.UTC()}
	if f.AgreementID != nil {
		out.AgreementID = formatID("agr", *f.AgreementID)
	}
	if f.CampaignID != nil {
		out.CampaignID = formatID("cmp", *f.CampaignID)
	}
	for _, q := range f.Fields {
		out.Fields = append(out.Fields, LeadFormField(q))
	}
	return out
}

// LeadFormChange is what may be said about a form; what is left out stays as it
// is.
type LeadFormChange struct {
	Title       *string          `json:"title,omitempty"`
	Intro       *string          `json:"intro,omitempty"`
	Button      *string          `json:"button,omitempty" doc:"What stands on the button"`
	Fields      *[]LeadFormField `json:"fields,omitempty"`
	Consent     *string          `json:"consent,omitempty" doc:"Absent in a new form: a general sentence; empty asks nothing"`
	DoubleOptIn *bool            `json:"double_opt_in,omitempty"`
	RedirectURL *string          `json:"redirect_url,omitempty" doc:"An address of the store"`
	Active      *bool            `json:"active,omitempty"`
}

func (b LeadFormChange) fields() program.LeadFormFields {
	f := program.LeadFormFields{Title: b.Title, Intro: b.Intro, Button: b.Button, Consent: b.Consent, DoubleOptIn: b.DoubleOptIn, RedirectURL: b.RedirectURL, Active: b.Active}
	if b.Fields != nil {
		fields := make([]store.LeadField, 0, len(*b.Fields))
		for _, q := range *b.Fields {
			fields = append(fields, store.LeadField(q))
		}
		f.Fields = &fields
	}
	return f
}

type createLeadFormIn struct {
	Body struct {
		AgreementID string `json:"agreement_id,omitempty" example:"agr_7" doc:"Whose leads these are"`
		CampaignID  string `json:"campaign_id,omitempty" doc:"Or: the campaign's; code, click or link tell whose each lead is"`
		LeadFormChange
	}
}

func (s *Server) createLeadForm(ctx context.Context, tx *store.Tx, in *createLeadFormIn) (LeadForm, error) {
	n := program.NewLeadForm{LeadFormFields: in.Body.fields()}
	var err error
	if n.AgreementID, err = parseOptionalID("agr", in.Body.AgreementID); err != nil {
		return LeadForm{}, err
	}
	if n.CampaignID, err = parseOptionalID("cmp", in.Body.CampaignID); err != nil {
		return LeadForm{}, err
	}
	f, err := program.AddLeadForm(ctx, tx, n)
	if err != nil {
		return LeadForm{}, err
	}
	return s.asLeadForm(f), nil
}

type changeLeadFormIn struct {
	IDIn
	Body LeadFormChange
}

func (s *Server) changeLeadForm(ctx context.Context, tx *store.Tx, in *changeLeadFormIn) (LeadForm, error) {
	id, err := parseID("frm", in.ID)
	if err != nil {
		return LeadForm{}, err
	}
	f, err := program.ChangeLeadForm(ctx, tx, id, in.Body.fields())
	if err != nil {
		return LeadForm{}, err
	}
	return s.asLeadForm(f), nil
}

func (s *Server) getLeadForm(ctx context.Context, tx *store.Tx, in *IDIn) (LeadForm, error) {
	id, err := parseID("frm", in.ID)
	if err != nil {
		return LeadForm{}, err
	}
	f, err := tx.LeadForm(ctx, id)
	if err != nil {
		return LeadForm{}, err
	}
	return s.asLeadForm(f), nil
}

type listLeadFormsIn struct {
	PageIn
	Agreement string `query:"agreement"`
}

func (s *Server) listLeadForms(ctx context.Context, tx *store.Tx, in *listLeadFormsIn) (List[LeadForm], error) {
	var none List[LeadForm]
	p, err := in.page()
	if err != nil {
		return none, err
	}
	agreement, err := parseOptionalID("agr", in.Agreement)
	if err != nil {
		return none, err
	}
	fs, next, err := tx.LeadForms(ctx, agreement, p)
	if err != nil {
		return none, err
	}
	return listOf(fs, next, s.asLeadForm), nil
}

// CRM is how the shop's CRM sends stage changes.
type CRM struct {
	URL       string     `json:"url,omitempty" doc:"Where the CRM sends its events, signed as HubSpot signs them (version 3); absent until it is let in"`
	Mapping   CRMMapping `json:"mapping"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}

// CRMMapping says what the CRM's properties mean.
type CRMMapping struct {
	EmailProperty string     `json:"email_property" doc:"Holds a contact's e-mail address" example:"email"`
	ClickProperty string     `json:"click_property" doc:"Holds our click id" example:"tributary_click_id"`
	Stages        []CRMStage `json:"stages"`
}

// CRMStage is a value of a property that decides on a lead.
type CRMStage struct {
	Property string `json:"property" example:"lifecyclestage"`
	Value    string `json:"value" example:"customer"`
	Outcome  string `json:"outcome" doc:"qualified or rejected" example:"qualified"`
}

func (s *Server) asCRM(h *store.CRMHook) (CRM, error) {
	out := CRM{URL: s.PublicURL + crmPath + h.PublicID, UpdatedAt: utcOrNil(h.UpdatedAt)}
	return out, json.Unmarshal(h.Mapping, &out.Mapping)
}

func (s *Server) getCRM(ctx context.Context, tx *store.Tx, _ *none) (CRM, error) {
	h, err := tx.CRMHook(ctx)
	if store.IsNotFound(err) {
		usual := tracking.DefaultCRMMapping()
		out := CRM{Mapping: CRMMapping{EmailProperty: usual.EmailProperty, ClickProperty: usual.ClickProperty}}
		for _, st := range usual.Stages {
			out.Mapping.Stages = append(out.Mapping.Stages, CRMStage(st))
		}
		return out, nil
	}
	if err != nil {
		return CRM{}, err
	}
	return s.asCRM(h)
}

type setCRMIn struct {
	Body struct {
		Secret  string      `json:"secret" doc:"The client secret of the CRM's app; it is never shown again"`
		Mapping *CRMMapping `json:"mapping,omitempty" doc:"Absent: HubSpot's own stages"`
	}
}

func (s *Server) setCRM(ctx context.Context, tx *store.Tx, in *setCRMIn) (CRM, error) {
	var m *tracking.CRMMapping
	if in.Body.Mapping != nil {
		m = &tracking.CRMMapping{EmailProperty: in.Body.Mapping.EmailProperty, ClickProperty: in.Body.Mapping.ClickProperty}
		for _, st := range in.Body.Mapping.Stages {
			m.Stages = append(m.Stages, tracking.CRMStage(st))
		}
	}
	h, err := s.Tracker.SetCRMHook(ctx, tx, in.Body.Secret, m)
	if err != nil {
		return CRM{}, err
	}
	return s.asCRM(h)
}
