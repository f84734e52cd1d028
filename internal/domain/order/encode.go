package order

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Bytes that are not UTF-8 become U+FFFD rather than losing an order; stored
// states are our own writing, so looking for duplicate names is wasted; and
// omitempty leaves out zeros, as encoding/json reads the same tags.
var options = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), jsonv1.OmitEmptyWithLegacySemantics(true))

// Encode is o as JSON for storage. Equal orders have equal bytes.
func Encode(o *Order) []byte { return encode(o) }

// Decode reads what Encode gave. Members it does not know are left out.
func Decode(b []byte) (*Order, error) {
	var o Order
	if err := json.Unmarshal(b, &o, options); err != nil {
		return nil, fmt.Errorf("decode order state: %w", err)
	}
	return &o, nil
}

func encode(v any) []byte {
	b, err := json.Marshal(v, options)
	if err != nil {
		// Only a time outside the years 0 to 9999 cannot be written.
		panic(fmt.Sprintf("order: encode: %v", err))
	}
	return b
}
