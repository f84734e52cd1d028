package main

import (
	"reflect"
	"testing"
)

func TestEveryTaskHasSomebodyWhoDoesIt(t *testing.T) {
	t.Parallel()
	work := reflect.ValueOf((&system{}).work())
	for i := range work.NumField() {
		if work.Field(i).IsNil() {
			t.Errorf("nobody does %s", work.Type().Field(i).Name)
		}
	}
}
