// Package document reads JSON documents that people write: strictly, and to the
// end, so that everything wrong with one comes back at once.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/internal/errs"
)

// Read decodes doc into the struct that v points to, over what is there
// already. Paths of fields begin with root; a field v does not have "is not a
// field of" noun. The error is about the document as a whole, which is then no
// JSON.
func Read(doc []byte, v any, root, noun string) ([]errs.Field, error) {
	r := reader{dec: jsontext.NewDecoder(bytes.NewReader(doc)), noun: noun}
	err := r.value(reflect.ValueOf(v).Elem(), root)
	if err == nil {
		if _, err = r.dec.ReadToken(); err == io.EOF { //nolint:errorlint // ReadToken documents io.EOF itself
			return r.wrong, nil
		} else if err == nil {
			err = fmt.Errorf("more than one value")
		}
	}
	return nil, errors.New(strings.TrimPrefix(err.Error(), "jsontext: "))
}

// Name is the field's name in the document; empty for a field that is not in it.
func Name(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// reader decodes like encoding/json, but goes on after a value of the wrong
// shape and remembers all of them.
type reader struct {
	dec   *jsontext.Decoder
	noun  string
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
			err = r.skip(at, "is not a field of "+r.noun)
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
		if f := Name(v.Type().Field(i)); f != "" && f == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func hint(kind jsontext.Kind) string {
	if kind == '0' {
		return `; amounts are written like "19.90"`
	}
	return ""
}
