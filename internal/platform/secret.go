package platform

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"

	"tributary/internal/domain/order"
	"tributary/internal/seal"
)

// NewHashKey makes the key of a shop's hashes of personal data, sealed. When
// it is destroyed, the hashes mean nothing.
func NewHashKey(keys *seal.Keys, p order.Platform, domain string) []byte {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return keys.Seal(key[:], hashKeyPlace(p, domain))
}

// OpenHash returns the keyed hash of a shop from its sealed key. Where the key
// was destroyed it gives nothing.
func OpenHash(keys *seal.Keys, p order.Platform, domain string, sealed []byte) (Hash, error) {
	if len(sealed) == 0 {
		return func(string) string { return "" }, nil
	}
	key, err := keys.Open(sealed, hashKeyPlace(p, domain))
	if err != nil {
		return nil, fmt.Errorf("open hash key of %s: %w", domain, err)
	}
	macs := sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}
	return func(s string) string {
		m := macs.Get().(hash.Hash)
		defer macs.Put(m)
		m.Reset()
		m.Write([]byte(s))
		var sum [sha256.Size]byte
		return hex.EncodeToString(m.Sum(sum[:0])[:16])
	}, nil
}

func hashKeyPlace(p order.Platform, domain string) []byte {
	return fmt.Appendf(nil, "shop/%d/%s/hash-key", p, strings.ToLower(domain))
}

// SealSecret seals the webhook secret of a connection.
func SealSecret(keys *seal.Keys, tokenHash []byte, secret string) []byte {
	return keys.Seal([]byte(secret), secretPlace(tokenHash))
}

// OpenSecret returns the webhook secret of a connection. tokenHash is the
// sha256 of the token in its delivery URL.
func OpenSecret(keys *seal.Keys, tokenHash, sealed []byte) (string, error) {
	secret, err := keys.Open(sealed, secretPlace(tokenHash))
	if err != nil {
		return "", fmt.Errorf("open connection secret: %w", err)
	}
	return string(secret), nil
}

func secretPlace(tokenHash []byte) []byte {
	return fmt.Appendf(nil, "connection/%x/secret", tokenHash)
}

// SealRestKeys seals the consumer key and secret of a connection's REST API.
func SealRestKeys(keys *seal.Keys, tokenHash []byte, key, secret string) []byte {
	return keys.Seal([]byte(key+"\n"+secret), restKeysPlace(tokenHash))
}

// OpenRestKeys returns what SealRestKeys sealed.
func OpenRestKeys(keys *seal.Keys, tokenHash, sealed []byte) (key, secret string, err error) {
	both, err := keys.Open(sealed, restKeysPlace(tokenHash))
	if err != nil {
		return "", "", fmt.Errorf("open the REST keys of a connection: %w", err)
	}
	key, secret, _ = strings.Cut(string(both), "\n")
	return key, secret, nil
}

func restKeysPlace(tokenHash []byte) []byte {
	return fmt.Appendf(nil, "connection/%x/rest-keys", tokenHash)
}

// SealDeliveryToken seals the token of a connection's delivery URL, from which
// a webhook of the store can be made again.
func SealDeliveryToken(keys *seal.Keys, tokenHash []byte, token string) []byte {
	return keys.Seal([]byte(token), DeliveryTokenPlace(tokenHash))
}

// OpenDeliveryToken returns what SealDeliveryToken sealed.
func OpenDeliveryToken(keys *seal.Keys, tokenHash, sealed []byte) (string, error) {
	token, err := keys.Open(sealed, DeliveryTokenPlace(tokenHash))
	if err != nil {
		return "", fmt.Errorf("open the delivery token of a connection: %w", err)
	}
	return string(token), nil
}

// DeliveryTokenPlace is of the token of a connection's delivery URL.
func DeliveryTokenPlace(tokenHash []byte) []byte {
	return fmt.Appendf(nil, "connection/%x/token", tokenHash)
}

// InstallKeysPlace is of the REST keys that a store has sent and that are no
// connection's yet.
func InstallKeysPlace(shopID, installID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/woo-install/%d/keys", shopID, installID)
}

// The two tokens of a Shopify shop.
const (
	AccessToken  = "access-token"
	RefreshToken = "refresh-token"
)

// SealToken seals AccessToken or RefreshToken of a shop.
func SealToken(keys *seal.Keys, shopID int64, which, token string) []byte {
	return keys.Seal([]byte(token), tokenPlace(shopID, which))
}

// OpenToken returns what SealToken sealed.
func OpenToken(keys *seal.Keys, shopID int64, which string, sealed []byte) (string, error) {
	token, err := keys.Open(sealed, tokenPlace(shopID, which))
	if err != nil {
		return "", fmt.Errorf("open the %s of shop %d: %w", which, shopID, err)
	}
	return string(token), nil
}

func tokenPlace(shopID int64, which string) []byte {
	return fmt.Appendf(nil, "shopify/%d/%s", shopID, which)
}

// LeadPlace, EntryPlace and PrivacyPlace say where what people said about
// themselves belongs: what is "email" or "answers", or "subject" or "report".
func LeadPlace(shopID int64, emailHash, what string) []byte {
	return fmt.Appendf(nil, "shop/%d/lead/%s/%s", shopID, emailHash, what)
}

// EntryPlace is the place of an entrant's address.
func EntryPlace(shopID, giveawayID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/giveaway/%d/email", shopID, giveawayID)
}

// SocialPlace is of the token of an account in a social network.
func SocialPlace(shopID int64, network string) []byte {
	return fmt.Appendf(nil, "shop/%d/social/%s/token", shopID, network)
}

// CRMPlace is of the secret that a CRM signs with.
func CRMPlace(shopID int64) []byte { return fmt.Appendf(nil, "shop/%d/crm", shopID) }

// PayeePlace and TaxPlace are of how an influencer is paid, and of their tax
// form.
func PayeePlace(shopID, influencerID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/influencer/%d/payee", shopID, influencerID)
}

// TaxPlace is of an influencer's tax form.
func TaxPlace(shopID, influencerID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/influencer/%d/tax", shopID, influencerID)
}

// PrivacyPlace is the place of what a privacy request is about, and of its answer.
func PrivacyPlace(shopID int64, what string) []byte {
	return fmt.Appendf(nil, "shop/%d/privacy/%s", shopID, what)
}

// HashKeyPlace, SecretPlace, RestKeysPlace and TokenPlace say where the sealed
// values of this package belong: what is sealed for one place opens in no other.
func HashKeyPlace(p order.Platform, domain string) []byte { return hashKeyPlace(p, domain) }

// SecretPlace is of a connection's webhook secret.
func SecretPlace(tokenHash []byte) []byte { return secretPlace(tokenHash) }

// RestKeysPlace is of a connection's REST keys.
func RestKeysPlace(tokenHash []byte) []byte { return restKeysPlace(tokenHash) }

// TokenPlace is of AccessToken or RefreshToken of a shop.
func TokenPlace(shopID int64, which string) []byte { return tokenPlace(shopID, which) }
