// Command trim cuts from Shopify's published Admin API schema what our GraphQL
// documents speak of: the fields they select, the arguments of those fields,
// and all input types and enums behind them. It fails when a document does not
// fit the whole schema.
//
//	go run ./internal/platform/shopify/schema/trim -schema admin-2026-10.graphql.gz \
//	  -out internal/platform/shopify/schema/admin-2026-10.graphql
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"tributary/internal/platform/shopify"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	in := flag.String("schema", "", "the whole schema (SDL), may be gzipped")
	out := flag.String("out", "", "where the part goes")
	flag.Parse()
	whole, err := read(*in)
	if err != nil {
		return err
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: *in, Input: string(whole)})
	if err != nil {
		return err
	}
	t := trimmer{schema: schema, fields: map[string]map[string]bool{}}
	for name, d := range shopify.Documents {
		doc, errs := gqlparser.LoadQueryWithRules(schema, d.Text, nil)
		if errs != nil {
			return fmt.Errorf("%s: %w", name, errs)
		}
		for _, op := range doc.Operations {
			for _, v := range op.VariableDefinitions {
				t.input(v.Type)
			}
			t.selected(op.SelectionSet)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# A part of the Shopify Admin API schema %s, cut by trim; do not edit.\n# Of the whole: sha256 %x\n\n", "2026-10", sha256.Sum256(whole))
	formatter.NewFormatter(&b).FormatSchemaDocument(t.document())
	return os.WriteFile(*out, b.Bytes(), 0o644) //nolint:gosec // a source file
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		return io.ReadAll(f)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// trimmer collects what is spoken of: the fields of each type, none for input
// types and enums, which are kept whole.
type trimmer struct {
	schema *ast.Schema
	fields map[string]map[string]bool
}

func (t *trimmer) keep(name string) map[string]bool {
	if t.fields[name] == nil {
		t.fields[name] = map[string]bool{}
	}
	return t.fields[name]
}

func (t *trimmer) selected(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if strings.HasPrefix(s.Name, "__") {
				t.keep(s.ObjectDefinition.Name)
				continue
			}
			t.keep(s.ObjectDefinition.Name)[s.Name] = true
			for _, a := range s.Definition.Arguments {
				t.input(a.Type)
			}
			t.keep(s.Definition.Type.Name())
			t.selected(s.SelectionSet)
		case *ast.InlineFragment:
			t.keep(s.TypeCondition)
			t.selected(s.SelectionSet)
		case *ast.FragmentSpread:
			t.keep(s.Definition.TypeCondition)
			t.selected(s.Definition.SelectionSet)
		}
	}
}

// input keeps an input type with all that it leads to.
func (t *trimmer) input(of *ast.Type) {
	def := t.schema.Types[of.Name()]
	if _, known := t.fields[def.Name]; known {
		return
	}
	t.keep(def.Name)
	for _, f := range def.Fields {
		t.input(f.Type)
	}
}

// document is what was kept, sorted by name.
func (t *trimmer) document() *ast.SchemaDocument {
	out := &ast.SchemaDocument{Schema: ast.SchemaDefinitionList{{OperationTypes: ast.OperationTypeDefinitionList{
		{Operation: ast.Query, Type: t.schema.Query.Name}, {Operation: ast.Mutation, Type: t.schema.Mutation.Name},
	}}}}
	for name, wanted := range t.fields {
		whole := t.schema.Types[name]
		if whole.BuiltIn {
			continue
		}
		def := &ast.Definition{Kind: whole.Kind, Name: name, EnumValues: whole.EnumValues, Directives: oneOf(whole.Directives)}
		for _, v := range def.EnumValues {
			v.Description, v.Directives = "", nil
		}
		for _, m := range whole.Types {
			if _, kept := t.fields[m]; kept {
				def.Types = append(def.Types, m)
			}
		}
		for _, i := range whole.Interfaces {
			if _, kept := t.fields[i]; kept {
				def.Interfaces = append(def.Interfaces, i)
				for f := range t.fields[i] {
					wanted[f] = true
				}
			}
		}
		if (whole.Kind == ast.Object || whole.Kind == ast.Interface) && len(wanted) == 0 {
			wanted[leaf(t.schema, whole)] = true // a type must have a field
		}
		for _, f := range whole.Fields {
			if whole.Kind == ast.InputObject || wanted[f.Name] {
				f.Description, f.Directives = "", nil
				for _, a := range f.Arguments {
					a.Description, a.Directives = "", nil
				}
				def.Fields = append(def.Fields, f)
			}
		}
		out.Definitions = append(out.Definitions, def)
	}
	slices.SortFunc(out.Definitions, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func oneOf(all ast.DirectiveList) (kept ast.DirectiveList) {
	for _, d := range all {
		if d.Name == "oneOf" {
			kept = append(kept, d)
		}
	}
	return kept
}

// leaf is the first field without arguments that is a scalar or an enum that
// is built in.
func leaf(s *ast.Schema, d *ast.Definition) string {
	for _, f := range d.Fields {
		if t := s.Types[f.Type.Name()]; t != nil && t.BuiltIn && len(f.Arguments) == 0 && !strings.HasPrefix(f.Name, "__") {
			return f.Name
		}
	}
	return d.Fields[0].Name
}
