package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/internal/platform/wire"
)

// walk enters everything there is and writes it down without spaces.
func walk(r *wire.Reader, first byte, depth int, out *strings.Builder) {
	switch {
	case depth > 20:
		r.Skip()
	case first == '{':
		out.WriteByte('{')
		if r.Object() {
			for n := 0; r.Next(); n++ {
				out.WriteString(r.Name())
				out.WriteByte(':')
				out.WriteString(string(r.Value()))
				out.WriteByte(',')
			}
		}
		out.WriteByte('}')
	default:
		out.WriteByte('[')
		if r.List() {
			for r.Item() {
				out.WriteString(string(r.Value()))
				out.WriteByte(',')
			}
		}
		out.WriteByte(']')
	}
}

// reference does the same with a library that checks everything.
func reference(body []byte) (string, error) {
	var out strings.Builder
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	first := d.PeekKind()
	tok, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	closing := byte('}')
	switch tok.Kind() {
	case '{':
		out.WriteByte('{')
	case '[':
		closing = ']'
		out.WriteByte('[')
	default:
		_, err = d.ReadToken()
		return "[]", eof(err)
	}
	for d.PeekKind() != jsontext.Kind(closing) {
		if first == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return "", err
			}
			out.WriteString(name.String())
			out.WriteByte(':')
		}
		v, err := d.ReadValue()
		if err != nil {
			return "", err
		}
		out.Write(v)
		out.WriteByte(',')
	}
	if _, err := d.ReadToken(); err != nil {
		return "", err
	}
	out.WriteByte(closing)
	_, err = d.ReadToken()
	return out.String(), eof(err)
}

func eof(err error) error {
	switch {
	case err == nil:
		return errors.New("something after the end")
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// Everything that is JSON is read as what it is, and nothing else is taken for
// JSON where it was looked at.
func FuzzReaderAgreesWithAStrictOne(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `7`, `"x"`, `null`, `{"a":1,"b":[{"c":"\"}"}],"\u0061":{}}`, `[1,"x",null,true,false,-0.5e+10,[],{}]`, ` { "a" : [ 1 , 2 ] } `, `{"a":"\\"}`, `{"a":"\\\""}`,
		`{"a":1,}`, `[,]`, `{"a"}`, `{"a":}`, `{"a":1 "b":2}`, `[1 2]`, `{"a":1]`, `[}`, `01`, `-`, `1.`, `1e`, `nul`, `"`, `{"a":"`, ``, `{}{}`, `{a:1}`, `[[[[]]]`,
	} {
		f.Add([]byte(s))
	}
	files, _ := filepath.Glob("../../../testdata/*/*.json")
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := wire.Open(body)
		var out strings.Builder
		walk(r, firstByte(body), 0, &out)
		err := r.Close()
		want, wantErr := reference(body)
		switch {
		case wantErr == nil && err != nil:
			if !strings.Contains(err.Error(), "nested too deeply") {
				t.Fatalf("refused: %v\n%s", err, body)
			}
		case wantErr == nil && utf8.Valid(body) && out.String() != want:
			t.Fatalf("read as\n%s\nwant\n%s", out.String(), want)
		case wantErr != nil && err == nil && shallow(body):
			t.Fatalf("taken for JSON, though %v\n%q", wantErr, body)
		}
	})
}

func firstByte(b []byte) byte {
	if b = bytes.TrimLeft(b, " \n\r\t"); len(b) > 0 {
		return b[0]
	}
	return 0
}

// shallow reports whether body holds nothing that is passed over unread, and
// none of the forgiven bytes and escapes.
func shallow(body []byte) bool {
	if bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' || r == '\\' || r == '\ufeff' || r == '\uFFFD' }) {
		return false
	}
	b := bytes.TrimLeft(body, " ")
	return len(b) > 0 && bytes.ContainsAny(b[:1], "{[") && !bytes.ContainsAny(b[1:], "{[")
}

func TestWhatIsPassedOverNeedsOnlyBalance(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"x":{"a":[1,{"b":"]}\""}]},"id":5}`: true,
		`{"x":{"a":[1,{"b":2]}},"id":5}`:      false,
		`{"x":[[[],"id":5}`:                   false,
		`{"x":` + strings.Repeat("[", 512) + strings.Repeat("]", 512) + `,"id":5}`:       true,
		`{"x":` + strings.Repeat("[", 513) + strings.Repeat("]", 513) + `,"id":5}`:       false,
		`{"x":` + strings.Repeat(`{"a":[`, 200) + strings.Repeat("]}", 200) + `,"id":5}`: true,
	} {
		r := wire.Open([]byte(body))
		var id int64
		if r.Object() {
			for r.Next() {
				if r.Name() == "id" {
					id, _ = r.Value().ID()
				} else {
					r.Skip()
				}
			}
		}
		if err := r.Close(); (err == nil) != ok || ok && id != 5 {
			t.Errorf("%.40s: id %d, %v", body, id, err)
		}
	}
}

func TestRawValuesAreReadWithoutSurprise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw  wire.Raw
		id   int64
		text string
		usd  int64
		ok   bool
	}{
		{`820982911946154508`, 820982911946154508, "820982911946154508", 0, false},
		{`"820982911946154508"`, 820982911946154508, "820982911946154508", 0, false},
		{`"gid://shopify/Order/9007199254740993"`, 9007199254740993, "gid://shopify/Order/9007199254740993", 0, false},
		{`9223372036854775808`, 0, "9223372036854775808", 0, false},
		{`1.0`, 0, "1.0", 100, true},
		{`"19.90"`, 0, "19.90", 1990, true},
		{`32.903226`, 0, "32.903226", 3290, true},
		{`"-5.005"`, 0, "-5.005", -501, true},
		{`1e2`, 0, "1e2", 10000, true},
		{`""`, 0, "", 0, false},
		{`null`, 0, "", 0, false},
		{`true`, 0, "true", 0, false},
		{`{"a":1}`, 0, "", 0, false},
		{`[1]`, 0, "", 0, false},
		{``, 0, "", 0, false},
		{`"19,90"`, 0, "19,90", 0, false},
		{`"\u0031\u0039"`, 19, "19", 1900, true},
		{`"1000000000000.01"`, 0, "1000000000000.01", 0, false},
		{`"a\u0000b\tc  "`, 0, "a b c", 0, false},
		{`"\ud800"`, 0, "\uFFFD", 0, false},
	} {
		id, _ := c.raw.ID()
		usd, ok := c.raw.Money("USD")
		if c.ok != ok && id == 0 || c.ok && usd != c.usd || id > 0 && id != c.id || c.raw.Text() != c.text {
			t.Errorf("%s: id %d, text %q, money %d %v", c.raw, id, c.raw.Text(), usd, ok)
		}
	}
}

func TestWhatIsKeptDoesNotShareTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(`{"name":"#1001","currency":"USD"}`)
	r := wire.Open(body)
	var name, cur string
	if r.Object() {
		for r.Next() {
			switch r.Name() {
			case "name":
				name = r.Value().Text()
			case "currency":
				c, err := r.Value().Currency()
				if err != nil {
					t.Fatal(err)
				}
				cur = string(c)
			}
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	clear(body)
	if name != "#1001" || cur != "USD" {
		t.Errorf("%q %q", name, cur)
	}
}

func BenchmarkReader(b *testing.B) {
	body, err := os.ReadFile("../../../testdata/shopify/orders_create_one_code.json")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pass over", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			r := wire.Open(body)
			r.Skip()
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("jsontext", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			d := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
			if err := d.SkipValue(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(body) {
				b.Fatal("invalid")
			}
		}
	})
}
