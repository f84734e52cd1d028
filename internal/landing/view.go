package landing

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/page"
)

// Scene is what a page shows besides its document.
type Scene struct {
	BaseURL    string // where this server is reached, without a slash at its end
	Path       string // the page's own: /p/abc/anna
	Prefix     string // before Path in links out; BaseURL when the page is shown elsewhere
	Variant    string // "a" … "d"; empty in a preview
	Version    int    // of the document
	Shop       string // name
	Influencer string // name
	Zone       *time.Location
	Preview    bool
	Still      bool // without its script
}

type view struct {
	Lang, Locale, Palette, Scheme, Title, Description, URL string
	Shop, Influencer, Disclosure, CSS, JS                  string
	Preview, HeroFirst                                     bool
	Image                                                  *page.Image
	Words                                                  *words
	Sections                                               []sectionView
	Data                                                   map[string]any
}

type sectionView struct {
	Anchor                                string // in a preview: where its section is
	Type, Heading, Silent, Button, Go, By string
	First                                 bool // of the heroes: its heading is the page's
	Text                                  [][]string
	Image                                 *page.Image
	Video, VideoNote                      string
	Code, Percent                         string
	Over                                  bool
	Ends, Ended, Left, When               string
	Products                              []productView
	Reviews                               []reviewView
	Questions                             []questionView
	Words                                 *words
}

type productView struct {
	Title, Price, Was, WasLabel, Go string
	Image                           *page.Image
}

type reviewView struct {
	Author, Stars, StarsLabel string
	Text                      [][]string
}

type questionView struct {
	Question string
	Answer   [][]string
}

// look is the page as it is at an instant.
func look(d *page.Document, s *Scene, now time.Time) *view {
	w := wordsOf(d.Lang)
	v := &view{
		Lang: d.Lang, Locale: strings.ReplaceAll(d.Lang, "-", "_"), Palette: d.Theme.Palette, Scheme: d.Theme.Scheme,
		Title: d.Title, Description: d.Description, URL: s.BaseURL + s.Path, Shop: s.Shop, Influencer: s.Influencer,
		Disclosure: w.disclose(s.Influencer), CSS: assetPath(cssName), Preview: s.Preview, Image: d.Image, Words: w,
	}
	if d.Moves() && !s.Still {
		v.JS = assetPath(jsName)
	}
	heroes := 0
	for i := range d.Sections {
		sec := &d.Sections[i]
		if sec.Type == page.Disclosure { // it stands at the top, before everything it is about
			v.Disclosure = sec.Text
			continue
		}
		if sec.Type == page.Hero {
			heroes++
			v.HeroFirst = v.HeroFirst || len(v.Sections) == 0
			if v.Image == nil {
				v.Image = sec.Image
			}
		}
		x := lookAt(sec, s, w, now, strconv.Itoa(i))
		if s.Preview {
			x.Anchor = "s" + strconv.Itoa(i)
		}
		x.First = sec.Type == page.Hero && heroes == 1 && v.HeroFirst
		v.Sections = append(v.Sections, x)
	}
	v.Data = structured(d, s, v)
	return v
}

func lookAt(sec *page.Section, s *Scene, w *words, now time.Time, place string) sectionView {
	x := sectionView{Type: sec.Type, Heading: sec.Heading, Button: sec.Button, By: sec.By, Text: paragraphs(sec.Text), Image: sec.Image,
		Code: sec.Code, Ended: sec.Ended, Words: w}
	if sec.Link != "" {
		x.Go = s.out(place)
	}
	switch sec.Type {
	case page.Words:
		if clip, ok := sec.Clip(); ok {
			x.Video, x.VideoNote = clip.Private(), fmt.Sprintf(w.opens, clip.Platform)
		}
	case page.Products:
		x.Silent = w.products
		for k := range sec.Products {
			p := &sec.Products[k]
			x.Products = append(x.Products, productView{Title: p.Title, Price: p.Price, Was: p.Was, WasLabel: w.was, Image: p.Image, Go: s.out(place + "." + strconv.Itoa(k))})
		}
	case page.Banner:
		if sec.Percent > 0 {
			x.Percent = fmt.Sprintf(w.off, sec.Percent)
		}
	case page.Countdown:
		until := sec.EndsAt()
		x.Ends, x.When = sec.Ends, fmt.Sprintf(w.until, w.date(until.In(s.zone())))
		x.Over, x.Left = !now.Before(until), w.left(until.Sub(now))
		if x.Ended == "" {
			x.Ended = w.ended
		}
	case page.Reviews:
		x.Silent = w.reviews
		for _, r := range sec.Reviews {
			rv := reviewView{Author: r.Author, Text: paragraphs(r.Text)}
			if r.Stars > 0 {
				rv.Stars, rv.StarsLabel = strings.Repeat("★", r.Stars)+strings.Repeat("☆", 5-r.Stars), fmt.Sprintf(w.stars, r.Stars)
			}
			x.Reviews = append(x.Reviews, rv)
		}
	case page.FAQ:
		x.Silent = w.questions
		for _, q := range sec.Questions {
			x.Questions = append(x.Questions, questionView{q.Question, paragraphs(q.Answer)})
		}
	case page.LeadForm:
		x.Go = s.out(place)
		x.Button = or(sec.Button, w.form)
	case page.Giveaway:
		x.Go = s.out(place)
		x.Button = or(sec.Button, w.giveaway)
	}
	return x
}

func (s *Scene) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// out is the way out of the page at a place: through us, so that the click
// counts. The version is in it, for a page may change while somebody reads it.
func (s *Scene) out(place string) string {
	return s.Prefix + s.Path + "/go/" + place + "?v=" + s.Variant + strconv.Itoa(s.Version)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// paragraphs are the lines of each paragraph.
func paragraphs(text string) (out [][]string) {
	for _, p := range page.Paragraphs(text) {
		out = append(out, strings.Split(p, "\n"))
	}
	return out
}

// structured is the page as search engines read it (schema.org).
func structured(d *page.Document, s *Scene, v *view) map[string]any {
	web := map[string]any{"@type": "WebPage", "@id": v.URL, "url": v.URL, "name": d.Title, "inLanguage": d.Lang,
		"publisher": map[string]any{"@type": "Organization", "name": s.Shop}}
	if d.Description != "" {
		web["description"] = d.Description
	}
	if s.Influencer != "" {
		web["author"] = map[string]any{"@type": "Person", "name": s.Influencer}
	}
	if v.Image != nil {
		web["primaryImageOfPage"] = map[string]any{"@type": "ImageObject", "url": v.Image.URL}
	}
	var products, questions []any
	for i := range d.Sections {
		for _, p := range d.Sections[i].Products {
			products = append(products, map[string]any{"@type": "ListItem", "position": len(products) + 1, "name": p.Title, "url": p.Link})
		}
		for _, q := range d.Sections[i].Questions {
			questions = append(questions, map[string]any{"@type": "Question", "name": q.Question,
				"acceptedAnswer": map[string]any{"@type": "Answer", "text": q.Answer}})
		}
	}
	graph := []any{web}
	if products != nil {
		graph = append(graph, map[string]any{"@type": "ItemList", "itemListElement": products})
	}
	if questions != nil {
		graph = append(graph, map[string]any{"@type": "FAQPage", "mainEntity": questions})
	}
	return map[string]any{"@context": "https://schema.org", "@graph": graph}
}
