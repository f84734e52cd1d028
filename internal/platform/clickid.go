package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"tributary/internal/seal"
)

// ClickIDs signs the ids of clicks and visits that travel through the store and
// come back with an order. A signed id is 32 of A-Z, a-z, 0-9, _ and -: the id
// and 64 bits of a MAC over it and the shop, so that nobody makes one up and none
// is of use in another shop.
type ClickIDs struct{ key []byte }

// NewClickIDs derives the key from keys.
func NewClickIDs(keys *seal.Keys) *ClickIDs { return &ClickIDs{keys.Derive("click-id")} }

const (
	clickMAC = 8
	clickLen = (16 + clickMAC) * 4 / 3
)

// Sign is the id as it is given to a browser.
func (c *ClickIDs) Sign(shopID int64, id [16]byte) string {
	var b [16 + clickMAC]byte
	copy(b[:], id[:])
	copy(b[16:], c.mac(shopID, id))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Open checks what came back. looks tells whether it has the form of a signed
// id; ok, that we signed it for this shop.
func (c *ClickIDs) Open(shopID int64, s string) (id [16]byte, looks, ok bool) {
	if len(s) != clickLen {
		return id, false, false
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return id, false, false
	}
	copy(id[:], b)
	return id, true, hmac.Equal(b[16:], c.mac(shopID, id))
}

func (c *ClickIDs) mac(shopID int64, id [16]byte) []byte {
	m := hmac.New(sha256.New, c.key)
	var shop [8]byte
	binary.BigEndian.PutUint64(shop[:], uint64(shopID)) //nolint:gosec // bits, not a number
	m.Write(shop[:])
	m.Write(id[:])
	return m.Sum(nil)[:clickMAC]
}
