// Package schema holds the numbered migrations of the database, one sequence for
// all rooms. A table's name begins with the room that owns it. Files are written
// in PostgreSQL's words and are never edited once released: base/store checks.
package schema

import "embed"

// FS is what store.DB.Migrate takes.
//
//go:embed *.sql
var FS embed.FS
