// Package embedded is the default without settings: a real PostgreSQL started
// from installed binaries, and an in-process Redis.
package embedded

import (
	"context"
	"errors"
	"log/slog"
)

type Options struct {
	Dir      string
	Log      *slog.Logger
	Settings []string
}

type Postgres struct{ url string }

func Start(ctx context.Context, o Options) (*Postgres, error) { return nil, errors.New("not yet") }

func (p *Postgres) URL() string                    { return p.url }
func (p *Postgres) Stop(ctx context.Context) error { return nil }
func (p *Postgres) Failed() <-chan error           { return nil }
func Remove(dir string) error                      { return nil }
