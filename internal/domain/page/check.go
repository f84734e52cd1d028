package page

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tributary/internal/domain/document"
	"tributary/internal/errs"
)

// root is the first element of every field path.
const root = "document"

// The schemes: as the visitor's device is set, or always one.
const (
	Auto  = "auto"
	Light = "light"
	Dark  = "dark"
)

// Palettes are the colours a page may have; page.css holds them, and a test that
// each can be read. The first is the default.
var Palettes = []string{"clay", "forest", "ocean", "plum", "rose", "graphite"}

const (
	short  = 120
	medium = 300
	long   = 4000

	maxSections  = 24
	maxProducts  = 24
	maxReviews   = 24
	maxQuestions = 30
)

var (
	langPattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$`)
	codePattern = regexp.MustCompile(`^[^\s,/?#&%]{1,64}$`)
	formPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{4,64}$`)
	drawPattern = regexp.MustCompile(`^gaw_[1-9][0-9]{0,18}$`)
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9_:/-]{1,100}$`)
)

// kind is what the package knows of a section type: the fields it may have
// besides its type, and how to check them.
type kind struct {
	fields []string
	check  func(*checker, *Section, string)
}

var kinds = map[string]kind{
	Hero:       {[]string{"heading", "text", "image", "button", "link"}, (*checker).hero},
	Words:      {[]string{"heading", "text", "image", "by", "video"}, (*checker).words},
	Products:   {[]string{"heading", "text", "products", "button"}, (*checker).products},
	Banner:     {[]string{"heading", "text", "code", "percent", "button", "link"}, (*checker).banner},
	Countdown:  {[]string{"heading", "text", "ends", "ended"}, (*checker).countdown},
	Reviews:    {[]string{"heading", "text", "reviews"}, (*checker).reviews},
	FAQ:        {[]string{"heading", "text", "questions"}, (*checker).faq},
	LeadForm:   {[]string{"heading", "text", "form", "button"}, (*checker).leadForm},
	Giveaway:   {[]string{"heading", "text", "giveaway", "button"}, (*checker).giveaway},
	Disclosure: {[]string{"text"}, (*checker).disclosure},
}

// types are the names of kinds in the order people read them.
var types = []string{Hero, Words, Products, Banner, Countdown, Reviews, FAQ, LeadForm, Giveaway, Disclosure}

type checker struct {
	hosts Hosts
	wrong []errs.Field
}

func (c *checker) add(path, format string, args ...any) {
	c.wrong = append(c.wrong, errs.Field{Path: path, Msg: fmt.Sprintf(format, args...)})
}

func (d *Document) check(hosts Hosts, wrong []errs.Field) error {
	c := checker{hosts: hosts, wrong: wrong}
	c.document(d)
	if len(c.wrong) == 0 {
		return nil
	}
	slices.SortStableFunc(c.wrong, func(a, b errs.Field) int { return strings.Compare(a.Path, b.Path) })
	// One complaint a field: a value of the wrong shape reads as empty too.
	fields := slices.CompactFunc(c.wrong, func(a, b errs.Field) bool { return a.Path == b.Path })
	msg := fmt.Sprintf("The page has %d problems.", len(fields))
	if len(fields) == 1 {
		msg = "The page has a problem."
	}
	return errs.New(errs.Invalid, "page_invalid", msg, fields...)
}

func (c *checker) document(d *Document) {
	if d.Version != 1 {
		c.add(root+".version", "must be 1, the version of the document's format")
	}
	if !langPattern.MatchString(d.Lang) {
		c.add(root+".lang", "must be a language such as en, de or pt-BR")
	}
	c.line(root+".title", &d.Title, true, short)
	c.line(root+".description", &d.Description, false, medium)
	c.image(root+".image", d.Image)
	oneOf(c, root+".theme.palette", d.Theme.Palette, Palettes...)
	oneOf(c, root+".theme.scheme", d.Theme.Scheme, Auto, Light, Dark)
	c.length(root+".sections", len(d.Sections), 1, maxSections)
	disclosed := false
	for i := range d.Sections {
		s, at := &d.Sections[i], fmt.Sprintf("%s.sections[%d]", root, i)
		k, ok := kinds[s.Type]
		if !ok {
			c.add(at+".type", "must be one of: %s", strings.Join(types, ", "))
			continue
		}
		if s.Type == Disclosure {
			if disclosed {
				c.add(at+".type", "there is a disclosure already: one says it for the whole page")
			}
			disclosed = true
		}
		c.strangers(s, k.fields, at)
		c.line(at+".heading", &s.Heading, false, short)
		c.text(at+".text", &s.Text, false, long)
		c.line(at+".button", &s.Button, false, 40)
		k.check(c, s, at)
	}
}

// strangers complains of fields that are set but belong to another type.
func (c *checker) strangers(s *Section, fields []string, path string) {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		name := document.Name(v.Type().Field(i))
		if name == "" || name == "type" || slices.Contains(fields, name) || v.Field(i).IsZero() {
			continue
		}
		c.add(path+"."+name, "does not belong to a section of type %s", s.Type)
	}
}

func (c *checker) hero(s *Section, path string) {
	c.line(path+".heading", &s.Heading, true, short)
	c.image(path+".image", s.Image)
	c.button(s, path)
}

// button: a label without an address leads nowhere, and the reverse cannot be
// seen.
func (c *checker) button(s *Section, path string) {
	switch {
	case s.Button != "" && s.Link == "":
		c.add(path+".link", "is missing: where the button leads")
	case s.Link != "" && s.Button == "":
		c.add(path+".button", "is missing: what stands on the button")
	case s.Link != "":
		c.link(path+".link", &s.Link)
	}
}

