package page

// What an influencer may do to the texts and pictures of their page.
const (
	EditsNone    = "none"
	EditsPropose = "propose" // a version that the merchant publishes
	EditsPublish = "publish" // a version that is shown at once
)

// Edits are all of them, in the order people read them.
var Edits = []string{EditsNone, EditsPropose, EditsPublish}

// SameButWords reports whether two documents differ in nothing but texts and
// pictures: what is sold, where buttons lead, codes, deadlines, what buyers said
// and the disclosure are as they were. The documents are as Parse returns them.
func SameButWords(a, b *Document) bool {
	x, y := wordless(a), wordless(b)
	return string(x.Canonical()) == string(y.Canonical())
}

// wordless is a copy without texts and pictures.
func wordless(d *Document) *Document {
	c := *d
	c.Title, c.Description, c.Image = "", "", nil
	c.Sections = make([]Section, len(d.Sections))
	for i, s := range d.Sections {
		if s.Type != Disclosure {
			s.Heading, s.Text, s.Image, s.By, s.Ended = "", "", nil, "", ""
			if s.Link != "" || s.Type == LeadForm || s.Type == Giveaway || s.Type == Products {
				s.Button = ""
			}
			s.Questions = make([]Question, len(s.Questions))
		}
		c.Sections[i] = s
	}
	return &c
}
