// Package extensions holds the theme app extension as it is deployed to
// Shopify, for the sandbox store, whose theme shows its blocks.
package extensions

import "embed"

// Pages is the extension that shows landing pages in a theme.
//
//go:embed tributary-pages
var Pages embed.FS
