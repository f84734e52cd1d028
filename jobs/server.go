package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynq"
)

// Server runs tasks and ticks.
type Server struct {
	client    *asynq.Client
	server    *asynq.Server
	scheduler *asynq.Scheduler
	mux       *asynq.ServeMux
	log       *slog.Logger
	shutdown  time.Duration
}

// Options of NewServer.
type Options struct {
	RedisURL    string
	Concurrency int
	// Shutdown is how long running tasks may take to end.
	Shutdown time.Duration
	Log      *slog.Logger
	// Observe hears of every task that ran.
	Observe func(kind string, took time.Duration, err error)
}

// NewServer builds the worker process. wake is how the ticks pass on what they
// found.
func NewServer(o Options, w Work, wake *Waker) (*Server, error) {
	if missing := w.missing(); missing != nil {
		return nil, fmt.Errorf("jobs: nothing to call for %v", missing)
	}
	opt, err := asynq.ParseRedisURI(o.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w", err)
	}
	quiet := asynqLog{o.Log}
	s := &Server{
		client: asynq.NewClient(opt), mux: asynq.NewServeMux(), log: o.Log, shutdown: o.Shutdown,
		server: asynq.NewServer(opt, asynq.Config{
			Concurrency: o.Concurrency, ShutdownTimeout: o.Shutdown, Logger: quiet, LogLevel: asynq.WarnLevel,
			Queues:                   map[string]int{queueIntake: 6, queueTicks: 4, queueStores: 1},
			TaskCheckInterval:        50 * time.Millisecond,
			DelayedTaskCheckInterval: time.Second,
			// Only tasks of dead workers are run again, and they have waited.
			RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Second },
		}),
		scheduler: asynq.NewScheduler(opt, &asynq.SchedulerOpts{Logger: quiet, LogLevel: asynq.ErrorLevel, Location: time.UTC,
			PostEnqueueFunc: func(*asynq.TaskInfo, error) {}}), // a conflict only says that the last tick still waits
	}
	for _, k := range table(wake) {
		s.mux.HandleFunc(k.name, handler(k, w, o))
		if k.every != "" {
			task, options := k.tick()
			if _, err := s.scheduler.Register(k.every, task, options...); err != nil {
				return nil, fmt.Errorf("schedule %s: %w", k.name, err)
			}
		}
	}
	return s, nil
}

// handler logs one line for each task and never lets a failure through to
// asynq: an archived task id would be refused for ever, and the truth about
// what is left to do is in PostgreSQL, where the next tick finds it.
func handler(k kind, w Work, o Options) func(context.Context, *asynq.Task) error {
	return func(ctx context.Context, t *asynq.Task) (err error) {
		start := time.Now()
		p, err := decode(t)
		if err != nil {
			o.Log.Error("task refused", "task", k.name, "err", err)
			return nil
		}
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
			took := time.Since(start)
			if o.Observe != nil {
				o.Observe(k.name, took, err)
			}
			attrs := []any{"task", k.name, "shop_id", p.ShopID, "ms", took.Milliseconds()}
			switch {
			case err != nil:
				o.Log.Error("task failed", append(attrs, "err", err)...)
			case k.every == "":
				o.Log.Info("task", attrs...)
			default:
				o.Log.Debug("task", attrs...)
			}
			err = nil
		}()
		return k.run(ctx, w, p)
	}
}

// Start begins to work; it does not block. What an earlier worker left behind
// does not wait for the first tick.
func (s *Server) Start() error {
	if err := s.server.Start(s.mux); err != nil {
		return fmt.Errorf("start workers: %w", err)
	}
	if err := s.scheduler.Start(); err != nil {
		s.server.Shutdown()
		return fmt.Errorf("start schedule: %w", err)
	}
	task, options := sweep(nil).tick()
	if _, err := s.client.Enqueue(task, options...); err != nil && !errors.Is(err, asynq.ErrDuplicateTask) {
		s.log.Warn("no sweep at the start; the first tick makes up for it", "err", err)
	}
	return nil
}

// Stop lets running tasks end and gives the others back, in little more than
// Options.Shutdown. A Redis that hangs is left alone: what dies with a worker
// is found by the next sweep.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), s.shutdown+closePatience)
	defer cancel()
	err := within(ctx, func() error {
		s.scheduler.Shutdown()
		s.server.Shutdown()
		return s.client.Close()
	})
	if err != nil {
		s.log.Warn("workers not stopped in order", "err", err)
	}
}

// asynqLog passes asynq's own messages on.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(a ...any) { l.log.Debug(fmt.Sprint(a...), "from", "asynq") }
func (l asynqLog) Info(a ...any)  { l.log.Info(fmt.Sprint(a...), "from", "asynq") }
func (l asynqLog) Warn(a ...any)  { l.log.Warn(fmt.Sprint(a...), "from", "asynq") }
func (l asynqLog) Error(a ...any) { l.log.Error(fmt.Sprint(a...), "from", "asynq") }
func (l asynqLog) Fatal(a ...any) { l.log.Error(fmt.Sprint(a...), "from", "asynq") }
