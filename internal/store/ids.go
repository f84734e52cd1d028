package store

import (
	"context"
	"fmt"
	"sync"
)

const idBlockSize = 1024

// idBlocks hands out ids of earnings, journals and payout lines from blocks
// reserved in the database: unique, ascending within a process, with gaps.
type idBlocks struct {
	mu         sync.Mutex
	next, last int64
}

// IDs reserves n ids. They need not be consecutive.
func (tx *Tx) IDs(ctx context.Context, n int) ([]int64, error) {
	b := &tx.db.ids
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]int64, 0, n)
	for len(ids) < n {
		if b.next == b.last {
			want := (n - len(ids) + idBlockSize - 1) / idBlockSize
			rows, err := tx.pgx.Query(ctx, "SELECT nextval('id_block') FROM generate_series(1, $1)", want)
			if err != nil {
				return nil, fmt.Errorf("reserve ids: %w", err)
			}
			for rows.Next() {
				var top int64
				if err := rows.Scan(&top); err != nil {
					rows.Close()
					return nil, fmt.Errorf("reserve ids: %w", err)
				}
				for id := top; id < top+idBlockSize; id++ {
					if len(ids) < n {
						ids = append(ids, id)
					} else {
						b.next, b.last = id, top+idBlockSize
						break
					}
				}
			}
			if err := rows.Err(); err != nil {
				return nil, fmt.Errorf("reserve ids: %w", err)
			}
			continue
		}
		ids = append(ids, b.next)
		b.next++
	}
	return ids, nil
}
