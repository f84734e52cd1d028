// Package landing is the use case of the influencers' landing pages: they are
// written as documents, published or scheduled in up to four variants, and
// answered from memory.
package landing

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"
	"time"

	"tributary/internal/domain/page"
)

//go:embed assets
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "assets/page.html"))

const (
	cssName = "page.css"
	jsName  = "countdown.js"
)

// Asset is a file that pages load. Its name has its content's hash in it, so it
// may be kept for ever.
type Asset struct {
	Name, ContentType string
	Body, Gzip        []byte
}

// Assets by name.
var Assets, hashed = loadAssets()

func loadAssets() (byName map[string]*Asset, names map[string]string) {
	byName, names = map[string]*Asset{}, map[string]string{}
	for _, name := range []string{cssName, jsName} {
		b, err := files.ReadFile("assets/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		stem, ext, _ := strings.Cut(name, ".")
		a := &Asset{Name: stem + "." + digest(b)[:12] + "." + ext, Body: b, Gzip: compress(b), ContentType: "text/css; charset=utf-8"}
		if ext == "js" {
			a.ContentType = "text/javascript; charset=utf-8"
		}
		byName[a.Name], names[name] = a, a.Name
	}
	return byName, names
}

func assetPath(name string) string { return "/assets/page/" + hashed[name] }

// Rendered is a page ready to be sent.
type Rendered struct {
	Body, Gzip     []byte
	ETag, GzipETag string
	SecurityPolicy string
	PolicyHeader   []string // SecurityPolicy as a header has it
	Variant        string
	Version        int
	StaleAt        time.Time // when it must be rendered anew; zero: never
}

// Render makes the page that d is in the scene, at an instant.
func Render(d *page.Document, s *Scene, now time.Time) (*Rendered, error) {
	var b bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&b, "page", look(d, s, now)); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	r := &Rendered{Body: b.Bytes(), SecurityPolicy: policy(d), PolicyHeader: []string{policy(d)}, Variant: s.Variant, Version: s.Version}
	r.Gzip = compress(r.Body)
	sum := digest(r.Body)[:20]
	r.ETag, r.GzipETag = `"`+sum+`"`, `"`+sum+`-gz"`
	r.StaleAt = staleAt(d, now)
	return r, nil
}

// RenderLiquid makes the page as a theme shows it between its own header and
// footer: markup without styles, in which no Liquid can come to life.
func RenderLiquid(d *page.Document, s *Scene, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&b, "inside", look(d, s, now)); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	return []byte(liquidBraces.Replace(b.String())), nil
}

// liquidBraces replaces what begins and ends Liquid by what HTML reads as the
// same, in text and in quoted attributes: there is nothing else in the markup.
var liquidBraces = strings.NewReplacer("{", "&#123;", "}", "&#125;")

// staleAt is when a countdown of the page next says something else.
func staleAt(d *page.Document, now time.Time) (at time.Time) {
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Type != page.Countdown || !now.Before(s.EndsAt()) {
			continue
		}
		next := now.Add(s.EndsAt().Sub(now)%time.Minute + 1)
		if next.After(s.EndsAt()) {
			next = s.EndsAt()
		}
		if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at
}

// policy lets the page load our own styles and script, and pictures from the
// hosts that it shows some of; nothing else, and nobody may frame it.
func policy(d *page.Document) string {
	script, images := "'none'", "'none'"
	if d.Moves() {
		script = "'self'"
	}
	if o := d.Origins(); o != nil {
		images = strings.Join(o, " ")
	}
	return "default-src 'none'; style-src 'self'; script-src " + script + "; img-src " + images +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

func compress(b []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // into memory
	}
	return out.Bytes()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
