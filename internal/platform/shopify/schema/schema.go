// Package schema holds the part of Shopify's Admin API schema that our
// documents speak of, cut from the published one by trim. Tests hold every
// document against it, and the sandbox store answers by it: a field, argument
// or variable that Shopify does not have is refused on this machine.
package schema

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Version is the API version the schema is of.
const Version = "2026-10"

//go:embed admin-2026-10.graphql
var source string

// Load returns the schema. It is parsed once and must not be changed.
var Load = sync.OnceValue(func() *ast.Schema {
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "admin-" + Version + ".graphql", Input: source})
	if err != nil {
		panic("the Admin API schema that is built in cannot be read: " + err.Error())
	}
	return s
})

// Parse reads a document and holds it against the schema.
func Parse(document string) (*ast.QueryDocument, error) {
	doc, errs := gqlparser.LoadQueryWithRules(Load(), document, nil)
	if errs != nil {
		return nil, errs
	}
	return doc, nil
}

// Source tells where the schema was cut from: the first lines of the file.
func Source() string {
	head, _, _ := strings.Cut(source, "\n\n")
	return head
}
