package store

import (
	"context"
	"fmt"
	"time"
)

// LandingDraft is what somebody is writing on a page.
type LandingDraft struct {
	Document []byte // JSON as it was typed
	Author   string
	SavedAt  time.Time
}

// KeepLandingDraft stores the draft of a page in place of the one before;
// ErrNotFound when there is no such page.
func (tx *Tx) KeepLandingDraft(ctx context.Context, pageID int64, document []byte, author string) (*LandingDraft, error) {
	tag, err := tx.pgx.Exec(ctx, `INSERT INTO page_drafts (shop_id, page_id, document, author, saved_at)
		SELECT shop_id, id, $3, $4, $5 FROM pages WHERE shop_id = $1 AND id = $2
		ON CONFLICT (shop_id, page_id) DO UPDATE SET document = excluded.document, author = excluded.author, saved_at = excluded.saved_at`,
		tx.ShopID, pageID, string(document), author, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("keep the draft of page %d: %w", pageID, err)
	}
	if tag.RowsAffected() == 0 {
		return nil, fmt.Errorf("page %d: %w", pageID, ErrNotFound)
	}
	return &LandingDraft{Document: document, Author: author, SavedAt: tx.Now}, nil
}

// LandingDraft returns the draft of a page; ErrNotFound when there is none.
func (tx *Tx) LandingDraft(ctx context.Context, pageID int64) (*LandingDraft, error) {
	var d LandingDraft
	var doc string
	err := tx.pgx.QueryRow(ctx, "SELECT document, author, saved_at FROM page_drafts WHERE shop_id = $1 AND page_id = $2", tx.ShopID, pageID).Scan(&doc, &d.Author, &d.SavedAt)
	if err != nil {
		return nil, fmt.Errorf("load the draft of page %d: %w", pageID, notFound(err))
	}
	d.Document, d.SavedAt = []byte(doc), d.SavedAt.UTC()
	return &d, nil
}

// DropLandingDraft forgets the draft of a page; there may be none.
func (tx *Tx) DropLandingDraft(ctx context.Context, pageID int64) error {
	if _, err := tx.pgx.Exec(ctx, "DELETE FROM page_drafts WHERE shop_id = $1 AND page_id = $2", tx.ShopID, pageID); err != nil {
		return fmt.Errorf("drop the draft of page %d: %w", pageID, err)
	}
	return nil
}
