package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"tributary/internal/errs"
	"tributary/internal/program"
	"tributary/internal/store"
	"tributary/internal/tracking"
)

// crmPath is where CRMs send their events, the hook's public id behind it.
const crmPath = "/webhooks/crm/"

// leadRoutes are the public doors of leads: no key, no cookie, no state. A form
// post that comes from elsewhere can do no more than the form itself, so there
// is nothing to forge.
func (s *Server) leadRoutes() {
	if s.Tracker == nil {
		return
	}
	limit := s.limitAddress
	s.echo.GET("/f/:form", s.showForm, limit)
	s.echo.POST("/f/:form", s.takeLead, limit)
	s.echo.OPTIONS("/f/:form", s.formPreflight, limit)
	s.echo.GET("/f/confirm/:token", s.confirmation(false), limit)
	s.echo.POST("/f/confirm/:token", s.confirmation(true), limit)
	s.echo.GET("/assets/form.css", s.formCSS, limit)
	s.echo.POST(crmPath+":hook", s.webhook(s.crmHook))
}

func (s *Server) crmHook(c echo.Context, body []byte) error {
	r := c.Request()
	base := s.PublicURL
	if base == "" { // not configured: on a machine of one's own
		base = "http://" + r.Host
	}
	shop, err := s.Tracker.CRMDelivery(r.Context(), c.Param("hook"), r.Method, base+r.URL.RequestURI(), r.Header, body)
	if err == nil {
		s.wake(shop)
	}
	return err
}

func (s *Server) formCSS(c echo.Context) error {
	b, err := pageFiles.ReadFile("pages/form.css")
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", b)
}

// formPage is what the page of a form shows.
type formPage struct {
	Form      *store.LeadForm
	Email     string
	Consented bool
	Fields    []formQuestion
	Carried   []carried
	Errors    []formError
}

type formQuestion struct {
	store.LeadField
	Value, Error string
}

type carried struct{ Name, Value string }

type formError struct{ Name, Label, Message string }

// Wrong is what is wrong with a field; "" nothing.
func (p *formPage) Wrong(name string) string {
	for _, e := range p.Errors {
		if e.Name == name {
			return e.Message
		}
	}
	return ""
}

// newFormPage fills the page with what was entered, and with what is wrong.
func newFormPage(f *store.LeadForm, sub *tracking.Submission, wrong []errs.Field) *formPage {
	p := &formPage{Form: f, Email: sub.Email, Consented: sub.Consented}
	labels := map[string]string{"email": "E-mail address", "consent": "Consent"}
	for _, q := range f.Fields {
		labels[q.Name] = q.Label
	}
	for _, e := range wrong {
		p.Errors = append(p.Errors, formError{Name: e.Path, Label: labels[e.Path], Message: e.Msg})
	}
	for _, q := range f.Fields {
		p.Fields = append(p.Fields, formQuestion{LeadField: q, Value: sub.Answers[q.Name], Error: p.Wrong(q.Name)})
	}
	for _, c := range []carried{{"click", sub.ClickID}, {"ref", sub.Ref}, {"code", sub.Code}} {
		if c.Value != "" {
			p.Carried = append(p.Carried, c)
		}
	}
	return p
}

// formHeaders let the store's pages, and nobody else's, show the form and call
// it. The form may lead nowhere but to us and the store.
func formHeaders(c echo.Context, origins []string) {
	h := c.Response().Header()
	ours := strings.Join(append([]string{"'self'"}, origins...), " ")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action "+ours+"; frame-ancestors "+ours)
	h.Del("X-Frame-Options") // it knows no list of hosts; frame-ancestors does
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Origin")
	if origin := c.Request().Header.Get("Origin"); slices.Contains(origins, origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
	}
}

// openForm finds the form of the address and where it may be shown.
func (s *Server) openForm(c echo.Context, f func(*store.Tx, *store.LeadForm) error) error {
	ctx := c.Request().Context()
	return s.Tracker.OpenForm(ctx, c.Param("form"), func(tx *store.Tx, form *store.LeadForm) error {
		origins, err := program.StoreOrigins(ctx, tx)
		if err != nil {
			return err
		}
		formHeaders(c, origins)
		return f(tx, form)
	})
}

func (s *Server) showForm(c echo.Context) error {
	var shown *store.LeadForm
	err := s.openForm(c, func(_ *store.Tx, f *store.LeadForm) error { shown = f; return nil })
	if err != nil {
		return notePage(c, err)
	}
	switch c.QueryParam("sent") {
	case "1":
		return page(c, http.StatusOK, "lead_note.html", map[string]any{"Title": "Thank you", "Text": "We have got what you sent."})
	case "confirm":
		return page(c, http.StatusOK, "lead_note.html", map[string]any{"Title": "One more step",
			"Text": "We have sent you a mail. Open the link in it to confirm your e-mail address."})
	}
	q := c.QueryParam
	return page(c, http.StatusOK, "lead_form.html", newFormPage(shown, &tracking.Submission{ClickID: q("clk"), Ref: q("ref"), Code: q("code")}, nil))
}

