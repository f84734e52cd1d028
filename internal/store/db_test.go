package store_test

import (
	"context"
	"testing"

	"tributary/internal/pgtest"
	"tributary/internal/store"
)

func TestATransactionSeesOneShop(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, store.Options{})
	err := db.InTx(context.Background(), 7, func(tx *store.Tx) error {
		ids, err := tx.IDs(context.Background(), 3000)
		if err != nil {
			return err
		}
		seen := map[int64]bool{}
		for _, id := range ids {
			if id == 0 || seen[id] {
				t.Errorf("id %d is not new", id)
			}
			seen[id] = true
		}
		if len(ids) != 3000 {
			t.Errorf("got %d ids", len(ids))
		}
		return tx.LockShop(context.Background())
	})
	if err != nil {
		t.Fatal(err)
	}
}
