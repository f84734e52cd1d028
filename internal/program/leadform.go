package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tributary/internal/store"
)

// LeadFormFields is what people may say about a form. In a change, nil leaves a
// field as it is.
type LeadFormFields struct {
	Title, Intro, Button *string
	Fields               *[]store.LeadField
	Consent              *string // what the person agrees to; "" asks nothing
	DoubleOptIn          *bool
	RedirectURL          *string // an address of the store; "" shows a page of ours
	Active               *bool
}

// NewLeadForm is a form to add, for an agreement or for a campaign: one of the
// two is not 0.
type NewLeadForm struct {
	AgreementID, CampaignID int64
	LeadFormFields
}

const defaultConsent = "I agree that you may use these details to contact me about my request."

// AddLeadForm adds a form. It asks for consent unless it says not to.
func AddLeadForm(ctx context.Context, tx *store.Tx, n NewLeadForm) (*store.LeadForm, error) {
	f := store.LeadForm{PublicID: strings.ToLower(rand.Text()), Consent: defaultConsent, Active: true, Fields: store.LeadFields{}}
	if n.Title == nil {
		n.Title = new(string)
	}
	var w wrong
	w.when((n.AgreementID == 0) == (n.CampaignID == 0), "agreement_id", "or campaign_id must be given, and not both")
	if err := n.apply(ctx, tx, &f, w); err != nil {
		return nil, err
	}
	if n.AgreementID != 0 {
		if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
			return nil, missing(err, "agreement")
		}
		f.AgreementID = &n.AgreementID
	} else {
		if _, err := tx.Campaign(ctx, n.CampaignID); err != nil {
			return nil, missing(err, "campaign")
		}
		f.CampaignID = &n.CampaignID
	}
	if err := tx.AddLeadForm(ctx, &f); err != nil {
		return nil, err
	}
	return &f, nil
}

// ChangeLeadForm changes what f says. Leads that have come keep what they were
// asked.
func ChangeLeadForm(ctx context.Context, tx *store.Tx, id int64, f LeadFormFields) (*store.LeadForm, error) {
	form, err := tx.LeadForm(ctx, id)
	if err != nil {
		return nil, missing(err, "lead_form")
	}
	if err := f.apply(ctx, tx, form, nil); err != nil {
		return nil, err
	}
	return form, tx.SetLeadForm(ctx, form)
}

func (f LeadFormFields) apply(ctx context.Context, tx *store.Tx, to *store.LeadForm, w wrong) error {
	if f.Title != nil {
		to.Title = w.text("title", *f.Title, 1, 200)
	}
	if f.Intro != nil {
		to.Intro = w.text("intro", *f.Intro, 0, 2000)
	}
	if f.Button != nil {
		to.Button = w.text("button", *f.Button, 0, 60)
	}
	if f.Consent != nil {
		to.Consent = w.text("consent", *f.Consent, 0, 2000)
	}
	if f.Fields != nil {
		to.Fields = w.leadFields(*f.Fields)
	}
	if f.DoubleOptIn != nil {
		to.DoubleOptIn = *f.DoubleOptIn
	}
	if f.Active != nil {
		to.Active = *f.Active
	}
	if f.RedirectURL != nil {
		to.RedirectURL = strings.TrimSpace(*f.RedirectURL)
		if to.RedirectURL != "" {
			hosts, err := tx.StoreHosts(ctx)
			if err != nil {
				return err
			}
			var msg string
			to.RedirectURL, msg = checkDestination(to.RedirectURL, hosts)
			w.when(msg != "", "redirect_url", msg)
		}
	}
	return w.err("invalid_lead_form", "The form cannot be like this.")
}

var (
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	// What the form asks for anyway, or carries along.
	takenNames = []string{"email", "consent", "website", "click", "ref", "code"}
	fieldTypes = []string{"text", "textarea", "tel", "number", "select", "checkbox"}
)

func (w *wrong) leadFields(fields []store.LeadField) store.LeadFields {
	out := make(store.LeadFields, 0, len(fields))
	w.when(len(fields) > 20, "fields", "must be 20 at most")
	seen := map[string]bool{}
	for i, q := range fields {
		at := fmt.Sprintf("fields[%d]", i)
		w.when(!fieldName.MatchString(q.Name), at+".name", "must have 1 to 40 of a-z, 0-9 and _, beginning with a letter")
		w.when(slices.Contains(takenNames, q.Name), at+".name", "is the name of a field that every form has")
		w.when(seen[q.Name], at+".name", "stands there twice")
		seen[q.Name] = true
		q.Label = w.text(at+".label", q.Label, 1, 200)
		w.when(!slices.Contains(fieldTypes, q.Type), at+".type", "must be one of: "+strings.Join(fieldTypes, ", "))
		w.when(q.Type == "select" && (len(q.Options) == 0 || len(q.Options) > 100), at+".options", "must be 1 to 100 to choose from")
		w.when(q.Type != "select" && len(q.Options) > 0, at+".options", "belong to a select only")
		q.Options = slices.Clone(q.Options)
		for j, o := range q.Options {
			q.Options[j] = w.text(fmt.Sprintf("%s.options[%d]", at, j), o, 1, 200)
		}
		out = append(out, q)
	}
	return out
}

// StoreOrigins lists the origins of the shop's store, such as
// https://anna-store.example: pages there may show our forms and call them.
func StoreOrigins(ctx context.Context, tx *store.Tx) ([]string, error) {
	hosts, err := tx.StoreHosts(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(hosts))
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		if hosts[host] {
			out = append(out, "http://"+host)
		} else {
			out = append(out, "https://"+host)
		}
	}
	return out, nil
}
