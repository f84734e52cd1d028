package tracking

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/lead"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/store"
)

// CRMMapping says what the CRM's properties mean.
type CRMMapping struct {
	EmailProperty string     `json:"email_property"` // holds the address of a contact
	ClickProperty string     `json:"click_property"` // holds our click id
	Stages        []CRMStage `json:"stages"`
}

// CRMStage is a value of a property that decides on a lead.
type CRMStage struct {
	Property string `json:"property"`
	Value    string `json:"value"`
	Outcome  string `json:"outcome"` // qualified or rejected
}

// DefaultCRMMapping is HubSpot's own stages.
func DefaultCRMMapping() CRMMapping {
	return CRMMapping{EmailProperty: "email", ClickProperty: "tributary_click_id", Stages: []CRMStage{
		{"lifecyclestage", "salesqualifiedlead", "qualified"}, {"lifecyclestage", "opportunity", "qualified"}, {"lifecyclestage", "customer", "qualified"},
		{"hs_lead_status", "OPEN_DEAL", "qualified"}, {"hs_lead_status", "UNQUALIFIED", "rejected"}, {"hs_lead_status", "BAD_TIMING", "rejected"},
	}}
}

// SetCRMHook lets the shop's CRM send stage changes, signed with the secret. A
// nil mapping is the default one.
func (t *Tracker) SetCRMHook(ctx context.Context, tx *store.Tx, secret string, m *CRMMapping) (*store.CRMHook, error) {
	if m == nil {
		d := DefaultCRMMapping()
		m = &d
	}
	var wrong []errs.Field
	bad := func(is bool, path, msg string) {
		if is {
			wrong = append(wrong, errs.Field{Path: path, Msg: msg})
		}
	}
	bad(len(secret) < 16 || len(secret) > 200, "secret", "must be the client secret of your CRM's app: 16 to 200 characters")
	bad(!crmName(m.EmailProperty), "mapping.email_property", "must be the name of a property")
	bad(!crmName(m.ClickProperty), "mapping.click_property", "must be the name of a property")
	bad(len(m.Stages) == 0 || len(m.Stages) > 100, "mapping.stages", "must be 1 to 100")
	seen := map[[2]string]bool{}
	for i, s := range m.Stages {
		at := fmt.Sprintf("mapping.stages[%d]", i)
		bad(!crmName(s.Property), at+".property", "must be the name of a property")
		bad(!crmName(s.Value), at+".value", "must be a value of the property")
		bad(s.Outcome != string(lead.Qualified) && s.Outcome != string(lead.Rejected), at+".outcome", "must be qualified or rejected")
		k := [2]string{strings.ToLower(s.Property), strings.ToLower(s.Value)}
		bad(seen[k], at+".value", "stands there twice")
		seen[k] = true
	}
	if len(wrong) > 0 {
		return nil, errs.New(errs.Invalid, "invalid_crm", "The connection to the CRM cannot be like this.", wrong...)
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	h := &store.CRMHook{PublicID: strings.ToLower(rand.Text()), Mapping: b, Secret: t.Keys.Seal([]byte(secret), platform.CRMPlace(tx.ShopID))}
	return h, tx.SetCRMHook(ctx, h)
}

func crmName(s string) bool {
	return s != "" && len(s) <= 100 && s == strings.TrimSpace(s) && !strings.ContainsRune(s, 0)
}

// crmMessage is one event in HubSpot's form; email and clickId may stand in it
// where the CRM can be told to send them.
type crmMessage struct {
	EventID       json.RawMessage `json:"eventId"`
	Subscription  string          `json:"subscriptionType"` // contact.propertyChange
	ObjectID      json.RawMessage `json:"objectId"`
	PropertyName  string          `json:"propertyName"`
	PropertyValue json.RawMessage `json:"propertyValue"`
	OccurredAt    json.RawMessage `json:"occurredAt"` // unix milliseconds
	Email         string          `json:"email"`
	ClickID       string          `json:"clickId"`
}

// CRMDelivery takes in what the CRM behind a hook sent, and returns whose it is.
// uri is the address that was called. The same delivery again changes nothing.
func (t *Tracker) CRMDelivery(ctx context.Context, public, method, uri string, h http.Header, body []byte) (shopID int64, err error) {
	err = t.DB.InTx(ctx, 0, func(tx *store.Tx) error {
		shopID, err = tx.ShopOfCRMHook(ctx, public)
		return err
	})
	if store.IsNotFound(err) {
		return 0, errs.New(errs.NotFound, "crm_not_found", "There is no such hook.")
	}
	if err != nil {
		return 0, err
	}
	return shopID, t.DB.InTx(ctx, shopID, func(tx *store.Tx) error {
		hook, err := tx.CRMHook(ctx)
		if err != nil {
			return err
		}
		secret, err := t.Keys.Open(hook.Secret, platform.CRMPlace(shopID))
		if err != nil {
			return fmt.Errorf("open CRM secret: %w", err)
		}
		if err := platform.VerifyHubSpot(string(secret), method, uri, h, body, tx.Now); err != nil {
			return err
		}
		var m CRMMapping
		if err := json.Unmarshal(hook.Mapping, &m); err != nil {
			return fmt.Errorf("read CRM mapping: %w", err)
		}
		hash, err := t.hash(ctx, tx)
		if err != nil {
			return err
		}
		events, err := crmEvents(body, &m, hash, tx.Now)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := tx.LockShop(ctx); err != nil {
			return err
		}
		if _, err := tx.AddCRMEvents(ctx, events); err != nil {
			return err
		}
		objects := make([]string, len(events))
		for i := range events {
			objects[i] = events[i].ObjectID
		}
		slices.Sort(objects)
		return t.takeStages(ctx, tx, slices.Compact(objects), &m)
	})
}

// takeStages turns what is known of the contacts into decisions on leads.
func (t *Tracker) takeStages(ctx context.Context, tx *store.Tx, objects []string, m *CRMMapping) error {
	stages := make([]store.CRMStage, len(m.Stages))
	for i, s := range m.Stages {
		stages[i] = store.CRMStage{Property: strings.ToLower(s.Property), Value: strings.ToLower(s.Value), Outcome: s.Outcome}
	}
	ds, mailboxes, err := tx.CRMDecisions(ctx, objects, stages)
	if err != nil {
		return err
	}
	var touched []string
	for i, d := range ds {
		fresh, err := tx.AddLeadDecision(ctx, d)
		if err != nil {
			return err
		}
		if fresh {
			touched = append(touched, mailboxes[i])
		}
	}
	slices.Sort(touched)
	return t.judgeMailboxes(ctx, tx, slices.Compact(touched))
}

// stagesOfLeads decides on leads that became known after the CRM had told of
// their contacts.
func (t *Tracker) stagesOfLeads(ctx context.Context, tx *store.Tx, mailboxes, clicks []string) error {
	hook, err := tx.CRMHook(ctx)
	if store.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var m CRMMapping
	if err := json.Unmarshal(hook.Mapping, &m); err != nil {
		return fmt.Errorf("read CRM mapping: %w", err)
	}
	objects, err := tx.CRMObjects(ctx, mailboxes, clicks)
	if err != nil || len(objects) == 0 {
		return err
	}
	return t.takeStages(ctx, tx, objects, &m)
}

// crmEvents reads a delivery. Events that say nothing we know are left out; an
// address is kept as its hash only.
func crmEvents(body []byte, m *CRMMapping, hash platform.Hash, now time.Time) ([]store.CRMEvent, error) {
	var list []crmMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, errs.New(errs.BadRequest, "malformed_request", "The body must be a JSON array of events.")
	}
	var out []store.CRMEvent
	for i := range list {
		msg := &list[i]
		e := store.CRMEvent{ObjectID: scalar(msg.ObjectID), OccurredAt: now, ClickID: clipText(msg.ClickID, 64), EmailHash: hash.Email(msg.Email)}
		value := clipText(scalar(msg.PropertyValue), 254)
		switch {
		case strings.EqualFold(msg.PropertyName, m.EmailProperty):
			e.EmailHash = hash.Email(value)
		case strings.EqualFold(msg.PropertyName, m.ClickProperty):
			e.ClickID = clipText(value, 64)
		case slices.ContainsFunc(m.Stages, func(s CRMStage) bool { return strings.EqualFold(s.Property, msg.PropertyName) }):
			e.Property, e.Value = strings.ToLower(msg.PropertyName), strings.ToLower(value)
		}
		if kind, _, _ := strings.Cut(msg.Subscription, "."); kind != "" && e.ObjectID != "" {
			e.ObjectID = kind + ":" + e.ObjectID // a contact and a deal may have one number
		}
		if e.ObjectID == "" || e.EmailHash == "" && e.ClickID == "" && e.Property == "" {
			continue
		}
		var ms int64
		if json.Unmarshal(msg.OccurredAt, &ms) == nil && ms > 0 {
			if at := time.UnixMilli(ms).UTC(); at.Before(now) {
				e.OccurredAt = at
			}
		}
		// HubSpot does not promise that event ids are unique: an event is what it says.
		h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%d", scalar(msg.EventID), e.ObjectID, e.EmailHash, e.ClickID, e.Property, e.Value, ms))
		e.Key = hex.EncodeToString(h[:16])
		out = append(out, e)
	}
	return out, nil
}

// scalar is a JSON text or number as text; "" for anything else.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return clipText(s, 254)
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err == nil {
		return clipText(n.String(), 254)
	}
	return ""
}
