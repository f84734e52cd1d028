// Package seal keeps secrets unreadable at rest: AES-256-GCM under keys with
// ids, so that keys can be rotated without re-sealing everything at once.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// A Key is one sealing key. Its id is written in front of everything it seals.
type Key struct {
	ID     string // 1 to 32 of a-z, 0-9, '-', '_'
	Secret []byte // KeySize random bytes
}

// ErrOpen says that sealed bytes are damaged, were sealed with another key of
// the same id, or belong to another place (aad).
var ErrOpen = errors.New("sealed data does not open: it is damaged, was sealed for another place, or the key behind its id was changed")

// UnknownKeyError says that the key which sealed the data is not configured.
type UnknownKeyError struct{ ID string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("sealed with key %q, which SECRET_KEYS does not list: put it back, after the key that seals new data", e.ID)
}

// Keys seals with the first key and opens with all of them. It is safe for
// concurrent use.
type Keys struct {
	first  string
	aeads  map[string]cipher.AEAD
	derive []byte
}

const version = 1

var keyID = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// New checks the keys and makes them ready.
func New(keys []Key) (*Keys, error) {
	if len(keys) == 0 {
		return nil, errors.New("no sealing key")
	}
	k := &Keys{first: keys[0].ID, aeads: make(map[string]cipher.AEAD, len(keys)), derive: keys[len(keys)-1].Secret}
	for _, key := range keys {
		if !keyID.MatchString(key.ID) {
			return nil, fmt.Errorf("key id %q: use 1 to 32 of a-z, 0-9, '-' and '_'", key.ID)
		}
		if _, twice := k.aeads[key.ID]; twice {
			return nil, fmt.Errorf("key id %q is listed twice", key.ID)
		}
		if len(key.Secret) != KeySize {
			return nil, fmt.Errorf("key %q has %d bytes, want %d", key.ID, len(key.Secret), KeySize)
		}
		block, err := aes.NewCipher(key.Secret)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key.ID, err)
		}
		if k.aeads[key.ID], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("key %q: %w", key.ID, err)
		}
	}
	return k, nil
}

// Seal encrypts plain with the first key. aad names the place the secret
// belongs to ("shop/7/token"); Open must be told the same.
func (k *Keys) Seal(plain, aad []byte) []byte {
	aead := k.aeads[k.first]
	out := make([]byte, 0, 2+len(k.first)+aead.NonceSize()+len(plain)+aead.Overhead())
	out = append(out, version, byte(len(k.first)))
	out = append(out, k.first...)
	head := len(out)
	out = out[:head+aead.NonceSize()]
	_, _ = rand.Read(out[head:]) // never fails
	return aead.Seal(out, out[head:], plain, bind(out[:head], aad))
}

// Open is the reverse of Seal. It returns *UnknownKeyError or ErrOpen.
func (k *Keys) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != version || len(sealed) < 2+int(sealed[1]) {
		return nil, ErrOpen
	}
	head := 2 + int(sealed[1])
	id := string(sealed[2:head])
	aead, ok := k.aeads[id]
	if !ok {
		if !keyID.MatchString(id) {
			return nil, ErrOpen
		}
		return nil, &UnknownKeyError{ID: id}
	}
	if len(sealed) < head+aead.NonceSize() {
		return nil, ErrOpen
	}
	body := head + aead.NonceSize()
	plain, err := aead.Open(nil, sealed[head:body], sealed[body:], bind(sealed[:head], aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Current reports whether sealed was made with the key that seals new data;
// what was not is worth sealing again.
func (k *Keys) Current(sealed []byte) bool {
	return len(sealed) >= 2 && sealed[0] == version && len(sealed) >= 2+int(sealed[1]) &&
		string(sealed[2:2+int(sealed[1])]) == k.first
}

// Prefix is what everything begins with that is sealed with the key that seals
// new data.
func (k *Keys) Prefix() []byte {
	return append([]byte{version, byte(len(k.first))}, k.first...)
}

// Derive returns a 32-byte key for one purpose ("session", "ip-hash"). It comes
// from the last key of the list, the oldest, so that putting a new key in front
// changes no derived key.
func (k *Keys) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.derive, nil, "tributary/"+purpose, KeySize)
	if err != nil {
		panic("derive key: " + err.Error()) // only for lengths above 8160 bytes
	}
	return key
}

// bind ties the header (version and key id) to the place.
func bind(head, aad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(aad)), head...), aad...)
}

// Generate makes a new random key.
func Generate(id string) Key {
	secret := make([]byte, KeySize)
	_, _ = io.ReadFull(rand.Reader, secret) // never fails
	return Key{ID: id, Secret: secret}
}

// String is the form Parse reads; it holds the secret.
func (k Key) String() string { return k.ID + ":" + base64.StdEncoding.EncodeToString(k.Secret) }

// Parse reads "id:base64,id:base64". Errors never quote a secret.
func Parse(list string) ([]Key, error) {
	var keys []Key
	for i, item := range strings.Split(list, ",") {
		id, b64, ok := strings.Cut(strings.TrimSpace(item), ":")
		if !ok {
			return nil, fmt.Errorf("key %d of the list is not id:base64", i+1)
		}
		secret, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			return nil, fmt.Errorf("key %q is not base64 after the colon", id)
		}
		keys = append(keys, Key{ID: id, Secret: secret})
	}
	_, err := New(keys)
	return keys, err
}
