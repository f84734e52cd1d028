package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

// Verifier checks base64(HMAC-SHA256(secret, raw body)), as both platforms sign
// it, against one of its secrets. It is safe for concurrent use and keeps the
// keyed hash states, so that a check costs little more than hashing the body.
type Verifier struct {
	keys []*sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

// NewVerifier makes a Verifier for the secrets that are not empty: usually the
// current one and, while it is being replaced, the previous one.
func NewVerifier(secrets ...string) *Verifier {
	v := &Verifier{}
	for _, s := range secrets {
		if s != "" {
			key := []byte(s)
			v.keys = append(v.keys, &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, key)} }})
		}
	}
	return v
}

// Verify reports whether header signs body. An empty body, an empty secret and
// a digest of any other length never verify. The comparison takes constant time.
func (v *Verifier) Verify(body []byte, header string) bool {
	var want [sha256.Size]byte
	if len(body) == 0 || !decodeDigest(header, &want) {
		return false
	}
	for _, p := range v.keys {
		m := p.Get().(*mac)
		m.Reset()
		m.Write(body)
		ok := hmac.Equal(m.Sum(m.sum[:0]), want[:])
		p.Put(m)
		if ok {
			return true
		}
	}
	return false
}

// Verify is Verifier.Verify for a secret that is used once.
func Verify(body []byte, header string, secrets ...string) bool {
	var want [sha256.Size]byte
	if len(body) == 0 || !decodeDigest(header, &want) {
		return false
	}
	for _, s := range secrets {
		if s == "" {
			continue
		}
		m := hmac.New(sha256.New, []byte(s))
		m.Write(body)
		if hmac.Equal(m.Sum(nil), want[:]) {
			return true
		}
	}
	return false
}

// Sign is the header value that Verify accepts.
func Sign(body []byte, secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// decodeDigest reads standard base64 of exactly 32 bytes.
func decodeDigest(header string, out *[sha256.Size]byte) bool {
	const encoded = 44
	if len(header) != encoded {
		return false
	}
	// The decoder skips line breaks; 44 characters with one are not 32 bytes.
	var src [encoded]byte
	var buf [33]byte
	copy(src[:], header)
	n, err := base64.StdEncoding.Strict().Decode(buf[:], src[:])
	if err != nil || n != sha256.Size {
		return false
	}
	copy(out[:], buf[:])
	return true
}
