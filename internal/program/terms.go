package program

import "tributary/internal/domain/terms"

// document is terms in the form that is signed, with its hash.
type document struct{ canonical, hash string }

// readTerms checks a document of terms; every error comes back at once.
func readTerms(raw []byte) (document, error) {
	t, err := terms.Parse(raw)
	if err != nil {
		return document{}, err
	}
	return document{canonical: string(t.Canonical()), hash: t.Hash()}, nil
}
