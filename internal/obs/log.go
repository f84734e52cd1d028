// Package obs is how the program is seen from outside: log lines and metrics.
package obs

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"tributary/internal/errs"
)

// NewLog writes log lines to w. level is debug, info, warn or error; format is
// text, json, or auto: text when w is a terminal, json otherwise.
func NewLog(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	if format == "text" || (format != "json" && IsTerminal(w)) {
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: shortTime}))
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: milliseconds}))
}

// IsTerminal reports whether a person is looking at w.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func shortTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.String(slog.TimeKey, a.Value.Time().Format(time.TimeOnly+".000"))
	}
	return a
}

// milliseconds tells durations with their unit: JSON has none.
func milliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
	}
	return a
}

// A Line is the one wide log line of one unit of work, such as a request, made
// when the work is over: most of a door's lines are never written.
type Line struct {
	log   *slog.Logger
	msg   string
	start time.Time
	attrs []slog.Attr
	quiet bool
}

// NewLine makes the line of a unit of work that began at start.
func NewLine(log *slog.Logger, msg string, start time.Time) *Line {
	return &Line{log: log, msg: msg, start: start}
}

// Add puts facts on the line.
func (l *Line) Add(attrs ...slog.Attr) { l.attrs = append(l.attrs, attrs...) }

// Quiet makes the line one of level debug if all is well, and reports whether
// that is not written: then there is nothing to add.
func (l *Line) Quiet(ctx context.Context) (muted bool) {
	l.quiet = true
	return !l.log.Enabled(ctx, slog.LevelDebug)
}

// Done writes the line: at level error when err is our fault, warn when it is
// a person's (an errs.Error), info when err is nil.
func (l *Line) Done(ctx context.Context, err error) {
	level := slog.LevelInfo
	if err == nil && l.quiet {
		level = slog.LevelDebug
	}
	attrs := append(l.attrs, slog.Duration("took", time.Since(l.start)))
	if err != nil {
		level = slog.LevelError
		if e := errs.As(err); e != nil && e.Kind != errs.Unavailable {
			level = slog.LevelWarn
			attrs = append(attrs, slog.String("code", e.Code))
		}
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.log.LogAttrs(ctx, level, l.msg, attrs...)
}
