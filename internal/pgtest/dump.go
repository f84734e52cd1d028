package pgtest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Dump writes the schema public of the database at url as SQL text for people
// and for diffs. It is read from the catalog, in an order and in words that
// are the same on PostgreSQL 15 to 18; partitions made month by month and the
// migration tool's own table are left out.
func Dump(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	d := dump{ctx: ctx, conn: conn}
	d.b.WriteString("-- The schema as the migrations leave it. Written by `go test ./internal/store -run Schema -update`; do not edit.\n")
	d.section("Sequences", `SELECT format('CREATE SEQUENCE %I AS %s START WITH %s INCREMENT BY %s;', c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement)
		FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend p WHERE p.objid = c.oid AND p.deptype IN ('a', 'i'))
		ORDER BY c.relname COLLATE "C"`)
	d.tables()
	d.section("Functions", `SELECT pg_get_functiondef(p.oid) || ';' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
		ORDER BY p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`)
	d.section("Triggers", `SELECT pg_get_triggerdef(t.oid) || ';' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND NOT t.tgisinternal AND t.tgparentid = 0 ORDER BY c.relname COLLATE "C", t.tgname COLLATE "C"`)
	d.section("Row-level security", `SELECT format('ALTER TABLE %I %s ROW LEVEL SECURITY;', c.relname, CASE WHEN c.relforcerowsecurity THEN 'FORCE' ELSE 'ENABLE' END)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND c.relrowsecurity AND NOT c.relispartition ORDER BY c.relname COLLATE "C"`)
	d.section("", `SELECT format('CREATE POLICY %I ON %I FOR %s TO %s%s%s;', p.policyname, p.tablename, p.cmd, array_to_string(p.roles, ', '),
		  ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
		FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
		WHERE p.schemaname = 'public' AND NOT c.relispartition ORDER BY p.tablename COLLATE "C", p.policyname COLLATE "C"`)
	d.section("Grants", `SELECT format('GRANT %s ON %I TO %I;', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type COLLATE "C"), c.relname, r.rolname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
		WHERE n.nspname = 'public' AND NOT c.relispartition AND a.grantee <> c.relowner AND a.privilege_type <> 'MAINTAIN'
		GROUP BY c.relname, r.rolname ORDER BY c.relname COLLATE "C", r.rolname COLLATE "C"`)
	d.section("", `SELECT format('GRANT EXECUTE ON FUNCTION %I(%s) TO %s;', p.proname, pg_get_function_identity_arguments(p.oid),
		  string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname COLLATE "C"))
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
		WHERE n.nspname = 'public' AND a.grantee <> p.proowner GROUP BY p.proname, p.oid ORDER BY p.proname COLLATE "C", 1`)
	return d.b.String(), d.err
}

type dump struct {
	ctx  context.Context //nolint:containedctx // lives as long as Dump
	conn *pgx.Conn
	b    strings.Builder
	err  error
}

// strings runs a query that gives one text a row.
func (d *dump) strings(query string, args ...any) []string {
	if d.err != nil {
		return nil
	}
	rows, err := d.conn.Query(d.ctx, query, args...)
	if err == nil {
		var out []string
		if out, err = pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
			return out
		}
	}
	d.err = fmt.Errorf("read catalog: %w", err)
	return nil
}

func (d *dump) section(title, query string) {
	d.heading(title)
	for _, s := range d.strings(query) {
		d.b.WriteString(tidy(s) + "\n")
	}
}

func (d *dump) heading(title string) {
	if title != "" {
		d.b.WriteString("\n-- " + title + "\n")
	}
}

// tables writes each table with its columns and constraints, then its indexes
// that are no constraint's.
func (d *dump) tables() {
	for _, t := range d.strings(`SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'
		  AND NOT (c.relispartition AND c.relname ~ '_\d{4}_\d{2}$') ORDER BY c.relname COLLATE "C"`) {
		d.heading("Table " + t)
		if part := d.strings(`SELECT format('CREATE TABLE %I PARTITION OF %I %s;', c.relname, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))
			FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.oid = $1::text::regclass AND c.relispartition`, t); len(part) > 0 {
			d.b.WriteString(part[0] + "\n")
			continue
		}
		lines := d.strings(`SELECT concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
			  CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || CASE a.attstorage WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' WHEN 'x' THEN 'EXTENDED' ELSE 'PLAIN' END END,
			  CASE a.attcompression WHEN 'l' THEN 'COMPRESSION lz4' WHEN 'p' THEN 'COMPRESSION pglz' END,
			  CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
			  'DEFAULT ' || pg_get_expr(f.adbin, f.adrelid), CASE WHEN a.attnotnull THEN 'NOT NULL' END)
			FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
			WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, t)
		// PostgreSQL 18 lists NOT NULL as constraints too (contype n).
		lines = append(lines, d.strings(`SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
			WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u', 'c', 'f', 'x') AND conparentid = 0
			ORDER BY array_position('{p,u,f,c,x}', contype::text), conname COLLATE "C"`, t)...)
		end := ");"
		if by := d.strings(`SELECT pg_get_partkeydef(oid) FROM pg_class WHERE oid = $1::text::regclass AND relkind = 'p'`, t); len(by) > 0 {
			end = ") PARTITION BY " + by[0] + ";"
		}
		fmt.Fprintf(&d.b, "CREATE TABLE %s (\n  %s\n%s\n", t, strings.Join(lines, ",\n  "), end)
		for _, i := range d.strings(`SELECT pg_get_indexdef(x.indexrelid) || ';' FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
			WHERE x.indrelid = $1::text::regclass AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
			ORDER BY c.relname COLLATE "C"`, t) {
			d.b.WriteString(tidy(i) + "\n")
		}
		for _, o := range d.strings(`SELECT format('ALTER TABLE %I SET (%s);', relname, array_to_string(reloptions, ', ')) FROM pg_class
			WHERE oid = $1::text::regclass AND reloptions IS NOT NULL`, t) {
			d.b.WriteString(o + "\n")
		}
	}
}

var (
	schemaName = regexp.MustCompile(`\bpublic\.`)
	searchPath = regexp.MustCompile(`SET search_path TO .*`)
	trailing   = regexp.MustCompile(`(?m)[ \t]+$`)
)

// tidy drops what depends on the server or on who migrated.
func tidy(s string) string {
	s = schemaName.ReplaceAllString(s, "")
	s = searchPath.ReplaceAllString(s, "SET search_path FROM CURRENT")
	return trailing.ReplaceAllString(s, "")
}
