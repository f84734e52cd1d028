// Package tributary_test keeps the one rule of the architecture: everything
// looks down. It reads what the go command knows about the imports.
package tributary_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "tributary/"

// The floors, from the bottom up. A package may import what stands on floors
// below its own and, on its own floor, only its own tree.
const (
	floorBase     = iota // errs, and data without code
	floorDomain          // pure rules
	floorPlumbing        // config, obs, seal: no business in them
	floorOutside         // the database, platforms, rails, mail
	floorBooks           // target − posted, the keys to stores, work outside: what several use cases need
	floorUseCase
	floorEdge
	floorMain
)

// tree is a folder with one place in the building. The longest match counts.
type tree struct {
	path  string
	floor int
}

var trees = []tree{
	{"internal/errs", floorBase},
	{"migrations", floorBase},
	{"extensions", floorBase}, // the theme app extension, embedded
	{"internal/domain", floorDomain},
	{"internal/config", floorPlumbing},
	{"internal/obs", floorPlumbing},
	{"internal/seal", floorPlumbing},
	{"internal/batch", floorPlumbing},
	{"internal/store", floorOutside},
	{"internal/platform", floorOutside},
	{"internal/rail", floorOutside},
	{"internal/social", floorOutside},
	{"internal/beacon", floorOutside},
	{"internal/mail", floorOutside},
	{"internal/paper", floorOutside},
	{"internal/earning", floorBooks},
	{"internal/credential", floorBooks},
	{"internal/outbox", floorBooks},
	{"internal/intake", floorUseCase},
	{"internal/tracking", floorUseCase}, // with its folders content and giveaway
	{"internal/landing", floorUseCase},
	{"internal/program", floorUseCase},
	{"internal/payout", floorUseCase},
	{"internal/tenant", floorUseCase},
	{"internal/identity", floorUseCase},
	{"internal/insight", floorUseCase},
	{"internal/dispute", floorUseCase},
	{"internal/notify", floorUseCase},
	{"jobs", floorEdge},
	{"app/web", floorEdge},
	{"app", floorMain},
	// Beside the building: only app and tests go there.
	{"internal/embedded", floorEdge},
	{"internal/sandbox", floorEdge},
	{"internal/mailsink", floorEdge},
	{"app/bench", floorEdge},
	{"internal/pgtest", floorMain},
}

// plumbingFor is what plumbing may use of its own floor: settings hold keys.
var plumbingFor = map[string][]string{"internal/config": {"internal/seal"}}

// homes says who alone imports a framework, outside tests. app/bench may
// import all of them: it measures them as baselines.
var homes = map[string][]string{
	"github.com/labstack/echo":        {"app/web"},
	"github.com/danielgtaylor/huma":   {"app/web"},
	"github.com/hibiken/asynq":        {"jobs"},
	"gorm.io/":                        {"internal/store"},
	"github.com/pressly/goose":        {"internal/store"},
	"github.com/bold-commerce/":       {"internal/platform/shopify"},
	"github.com/jackc/pgx":            {"internal/store", "internal/embedded", "internal/pgtest"},
	"database/sql":                    {"internal/store"},
	"github.com/spf13/cobra":          {"app"},
	"github.com/caarlos0/env":         {"internal/config"},
	"github.com/wneessen/go-mail":     {"internal/mail"},
	"github.com/emersion/go-smtp":     {"internal/mailsink"},
	"codeberg.org/go-pdf/fpdf":        {"internal/paper"},
	"github.com/alicebob/miniredis":   {"internal/embedded"},
	"github.com/schollz/progressbar":  {"app"},
	"github.com/prometheus/client_go": {"internal/obs", "app/web", "app"},
}

const bench = "app/bench"

// impure is what domain code has no use for.
var impure = []string{"context", "database/sql", "net", "os", "log", "sync", "io/fs", "math/rand", "crypto/rand", "runtime", "syscall", "testing"}

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func inside(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

func find(path string) (tree, bool) {
	best := tree{}
	for _, t := range trees {
		if inside(path, t.path) && len(t.path) > len(best.path) {
			best = t
		}
	}
	return best, best.path != ""
}

func TestNothingLooksUp(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		path, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue // this package of tests
		}
		from, ok := find(path)
		if !ok {
			t.Errorf("%s stands on no floor: give it one in architecture_test.go", path)
			continue
		}
		for _, imported := range p.Imports {
			if why := wrong(path, from, imported); why != "" {
				t.Errorf("%s imports %s: %s", path, imported, why)
			}
		}
	}
}

