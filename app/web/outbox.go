package web

import (
	"context"
	"time"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// OutboxWork is something to be done outside: a code to be made in the store, a
// mail to be sent.
type OutboxWork struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" example:"code:apply"`
	State     string     `json:"state" enum:"ready,done,failed,in_doubt" doc:"in_doubt: nobody knows whether the effect is there"`
	Attempts  int        `json:"attempts"`
	NextAt    time.Time  `json:"next_at" doc:"When it is tried next, in the state ready"`
	Note      string     `json:"note,omitempty" doc:"Why the last attempt failed"`
	CreatedAt time.Time  `json:"created_at"`
	DoneAt    *time.Time `json:"done_at,omitempty"`
}

func asOutboxWork(e *store.OutboxEntry) OutboxWork {
	return OutboxWork{ID: formatID("out", e.ID), Kind: e.Kind, State: e.State, Attempts: e.Attempts, NextAt: e.NextAt.UTC(), Note: e.Note,
		CreatedAt: e.CreatedAt.UTC(), DoneAt: utcOrNil(e.DoneAt)}
}

type listOutboxIn struct {
	PageIn
	State string `query:"state" enum:"ready,done,failed,in_doubt" default:"failed"`
}

func (s *Server) listOutbox(ctx context.Context, tx *store.Tx, in *listOutboxIn) (List[OutboxWork], error) {
	p, err := in.page()
	if err != nil {
		return List[OutboxWork]{}, err
	}
	rows, next, err := tx.ListOutbox(ctx, in.State, p)
	if err != nil {
		return List[OutboxWork]{}, err
	}
	return listOf(rows, next, asOutboxWork), nil
}

// WorkRetried says that work will be tried again.
type WorkRetried struct {
	ID    string `json:"id"`
	State string `json:"state" enum:"ready"`
}

func (s *Server) retryOutbox(ctx context.Context, tx *store.Tx, in *IDIn) (WorkRetried, error) {
	id, err := parseID("out", in.ID)
	if err == nil {
		err = tx.RetryOutbox(ctx, id)
	}
	if store.IsNotFound(err) {
		return WorkRetried{}, errs.New(errs.NotFound, "work_not_failed", "There is no such work that has failed or is in doubt.")
	}
	return WorkRetried{ID: in.ID, State: store.OutboxReady}, err
}
