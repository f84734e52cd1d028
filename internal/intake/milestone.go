package intake

import (
	"context"

	"tributary/internal/domain/attribution"
	"tributary/internal/earning"
	"tributary/internal/store"
)

// Milestones settles the milestones of agreements inside tx. Those counted on
// locked sales move when holds pass, so the payout side calls it after it has
// locked earnings. The caller holds the shop's lock.
func (s *Settler) Milestones(ctx context.Context, tx *store.Tx, agreements []int64) error {
	book, err := earning.NewBook(ctx, tx)
	if err != nil {
		return err
	}
	book.Original = s.original
	versions, err := s.terms.Versions(ctx, tx, agreements)
	if err != nil {
		return err
	}
	return book.Milestones(ctx, versions)
}

// versionsOf is the signed versions of agreements that the work knows.
func (w *work) versionsOf(agreements []int64) []attribution.Agreement {
	var out []attribution.Agreement
	for _, id := range agreements {
		out = append(out, w.prog.agreements[id]...)
	}
	return out
}
