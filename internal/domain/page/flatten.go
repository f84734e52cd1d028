package page

import (
	"html"
	"strconv"
	"strings"
)

// Flattened is a document as a theme or plugin of the store shows it: every
// text is safe in HTML, in Liquid and beside WordPress shortcodes, addresses
// lead through us, and the disclosure is there.
type Flattened struct {
	Title       string        `json:"title"`
	Description string        `json:"description"`
	Lang        string        `json:"lang"`
	Palette     string        `json:"palette"`
	Scheme      string        `json:"scheme"`
	Disclosure  string        `json:"disclosure"`
	Code        string        `json:"code"`
	Sections    []FlatSection `json:"sections"`
}

// FlatSection is a section of it. Texts are lists of paragraphs.
type FlatSection struct {
	Type      string         `json:"type"`
	Heading   string         `json:"heading,omitempty"`
	Text      []string       `json:"text,omitempty"`
	Image     string         `json:"image,omitempty"`
	Alt       string         `json:"alt,omitempty"`
	Button    string         `json:"button,omitempty"`
	Link      string         `json:"link,omitempty"`
	By        string         `json:"by,omitempty"`
	Video     string         `json:"video,omitempty"`
	Platform  string         `json:"platform,omitempty"`
	Code      string         `json:"code,omitempty"`
	Percent   int            `json:"percent,omitempty"`
	Ends      string         `json:"ends,omitempty"`
	Ended     string         `json:"ended,omitempty"`
	Products  []FlatProduct  `json:"products,omitempty"`
	Reviews   []FlatReview   `json:"reviews,omitempty"`
	Questions []FlatQuestion `json:"questions,omitempty"`
}

// FlatProduct is a card of a grid.
type FlatProduct struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title"`
	Price string `json:"price,omitempty"`
	Was   string `json:"was,omitempty"`
	Image string `json:"image,omitempty"`
	Alt   string `json:"alt,omitempty"`
	Link  string `json:"link"`
}

// FlatReview is what a buyer said.
type FlatReview struct {
	Author string   `json:"author"`
	Stars  int      `json:"stars,omitempty"`
	Text   []string `json:"text"`
}

// FlatQuestion is one entry of a FAQ.
type FlatQuestion struct {
	Question string   `json:"question"`
	Answer   []string `json:"answer"`
}

var braces = strings.NewReplacer("{", "&#123;", "}", "&#125;", "[", "&#91;", "]", "&#93;", "`", "&#96;")

// Inert is s such that neither HTML nor Liquid nor a shortcode comes to life in
// it, in text or in a quoted attribute.
func Inert(s string) string { return braces.Replace(html.EscapeString(s)) }

func inerts(ps []string) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = Inert(p)
	}
	return out
}

// Flatten makes it. disclosure stands in where the document has none; out is the
// address of the button at a place.
func (d *Document) Flatten(disclosure string, out func(place string) string) Flattened {
	f := Flattened{Title: Inert(d.Title), Description: Inert(d.Description), Lang: Inert(d.Lang), Palette: Inert(d.Theme.Palette), Scheme: Inert(d.Theme.Scheme),
		Disclosure: Inert(disclosure), Code: Inert(d.DiscountCode()), Sections: []FlatSection{}}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Type == Disclosure {
			f.Disclosure = Inert(s.Text)
			continue
		}
		f.Sections = append(f.Sections, s.flatten(strconv.Itoa(i), out))
	}
	return f
}

func (s *Section) flatten(place string, out func(string) string) FlatSection {
	x := FlatSection{Type: s.Type, Heading: Inert(s.Heading), Text: inerts(Paragraphs(s.Text)), Button: Inert(s.Button), By: Inert(s.By),
		Code: Inert(s.Code), Percent: s.Percent, Ends: Inert(s.Ends), Ended: Inert(s.Ended)}
	if s.Link != "" || s.Form != "" || s.Giveaway != "" {
		x.Link = Inert(out(place))
	}
	x.Image, x.Alt = s.Image.flatten()
	if v, ok := s.Clip(); ok {
		x.Video, x.Platform = Inert(v.Private()), v.Platform
	}
	for k, p := range s.Products {
		q := FlatProduct{ID: Inert(p.ID), Title: Inert(p.Title), Price: Inert(p.Price), Was: Inert(p.Was), Link: Inert(out(place + "." + strconv.Itoa(k)))}
		q.Image, q.Alt = p.Image.flatten()
		x.Products = append(x.Products, q)
	}
	for _, r := range s.Reviews {
		x.Reviews = append(x.Reviews, FlatReview{Inert(r.Author), r.Stars, inerts(Paragraphs(r.Text))})
	}
	for _, q := range s.Questions {
		x.Questions = append(x.Questions, FlatQuestion{Inert(q.Question), inerts(Paragraphs(q.Answer))})
	}
	return x
}

func (i *Image) flatten() (address, alt string) {
	if i == nil {
		return "", ""
	}
	return Inert(i.URL), Inert(i.Alt)
}

// Paragraphs divides text at blank lines. Lines within one end in "\n".
func Paragraphs(text string) []string {
	var out []string
	var lines []string
	for line := range strings.SplitSeq(text+"\n", "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		} else if lines != nil {
			out, lines = append(out, strings.Join(lines, "\n")), nil
		}
	}
	return out
}
