// Package migrations embeds the goose migrations.
package migrations

import "embed"

// FS holds the *.sql migrations.
//
//go:embed 0*.sql
var FS embed.FS
