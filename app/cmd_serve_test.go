package main

import (
	"reflect"
	"testing"

	"tributary/internal/payout"
)

func TestEveryTaskHasWorkToCall(t *testing.T) {
	t.Parallel()
	work := reflect.ValueOf((&system{Payouts: &payout.Closer{}}).work())
	for i := range work.NumField() {
		if work.Field(i).IsNil() {
			t.Errorf("%s does nothing: its task would panic", work.Type().Field(i).Name)
		}
	}
}