func (s *Server) formPreflight(c echo.Context) error {
	if err := s.openForm(c, func(*store.Tx, *store.LeadForm) error { return nil }); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// maxLead is the largest submission.
const maxLead = 64 << 10

// leadJSON is a submission as a program sends it.
type leadJSON struct {
	Email   string            `json:"email"`
	Answers map[string]string `json:"answers"`
	Consent bool              `json:"consent"`
	ClickID string            `json:"click_id"`
	Ref     string            `json:"ref"`
	Code    string            `json:"code"`
	Website string            `json:"website"`
}

// readLead reads a submission as JSON or as a form post.
func readLead(c echo.Context) (sub tracking.Submission, isJSON bool, err error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxLead)
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	sub.IP = c.RealIP()
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/json":
		var in leadJSON
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return sub, true, errs.New(errs.BadRequest, "malformed_request", "The body must be a JSON object with email, answers and consent, at most 64 KiB.")
		}
		sub.Email, sub.Answers, sub.Consented, sub.Honeypot = in.Email, in.Answers, in.Consent, in.Website != ""
		sub.ClickID, sub.Ref, sub.Code = in.ClickID, in.Ref, in.Code
		return sub, true, nil
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return sub, false, errs.New(errs.BadRequest, "malformed_request", "The form could not be read; it may hold 64 KiB at most.")
		}
		v := r.PostForm
		sub.Email, sub.Consented, sub.Honeypot = v.Get("email"), v.Get("consent") != "", v.Get("website") != ""
		sub.ClickID, sub.Ref, sub.Code = v.Get("click"), v.Get("ref"), v.Get("code")
		sub.Answers = map[string]string{}
		for name := range v {
			sub.Answers[name] = v.Get(name)
		}
		return sub, false, nil
	}
	return sub, false, errs.New(errs.BadRequest, "unsupported_content_type", "Send application/json or application/x-www-form-urlencoded.")
}

// takeLead takes a submission in. It says nothing about whether the mailbox was
// known: that would tell strangers whose address the shop has.
func (s *Server) takeLead(c echo.Context) error {
	ctx := c.Request().Context()
	if !s.leadsByAddress.Take(addressKey(c.RealIP())+"/"+c.Param("form")) || !s.leadsByForm.Take(c.Param("form")) {
		return errTooMany
	}
	sub, isJSON, err := readLead(c)
	if err != nil {
		return err
	}
	var form *store.LeadForm
	var shopID int64
	err = s.openForm(c, func(tx *store.Tx, f *store.LeadForm) error {
		form, shopID = f, tx.ShopID
		_, err := s.Tracker.Submit(ctx, tx, f, sub)
		return err
	})
	if e := errs.As(err); e != nil && !isJSON {
		if e.Kind == errs.Invalid && form != nil {
			return page(c, http.StatusUnprocessableEntity, "lead_form.html", newFormPage(form, &sub, e.Fields))
		}
		return notePage(c, err)
	}
	if err != nil {
		return err
	}
	s.wake(shopID)
	if isJSON {
		return c.JSON(http.StatusAccepted, map[string]any{"received": true, "confirm": form.DoubleOptIn, "redirect_url": form.RedirectURL})
	}
	next := "/f/" + url.PathEscape(form.PublicID) + "?sent=1"
	switch {
	case form.DoubleOptIn:
		next = "/f/" + url.PathEscape(form.PublicID) + "?sent=confirm"
	case form.RedirectURL != "":
		next = form.RedirectURL
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// confirmation shows the button behind a confirmation link, and takes its click.
// Opening the page confirms nothing: mail scanners open every link.
func (s *Server) confirmation(confirm bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		formHeaders(c, nil)
		got, err := s.Tracker.Confirmation(c.Request().Context(), c.Param("token"), confirm)
		if err != nil {
			if !s.failures.Take(addressKey(c.RealIP())) {
				return errTooMany
			}
			return notePage(c, err)
		}
		if !got.Confirmed {
			return page(c, http.StatusOK, "lead_note.html", map[string]any{"Title": "Confirm your e-mail address",
				"Text":   fmt.Sprintf("%s asks you to confirm that you sent %q.", got.Shop, got.Form.Title),
				"Action": "/f/confirm/" + url.PathEscape(c.Param("token")), "Button": "Confirm"})
		}
		if confirm {
			s.wake(got.ShopID)
		}
		return page(c, http.StatusOK, "lead_note.html", map[string]any{"Title": "Thank you", "Text": "Your e-mail address is confirmed.", "Next": got.Form.RedirectURL})
	}
}

// notePage tells a person what is wrong; what is not for people goes on.
func notePage(c echo.Context, err error) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	if v := visitFrom(c.Request().Context()); v != nil {
		v.err = err
	}
	code, ok := status[e.Kind]
	if !ok {
		return err
	}
	return page(c, code, "lead_note.html", map[string]any{"Title": http.StatusText(code), "Text": e.Msg})
}
