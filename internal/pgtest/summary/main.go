// Command summary runs go test and counts:
//
//	go run ./internal/pgtest/summary -race ./jobs -- ./internal/...
//
// Each group of arguments between "--" is one go test run. It prints go test's
// own line per package and the whole output of what fails, and ends with all
// package lines once more and "N passed, N failed". Its exit code is
// 1 when anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// event is one line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

type totals struct {
	passed, failed, skipped int
	packages                []string // the "ok" and "FAIL" lines
	failedIn                map[string]bool
	output                  map[string]*strings.Builder
}

func main() {
	t := totals{output: map[string]*strings.Builder{}, failedIn: map[string]bool{}}
	began := time.Now()
	ok := true
	for _, args := range groups(os.Args[1:]) {
		if !t.run(args) {
			ok = false
		}
	}
	fmt.Println()
	for _, line := range t.packages {
		fmt.Print(line)
	}
	fmt.Printf("%d skipped, took %s\n", t.skipped, time.Since(began).Round(time.Second))
	fmt.Printf("%d passed, %d failed\n", t.passed, t.failed)
	if !ok {
		os.Exit(1)
	}
}

func groups(args []string) [][]string {
	all := [][]string{{}}
	for _, a := range args {
		if a == "--" {
			all = append(all, []string{})
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], a)
	}
	return all
}

func (t *totals) run(args []string) bool {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		return false
	}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		var e event
		switch {
		case len(line) > 0 && json.Unmarshal(line, &e) == nil:
			t.take(e)
		case len(line) > 0:
			fmt.Print(string(line)) // not an event: say it as it is
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "summary:", err)
			break
		}
	}
	return cmd.Wait() == nil
}

func (t *totals) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if e.Test == "" && isPackageLine(e.Output) {
			fmt.Print(e.Output)
			if !strings.Contains(e.Output, "no test files") {
				t.packages = append(t.packages, e.Output)
			}
			return
		}
		b := t.output[key]
		if b == nil {
			b = &strings.Builder{}
			t.output[key] = b
		}
		b.WriteString(e.Output)
	case "pass", "skip":
		if e.Test != "" {
			if e.Action == "pass" {
				t.passed++
			} else {
				t.skipped++
			}
		}
		delete(t.output, key)
	case "fail":
		// A package that fails without a test (it does not build, it timed
		// out) counts as one failure.
		if e.Test != "" || !t.failedIn[e.Package] {
			t.failed++
		}
		t.failedIn[e.Package] = true
		if b := t.output[key]; b != nil {
			fmt.Print(b.String())
			delete(t.output, key)
		}
	}
}

// isPackageLine recognizes "ok  \tpkg\t0.1s", "FAIL\tpkg\t0.1s" and "?   \tpkg".
func isPackageLine(s string) bool {
	return strings.HasPrefix(s, "ok  \t") || strings.HasPrefix(s, "FAIL\t") || strings.HasPrefix(s, "?   \t")
}
