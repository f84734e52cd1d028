package earning

import (
	"context"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/lead"
	"tributary/internal/domain/terms"
	"tributary/internal/store"
)

// leads are the leads of a version with their verdicts. The hold of one
// begins when it was qualified; one that is not has no end of it yet.
func (b *Book) leads(ctx context.Context, v *attribution.Agreement, _ *terms.Component) ([]unit, error) {
	rows, err := b.Tx.LeadsOfVersion(ctx, v.ID, v.VersionID)
	if err != nil {
		return nil, err
	}
	units := make([]unit, 0, len(rows))
	for i := range rows {
		l := &rows[i]
		u := unit{source: l.ID, when: l.SubmittedAt, state: store.EarningPending}
		if l.State == string(lead.Qualified) {
			u.count, u.release = 1, b.release(v.Terms, l.QualifiedAt)
		} else {
			u.state, u.reason = store.EarningVoid, l.State
			if l.Reason != "" && l.State == string(lead.Rejected) {
				u.reason = l.State + ": " + l.Reason
			}
		}
		units = append(units, u)
	}
	return units, nil
}
