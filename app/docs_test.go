package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"tributary/internal/pgtest"
)

// asProgram makes this test binary the program itself, for tests that need it
// as a process.
const asProgram = "TRIBUTARY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	code := m.Run()
	for _, dir := range []string{binaryDir, shared} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
	os.Exit(code)
}

func TestTheCommandsOfTheAPIPageDoWhatItSays(t *testing.T) {
	t.Parallel()
	runPage(t, "../docs/api.md")
}

// runPage runs the sh blocks of a page one after the other in a shell beside a
// server, and looks for what it says they print.
func runPage(t *testing.T, page string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the page says what is different elsewhere")
	}
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the page cannot be tried without %s", tool)
		}
	}
	address := freeAddress(t)
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\n" + asProgram + "=1 exec '" + self + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "tributary"), []byte(script), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DATABASE_URL="+pgtest.New(t), "DATA_DIR="+bin, "LISTEN="+address,
		"SHOPIFY_CLIENT_ID=an-id", "SHOPIFY_CLIENT_SECRET=a-secret-of-the-test")

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var log bytes.Buffer
	server := exec.Command(filepath.Join(bin, "tributary"), "serve") //nolint:gosec,noctx // ourselves, ended by a signal
	server.Env, server.Stdout, server.Stderr = env, &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Signal(os.Interrupt)
		if err := server.Wait(); err != nil {
			t.Errorf("the server: %v\n%s", err, &log)
		}
	}()

	commands, expected := readPage(t, page)
	shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail") //nolint:gosec // the page is ours
	shell.Dir, shell.Env = "..", env
	shell.Stdin = strings.NewReader(strings.ReplaceAll(beforePage+commands, "127.0.0.1:8080", address))
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, words := range expected {
		if !bytes.Contains(out, []byte(words)) {
			t.Errorf("%s says that %s is printed. What was:\n%s", page, words, out)
		}
	}
}

// beforePage makes curl fail on what HTTP calls an error, and sleep last until
// everything is settled, however slow the machine is.
const beforePage = `curl() { command curl --fail-with-body "$@"; }
sleep() { command sleep "$1"; until command curl -s http://127.0.0.1:8080/metrics | grep -q '^tributary_deliveries_unprocessed 0$'; do command sleep 0.1; done; }
until tributary health >/dev/null 2>&1; do command sleep 0.1; done
`

// readPage takes the sh blocks out of a page, and what stands behind arrows.
func readPage(t *testing.T, page string) (commands string, expected []string) {
	t.Helper()
	b, err := os.ReadFile(page) //nolint:gosec // of the documentation
	if err != nil {
		t.Fatal(err)
	}
	in := false
	var all strings.Builder
	for line := range strings.Lines(string(b)) {
		switch strings.TrimSpace(line) {
		case "```sh":
			in = true
			continue
		case "```":
			in = false
		}
		if !in {
			continue
		}
		all.WriteString(line)
		for _, words := range strings.Split(line, "→")[1:] {
			expected = append(expected, strings.TrimSpace(words))
		}
	}
	if len(expected) == 0 {
		t.Fatalf("%s has no commands to try", page)
	}
	return all.String(), expected
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTheWalkthroughNamesFilesAndFunctionsThatExist(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/walkthrough.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([^`]+)`")
	path := regexp.MustCompile(`^[a-z][A-Za-z0-9_./-]*\.(go|sql|json|golden)$`)
	word := regexp.MustCompile(`^[A-Za-z]+$`)
	table := false
	files, functions := 0, 0
	for line := range strings.Lines(string(b)) {
		table = strings.HasPrefix(line, "|")
		var code strings.Builder // of the files that this line names
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if !path.MatchString(m[1]) {
				continue
			}
			text, err := os.ReadFile("../" + m[1])
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			code.Write(text)
			files++
		}
		if !table || code.Len() == 0 {
			continue
		}
		where := strings.Split(line, "|")
		if len(where) < 3 {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(where[2], -1) {
			if !word.MatchString(m[1]) {
				continue
			}
			functions++
			if !regexp.MustCompile(`func (\([^)]*\) )?` + m[1] + `[\[(]`).MatchString(code.String()) {
				t.Errorf("no function %s in the files that stand beside it: %s", m[1], line)
			}
		}
	}
	if files < 20 || functions < 15 {
		t.Errorf("only %d files and %d functions were looked at", files, functions)
	}
}
