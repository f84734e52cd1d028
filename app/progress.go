package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// progress shows how far long work has come: a bar on a terminal, a line every
// few seconds elsewhere, nothing with --json.
type progress struct {
	what string
	w    io.Writer
	bar  *progressbar.ProgressBar
	tty  bool
	next time.Time
}

func newProgress(cmd *cobra.Command, what string) *progress {
	p := &progress{what: what, w: cmd.ErrOrStderr(), next: time.Now().Add(2 * time.Second)}
	if wantJSON(cmd) {
		p.w = io.Discard
	}
	f, ok := p.w.(*os.File)
	p.tty = ok && term.IsTerminal(int(f.Fd()))
	return p
}

// Set says that done of total are done. total may grow.
func (p *progress) Set(done, total int64) {
	if !p.tty {
		if now := time.Now(); now.After(p.next) {
			p.next = now.Add(5 * time.Second)
			fmt.Fprintf(p.w, "%s: %d of %d\n", p.what, done, total)
		}
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(p.what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish())
	}
	p.bar.ChangeMax64(total)
	_ = p.bar.Set64(done)
}

// Done takes the bar away.
func (p *progress) Done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
