package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"tributary/internal/seal"
)

// PluginSecret is what we and the companion plugin of one store both know: its
// tokens are signed with it. It follows from the id of the link, so that it need
// not be kept.
func PluginSecret(keys *seal.Keys, kid string) string {
	m := hmac.New(sha256.New, keys.Derive("plugin-link"))
	m.Write([]byte(kid))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
