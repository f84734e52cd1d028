package platform

import (
	"crypto/hmac"
	"crypto/sha256"
)

// PluginKey is the key of the session tokens that a WooCommerce store's plugin
// makes. It is derived from the secret of the connection, so that no signature of
// a webhook can pass for one of a session.
func PluginKey(secret string) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("tributary admin session"))
	return m.Sum(nil)
}
