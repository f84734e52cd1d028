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

// A Line is the one wide log line of one unit of work: a request, a job, a
// batch. What is learned on the way is added; Done writes it. A Line belongs to
// one goroutine.
type Line struct {
	log   *slog.Logger
	msg   string
	start time.Time
	attrs []slog.Attr
	quiet bool
}

// NewLine begins the line of a unit of work.
func NewLine(log *slog.Logger, msg string, attrs ...slog.Attr) *Line {
	return &Line{log: log, msg: msg, start: time.Now(), attrs: attrs}
}

// Add puts facts on the line. It may be called on nil.
func (l *Line) Add(attrs ...slog.Attr) {
	if l != nil {
		l.attrs = append(l.attrs, attrs...)
	}
}

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

type lineKey struct{}

// WithLine lets code further down add to the line: LineFrom(ctx).Add(…).
func WithLine(ctx context.Context, l *Line) context.Context {
	return context.WithValue(ctx, lineKey{}, l)
}

// LineFrom returns the line of this unit of work, or nil, which is usable.
func LineFrom(ctx context.Context) *Line {
	l, _ := ctx.Value(lineKey{}).(*Line)
	return l
}
