package terms

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"tributary/internal/domain/document"
	"tributary/internal/domain/money"
	"tributary/internal/errs"
)

//go:embed terms.schema.json
var schema []byte

// maxDocument bounds what Parse reads, in bytes.
const maxDocument = 256 << 10

// Schema is the JSON Schema (2020-12) of the document.
func Schema() []byte { return bytes.Clone(schema) }

// Default is the terms a document starts from: what it leaves out has these
// values. It has no components yet, so it is not valid.
func Default(c money.Currency) *Terms {
	return &Terms{
		Version:  1,
		Currency: c,
		Rounding: HalfUp,
		Attribution: Attribution{
			WindowDays: 30, Precedence: CodeFirst, LateTouchSeconds: 60, Customers: AllCustomers, SelfReferral: Deny,
		},
		Refund:    Refund{Unlined: Proportional},
		Hold:      Hold{Days: 30, From: FromPaid},
		Schedule:  Monthly,
		Threshold: money.Format(0, c),
		Disclosure: Disclosure{
			Clause: "Every post, story, video and stream under this agreement says clearly, where it cannot be missed and before any link or code, that it is paid for.",
			Tags:   []string{"#ad"},
		},
	}
}

// Parse reads a document strictly, fills what it leaves out, and writes amounts
// the one way (50 becomes 50.00), so that documents which mean the same have the
// same Hash. Everything wrong with it, shape and sense, comes back at once as
// an *errs.Error of kind Invalid with one field each.
func Parse(doc []byte) (*Terms, error) {
	if len(doc) > maxDocument {
		return nil, errs.New(errs.Invalid, "terms_invalid", fmt.Sprintf("The terms are longer than %d bytes.", maxDocument))
	}
	t := Default("")
	wrong, err := document.Read(doc, t, root, "the terms")
	if err != nil {
		return nil, errs.New(errs.Invalid, "terms_invalid", "The terms are not a JSON document: "+err.Error()+".")
	}
	if err := t.check(wrong); err != nil {
		return nil, err
	}
	return t, nil
}

// Canonical is the document in the form of RFC 8785.
func (t *Terms) Canonical() []byte {
	b, err := json.Marshal(t, jsontext.AllowInvalidUTF8(true), jsonv1.OmitEmptyWithLegacySemantics(true))
	if err == nil {
		v := jsontext.Value(b)
		err = v.Canonicalize()
		b = v
	}
	if err != nil {
		panic(fmt.Sprintf("terms: canonical form: %v", err)) // the types leave nothing that can fail
	}
	return b
}

// Hash is the lower-case hex sha256 of Canonical: the identity of the terms
// that were signed.
func (t *Terms) Hash() string {
	sum := sha256.Sum256(t.Canonical())
	return hex.EncodeToString(sum[:])
}
