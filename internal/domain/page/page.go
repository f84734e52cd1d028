// Package page is the document of an influencer's landing page: what is on it,
// as data. Our own pages, a Shopify theme block and a WordPress block are made
// of the same document, so it holds plain text and never markup.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/internal/domain/document"
	"tributary/internal/errs"
)

//go:embed page.schema.json
var schema []byte

// maxDocument bounds a document in bytes: with it, a page stays well below
// 30 kB on the wire.
const maxDocument = 48 << 10

// The types of section.
const (
	Hero       = "hero"
	Words      = "words"
	Products   = "products"
	Banner     = "banner"
	Countdown  = "countdown"
	Reviews    = "reviews"
	FAQ        = "faq"
	LeadForm   = "lead_form"
	Giveaway   = "giveaway"
	Disclosure = "disclosure"
)

// Document is one version of a page.
type Document struct {
	Version     int       `json:"version"`
	Lang        string    `json:"lang"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	Image       *Image    `json:"image,omitempty"` // for previews in social networks
	Theme       Theme     `json:"theme"`
	Sections    []Section `json:"sections"`
}

// Theme is chosen from what we know to be readable in light and dark.
type Theme struct {
	Palette string `json:"palette"`
	Scheme  string `json:"scheme"`
}

// Section is one part of the page. Which fields it may have depends on Type.
type Section struct {
	Type string `json:"type"`

	Heading string `json:"heading,omitempty"`
	Text    string `json:"text,omitempty"` // blank lines divide paragraphs
	Image   *Image `json:"image,omitempty"`
	Button  string `json:"button,omitempty"` // its label
	Link    string `json:"link,omitempty"`   // an address of the store

	By    string `json:"by,omitempty"`    // whose words they are
	Video string `json:"video,omitempty"` // address on YouTube or Vimeo

	Products  []Product  `json:"products,omitempty"`
	Reviews   []Review   `json:"reviews,omitempty"`
	Questions []Question `json:"questions,omitempty"`

	Code    string `json:"code,omitempty"`
	Percent int    `json:"percent,omitempty"`

	Ends  string `json:"ends,omitempty"`  // RFC 3339
	Ended string `json:"ended,omitempty"` // what to say afterwards

	Form     string `json:"form,omitempty"`     // lead form, as in its address /f/…
	Giveaway string `json:"giveaway,omitempty"` // giveaway, gaw_…

	ends  time.Time
	video Video
}

// Image is a picture on one of the shop's hosts. An empty Alt says that it is
// decoration.
type Image struct {
	URL string `json:"url"`
	Alt string `json:"alt,omitempty"`
}

// Product is one card of a grid. Price is text: what the store shows counts.
type Product struct {
	ID    string `json:"id,omitempty"` // the store's
	Title string `json:"title"`
	Price string `json:"price,omitempty"`
	Was   string `json:"was,omitempty"` // a price crossed out
	Image *Image `json:"image,omitempty"`
	Link  string `json:"link"`
}

// Review is what a buyer said.
type Review struct {
	Author string `json:"author"`
	Stars  int    `json:"stars,omitempty"` // 1 … 5; 0: none given
	Text   string `json:"text"`
}

// Question is one entry of a FAQ.
type Question struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// Schema is the JSON Schema (2020-12) of the document.
func Schema() []byte { return bytes.Clone(schema) }

// Parse reads a document strictly. Everything wrong with it comes back at once
// as an *errs.Error of kind Invalid. Addresses must be on hosts.
func Parse(doc []byte, hosts Hosts) (*Document, error) {
	if len(doc) > maxDocument {
		return nil, errs.New(errs.Invalid, "page_invalid", fmt.Sprintf("The page is longer than %d bytes.", maxDocument))
	}
	d := &Document{Version: 1, Lang: "en", Theme: Theme{Palette: Palettes[0], Scheme: Auto}}
	wrong, err := document.Read(doc, d, root, "a page")
	if err != nil {
		return nil, errs.New(errs.Invalid, "page_invalid", "The page is not a JSON document: "+err.Error()+".")
	}
	if err := d.check(hosts, wrong); err != nil {
		return nil, err
	}
	return d, nil
}

// Stored reads what Canonical wrote and was checked before: hosts may have
// changed since, so addresses are not looked at again.
func Stored(doc []byte) (*Document, error) {
	d, err := Parse(doc, nil)
	if err != nil {
		return nil, fmt.Errorf("stored page: %w", err)
	}
	return d, nil
}

// Canonical is the document in the form of RFC 8785.
func (d *Document) Canonical() []byte {
	b, err := json.Marshal(d)
	if err == nil {
		v := jsontext.Value(b)
		err = v.Canonicalize()
		b = v
	}
	if err != nil {
		panic(fmt.Sprintf("page: canonical form: %v", err)) // the types leave nothing that can fail
	}
	return b
}

// Hash is the lower-case hex sha256 of Canonical.
func (d *Document) Hash() string {
	sum := sha256.Sum256(d.Canonical())
	return hex.EncodeToString(sum[:])
}

// EndsAt is the instant a countdown runs to.
func (s *Section) EndsAt() time.Time { return s.ends }

// Clip is the section's video; false when it has none.
func (s *Section) Clip() (Video, bool) { return s.video, s.Video != "" }

// Moves reports whether the page says something that changes with time.
func (d *Document) Moves() bool {
	for i := range d.Sections {
		if d.Sections[i].Type == Countdown {
			return true
		}
	}
	return false
}

// Target is where a button of the page leads: to the store, or to something of
// ours.
type Target struct{ URL, Form, Giveaway string }

// TargetAt finds the button at a place: the number of its section, and for
// products ".", their number within it.
func (d *Document) TargetAt(place string) (t Target, ok bool) {
	first, second, of := strings.Cut(place, ".")
	i, err := strconv.Atoi(first)
	if err != nil || i < 0 || i >= len(d.Sections) || strconv.Itoa(i) != first {
		return t, false
	}
	s := &d.Sections[i]
	if !of {
		t = Target{URL: s.Link, Form: s.Form, Giveaway: s.Giveaway}
		return t, t != Target{}
	}
	k, err := strconv.Atoi(second)
	if err != nil || k < 0 || k >= len(s.Products) || strconv.Itoa(k) != second {
		return t, false
	}
	return Target{URL: s.Products[k].Link}, true
}

// DiscountCode is the code that the page's banner gives; "" without one. Every
// button applies it.
func (d *Document) DiscountCode() string {
	for i := range d.Sections {
		if d.Sections[i].Type == Banner {
			return d.Sections[i].Code
		}
	}
	return ""
}
