package terms

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

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
	r := reader{dec: jsontext.NewDecoder(bytes.NewReader(doc))}
	err := r.value(reflect.ValueOf(t).Elem(), root)
	if err == nil {
		if _, err = r.dec.ReadToken(); err == io.EOF { //nolint:errorlint // ReadToken documents io.EOF itself
			err = nil
		} else if err == nil {
			err = fmt.Errorf("more than one value")
		}
	}
	if err != nil {
		return nil, errs.New(errs.Invalid, "terms_invalid", "The terms are not a JSON document: "+strings.TrimPrefix(err.Error(), "jsontext: ")+".")
	}
	if err := t.check(r.wrong); err != nil {
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

// reader decodes like encoding/json, but goes on after a value of the wrong
// shape and remembers all of them.
type reader struct {
	dec   *jsontext.Decoder
	wrong []errs.Field
}

func (r *reader) skip(path, msg string) error {
	r.wrong = append(r.wrong, errs.Field{Path: path, Msg: msg})
	return r.dec.SkipValue()
}

// value reads the next value into v. Its error is about the document as a
// whole, which then cannot be read any further.
func (r *reader) value(v reflect.Value, path string) error {
	kind := r.dec.PeekKind()
	switch v.Kind() {
	case reflect.Pointer:
		if kind != '{' {
			return r.skip(path, "must be an object")
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(v.Elem(), path)
	case reflect.Struct:
		if kind != '{' {
			return r.skip(path, "must be an object")
		}
		return r.object(v, path)
	case reflect.Slice:
		if kind != '[' {
			return r.skip(path, "must be a list")
		}
		return r.list(v, path)
	case reflect.String:
		if kind != '"' {
			return r.skip(path, "must be a string"+hint(kind))
		}
	case reflect.Bool:
		if kind != 't' && kind != 'f' {
			return r.skip(path, "must be true or false")
		}
	default:
		if kind != '0' {
			return r.skip(path, "must be a whole number")
		}
	}
	tok, err := r.dec.ReadToken()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(tok.String())
	case reflect.Bool:
		v.SetBool(tok.Bool())
	default:
		n, err := strconv.ParseInt(tok.String(), 10, 32)
		if err != nil {
			r.wrong = append(r.wrong, errs.Field{Path: path, Msg: "must be a whole number of reasonable size"})
		}
		v.SetInt(n)
	}
	return nil
}

func (r *reader) object(v reflect.Value, path string) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() != '}' {
		tok, err := r.dec.ReadToken()
		if err != nil {
			return err
		}
		name := tok.String()
		at := path + "." + name
		if f := field(v, name); f.IsValid() {
			err = r.value(f, at)
		} else {
			err = r.skip(at, "is not a field of the terms")
		}
		if err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

func (r *reader) list(v reflect.Value, path string) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	v.SetZero()
	for i := 0; r.dec.PeekKind() != ']'; i++ {
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if err := r.value(v.Index(i), path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

func field(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		if f := jsonName(v.Type().Field(i)); f != "" && f == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// jsonName is empty for a field that is not in the document.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func hint(kind jsontext.Kind) string {
	if kind == '0' {
		return `; amounts are written like "19.90"`
	}
	return ""
}
