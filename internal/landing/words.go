package landing

import (
	"fmt"
	"strings"
	"time"
)

// words are what the page itself says, around what is in its document.
type words struct {
	Ad, With, Preview, Prices, Watch, Code, Units string

	disclosure string // %s: the influencer
	somebody   string // who, when the influencer's name is not known
	opens      string // %s: the platform of a video
	off        string // %d: percent
	stars      string // %d: of five
	was        string
	until      string // %s: an instant
	ended      string
	soon       string
	units      [3][2]string // days, hours, minutes: one, several
	date       func(time.Time) string

	products, reviews, questions, form, giveaway string
}

var catalogue = map[string]*words{
	"en": {
		Ad: "Ad", With: "with", Watch: "Watch the video", Code: "Your code", Units: "days|hours|min|sec",
		Preview:    "Preview: only people with this link see it.",
		Prices:     "The price in the store at the time of your order is the one that counts.",
		disclosure: "%s is paid when you buy through this page.",
		somebody:   "The creator",
		opens:      "Opens on %s, which may use your data.",
		off:        "%d%% off", stars: "%d of 5 stars", was: "Was", until: "Until %s", ended: "This offer has ended.", soon: "Less than a minute left",
		units:    [3][2]string{{"%d day", "%d days"}, {"%d hour", "%d hours"}, {"%d minute", "%d minutes"}},
		date:     func(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") },
		products: "Products", reviews: "What buyers say", questions: "Questions and answers", form: "Go to the form", giveaway: "Take part",
	},
	"de": {
		Ad: "Anzeige", With: "mit", Watch: "Video ansehen", Code: "Dein Code", Units: "Tage|Std.|Min.|Sek.",
		Preview:    "Vorschau: nur wer diesen Link hat, sieht sie.",
		Prices:     "Es gilt der Preis im Shop zum Zeitpunkt der Bestellung.",
		disclosure: "%s wird bezahlt, wenn du über diese Seite einkaufst.",
		somebody:   "Wer hier empfiehlt,",
		opens:      "Öffnet sich auf %s; dort können Daten erhoben werden.",
		off:        "%d %% Rabatt", stars: "%d von 5 Sternen", was: "Vorher", until: "Bis %s", ended: "Dieses Angebot ist beendet.", soon: "Weniger als eine Minute",
		units:    [3][2]string{{"%d Tag", "%d Tage"}, {"%d Stunde", "%d Stunden"}, {"%d Minute", "%d Minuten"}},
		date:     func(t time.Time) string { return t.Format("2.1.2006, 15:04 MST") },
		products: "Produkte", reviews: "Was Käufer sagen", questions: "Fragen und Antworten", form: "Zum Formular", giveaway: "Teilnehmen",
	},
}

// wordsOf falls back to English.
func wordsOf(lang string) *words {
	base, _, _ := strings.Cut(lang, "-")
	if w, ok := catalogue[base]; ok {
		return w
	}
	return catalogue["en"]
}

// left says how long d is in its two largest units.
func (w *words) left(d time.Duration) string {
	minutes := int(d / time.Minute)
	if minutes < 1 {
		return w.soon
	}
	parts := [3]int{minutes / (24 * 60), minutes / 60 % 24, minutes % 60}
	var out []string
	for i, n := range parts {
		if n == 0 && len(out) == 0 {
			continue
		}
		if n > 0 {
			out = append(out, fmt.Sprintf(w.units[i][min(n-1, 1)], n))
		}
		if len(out) == 2 || i == 2 || (len(out) == 1 && n == 0) {
			break
		}
	}
	return strings.Join(out, " ")
}

// disclose says that the influencer is paid.
func (w *words) disclose(influencer string) string {
	if influencer == "" {
		influencer = w.somebody
	}
	return fmt.Sprintf(w.disclosure, influencer)
}