func wrong(path string, from tree, imported string) string {
	target, ours := strings.CutPrefix(imported, module)
	if !ours {
		return wrongHome(path, from, imported)
	}
	to, ok := find(target)
	switch {
	case !ok, to.path == from.path, to.floor < from.floor && to.path != "internal/pgtest":
		if from.floor == floorDomain && to.floor == floorBase && to.path != "internal/errs" {
			return "domain rules know nothing but errs"
		}
		return ""
	case slices.Contains(plumbingFor[from.path], to.path):
		return ""
	case from.path == "internal/pgtest" || from.path == bench || from.path == "internal/sandbox":
		if to.floor <= floorEdge && to.path != "app/web" || from.path == bench {
			return ""
		}
	}
	if to.floor == from.floor {
		return "they stand on the same floor; what both need is a rule (domain) or a query (store)"
	}
	return "that is a floor above"
}

func wrongHome(path string, from tree, imported string) string {
	if from.floor == floorDomain {
		for _, bad := range impure {
			if inside(imported, bad) {
				return "domain rules are pure functions of their arguments"
			}
		}
	}
	if inside(path, bench) {
		return ""
	}
	for prefix, only := range homes {
		if strings.HasPrefix(imported, prefix) && !slices.ContainsFunc(only, func(home string) bool {
			return path == home || (inside(path, home) && home != "app")
		}) {
			return "only " + strings.Join(only, " and ") + " may"
		}
	}
	return ""
}

// The building is only as good as its check.
func TestTheRuleKnowsRightFromWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"app/web", "tributary/internal/payout", true},
		{"internal/payout", "tributary/internal/store", true},
		{"internal/payout", "tributary/internal/obs", true},
		{"internal/store", "tributary/internal/domain/ledger", true},
		{"internal/platform/shopify", "tributary/internal/platform/wire", true},
		{"internal/domain/order", "tributary/internal/domain/money", true},
		{"internal/config", "tributary/internal/seal", true},
		{"app", "tributary/internal/sandbox", true},
		{"internal/sandbox", "tributary/internal/platform/shopify", true},
		{"internal/store", "tributary/migrations", true},
		{"app/web", "github.com/labstack/echo/v4", true},
		{"internal/payout", "tributary/internal/intake", false},
		{"internal/store", "tributary/internal/intake", false},
		{"internal/store", "tributary/internal/platform/shopify", false},
		{"internal/domain/order", "tributary/internal/store", false},
		{"internal/domain/order", "tributary/internal/obs", false},
		{"internal/domain/order", "tributary/migrations", false},
		{"internal/domain/order", "context", false},
		{"internal/domain/order", "net/http", false},
		{"internal/intake", "tributary/jobs", false},
		{"internal/intake", "tributary/internal/embedded", false},
		{"jobs", "tributary/app/web", false},
		{"app/web", "tributary/internal/sandbox", false},
		{"app", "tributary/internal/pgtest", false},
		{"app", "github.com/labstack/echo/v4", false},
		{"jobs", "gorm.io/gorm", false},
		{"internal/intake", "github.com/jackc/pgx/v5", false},
		{"app/web", "github.com/hibiken/asynq", false},
	} {
		from, ok := find(c.from)
		if !ok {
			t.Fatalf("%s stands on no floor", c.from)
		}
		if why := wrong(c.from, from, c.to); (why == "") != c.ok {
			t.Errorf("%s → %s: %q", c.from, c.to, why)
		}
	}
}

// Money never touches a float, rules never read the clock and start nothing.
func TestDomainCodeIsPureAndExact(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	err := filepath.WalkDir("internal/domain", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if bad := impurity(n); bad != "" {
				t.Errorf("%s: %s", fset.Position(n.Pos()), bad)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func impurity(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "domain code starts no goroutine"
	case *ast.ChanType:
		return "domain code has no channel"
	case *ast.Ident:
		if n.Name == "float64" || n.Name == "float32" {
			return "domain code has no " + n.Name
		}
	case *ast.BasicLit:
		if n.Kind == token.FLOAT {
			return fmt.Sprintf("domain code has no float (%s)", n.Value)
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "Local"}, n.Sel.Name) {
			return "domain code does not read the clock: time is an argument"
		}
	}
	return ""
}
