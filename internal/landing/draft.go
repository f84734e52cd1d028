package landing

import (
	"context"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Draft keeps what somebody is writing on a page, with its mistakes, and tells
// those: a draft need not be a page yet. It takes the place of the one before.
func Draft(ctx context.Context, tx *store.Tx, id int64, document []byte, author string) (*store.LandingDraft, []errs.Field, error) {
	if err := joined(nil, noteFields(&author, new(string))); err != nil {
		return nil, nil, err
	}
	if len(document) > 2*48<<10 {
		return nil, nil, errs.New(errs.Invalid, "page_invalid", "This is more than a page may hold.", errs.Field{Path: "document", Msg: "is too long"})
	}
	d, err := tx.KeepLandingDraft(ctx, id, document, author)
	if err != nil {
		return nil, nil, missing(err, "page")
	}
	problems, err := Problems(ctx, tx, document)
	return d, problems, err
}

// Problems is what keeps a document from being a version; nil when nothing does.
func Problems(ctx context.Context, tx *store.Tx, document []byte) ([]errs.Field, error) {
	_, err := read(ctx, tx, document)
	e := errs.As(err)
	switch {
	case err == nil:
		return nil, nil
	case e == nil || e.Kind != errs.Invalid:
		return nil, err
	case len(e.Fields) == 0:
		return []errs.Field{{Path: "document", Msg: e.Msg}}, nil
	}
	return e.Fields, nil
}
