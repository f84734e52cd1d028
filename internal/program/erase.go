package program

import (
	"context"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Erase forgets who an influencer is. It deactivates them first, and refuses
// while anything is pending, owed or on its way: money needs somebody to go to.
// It does nothing to one who was erased.
func Erase(ctx context.Context, tx *store.Tx, id int64) (*store.Influencer, error) {
	i, err := lockInfluencer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(i.Handle, "erased-") && i.Email == "" {
		return i, nil
	}
	owed, err := tx.InfluencerOwed(ctx, id)
	if err != nil {
		return nil, err
	}
	if owed {
		return nil, errs.New(errs.Conflict, "influencer_owed", "This influencer still has money pending or owed. Pay it, let its hold pass, or write it off first.")
	}
	if _, err := tx.EndSpan(ctx, id, tx.Now); err != nil {
		return nil, err
	}
	if err := tx.EraseInfluencer(ctx, id); err != nil {
		return nil, err
	}
	return tx.Influencer(ctx, id)
}
