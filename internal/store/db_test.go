package store_test

import (
	"context"
	"strconv"
	"strings"
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

func TestACustomersOrdersAreFoundByTheIndex(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, store.Options{})
	err := db.InTx(context.Background(), 7, func(tx *store.Tx) error {
		var os []store.OrderRow
		for i := range 5000 {
			os = append(os, store.OrderRow{ID: int64(i + 1), CustomerKey: strconv.Itoa(i), Currency: "USD", State: []byte{}})
		}
		if err := tx.UpsertOrders(context.Background(), os); err != nil {
			return err
		}
		plan, err := tx.Plan(context.Background(), store.OrdersOfCustomersSQL, int64(7), []string{"a", "b"})
		if err == nil && !strings.Contains(plan, "Index Cond: (customer_hash =") {
			t.Errorf("under row-level security the index is not used:\n%s", plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