func (c *checker) words(s *Section, path string) {
	if s.Video == "" || s.Text != "" {
		c.text(path+".text", &s.Text, true, long)
	}
	c.line(path+".by", &s.By, false, short)
	c.image(path+".image", s.Image)
	if s.Video != "" {
		v, ok := ParseVideo(s.Video)
		if !ok {
			c.add(path+".video", "must be the address of a video on YouTube or Vimeo, such as https://www.youtube.com/watch?v=dQw4w9WgXcQ")
			return
		}
		s.video, s.Video = v, v.Page()
	}
}

func (c *checker) products(s *Section, path string) {
	c.length(path+".products", len(s.Products), 1, maxProducts)
	for i := range s.Products {
		p, at := &s.Products[i], fmt.Sprintf("%s.products[%d]", path, i)
		if p.ID != "" && !idPattern.MatchString(p.ID) {
			c.add(at+".id", "must be the store's id of a product")
		}
		c.line(at+".title", &p.Title, true, short)
		c.line(at+".price", &p.Price, false, 40)
		c.line(at+".was", &p.Was, false, 40)
		c.image(at+".image", p.Image)
		c.link(at+".link", &p.Link)
	}
}

func (c *checker) banner(s *Section, path string) {
	if !codePattern.MatchString(s.Code) {
		c.add(path+".code", "must be a discount code without spaces")
	} else {
		c.line(path+".code", &s.Code, true, 64)
	}
	if s.Percent < 0 || s.Percent > 100 {
		c.add(path+".percent", "must be between 1 and 100; leave it out when the code takes off something else")
	}
	c.button(s, path)
}

func (c *checker) countdown(s *Section, path string) {
	c.line(path+".ended", &s.Ended, false, medium)
	t, err := time.Parse(time.RFC3339, s.Ends)
	if err != nil || t.Year() < 2000 || t.Year() > 2999 {
		c.add(path+".ends", "must be an instant such as 2026-12-01T23:59:59+01:00")
		return
	}
	s.ends = t.UTC().Truncate(time.Second)
	s.Ends = s.ends.Format(time.RFC3339)
}

func (c *checker) reviews(s *Section, path string) {
	c.length(path+".reviews", len(s.Reviews), 1, maxReviews)
	for i := range s.Reviews {
		r, at := &s.Reviews[i], fmt.Sprintf("%s.reviews[%d]", path, i)
		c.line(at+".author", &r.Author, true, short)
		c.text(at+".text", &r.Text, true, 1000)
		if r.Stars < 0 || r.Stars > 5 {
			c.add(at+".stars", "must be between 1 and 5; leave it out when none were given")
		}
	}
}

func (c *checker) faq(s *Section, path string) {
	c.length(path+".questions", len(s.Questions), 1, maxQuestions)
	for i := range s.Questions {
		q, at := &s.Questions[i], fmt.Sprintf("%s.questions[%d]", path, i)
		c.line(at+".question", &q.Question, true, medium)
		c.text(at+".answer", &q.Answer, true, 2000)
	}
}

func (c *checker) leadForm(s *Section, path string) {
	if !formPattern.MatchString(s.Form) {
		c.add(path+".form", "must be the name of a lead form in its address: what follows /f/")
	}
}

func (c *checker) giveaway(s *Section, path string) {
	if !drawPattern.MatchString(s.Giveaway) {
		c.add(path+".giveaway", "must be the id of a giveaway, such as gaw_3")
	}
}

func (c *checker) disclosure(s *Section, path string) {
	c.line(path+".text", &s.Text, true, medium)
}

func (c *checker) image(path string, i *Image) {
	if i == nil {
		return
	}
	c.line(path+".alt", &i.Alt, false, medium)
	c.link(path+".url", &i.URL)
}

// link checks an address and writes it the one way.
func (c *checker) link(path string, s *string) {
	if *s == "" {
		c.add(path, "is missing")
		return
	}
	u, msg := c.hosts.check(*s)
	if msg != "" {
		c.add(path, "%s", msg)
		return
	}
	*s = u
}

// line is text without line breaks.
func (c *checker) line(path string, s *string, needed bool, most int) {
	if strings.ContainsAny(*s, "\n\t") {
		c.add(path, "must be one line")
		return
	}
	c.text(path, s, needed, most)
}

// text trims *s and refuses what does not show, or shows other text than it is.
func (c *checker) text(path string, s *string, needed bool, most int) {
	*s = strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n"))
	switch {
	case *s == "" && needed:
		c.add(path, "must not be empty")
	case utf8.RuneCountInString(*s) > most:
		c.add(path, "must not be longer than %d characters", most)
	case strings.ContainsFunc(*s, hidden):
		c.add(path, "has characters that cannot be seen, such as control or direction marks")
	}
}

// hidden characters: controls, those that turn the direction of text, and
// halves of characters.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r), r == utf8.RuneError, r == '\u2028', r == '\u2029', r == '\ufeff':
		return true
	}
	return (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') || (r >= 0xfff9 && r <= 0xfffb) || (r >= 0xe0000 && r <= 0xe007f)
}

func (c *checker) length(path string, n, low, high int) {
	if n < low || n > high {
		c.add(path, "must have %d to %d entries", low, high)
	}
}

func oneOf(c *checker, path, have string, set ...string) {
	if !slices.Contains(set, have) {
		c.add(path, "must be one of: %s", strings.Join(set, ", "))
	}
}
