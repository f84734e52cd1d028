// Package draw is a giveaway's draw that anyone can check. The list of
// entries is frozen under a hash; then a number that nobody could know before
// ranks them: winner i is the i-th smallest HMAC of an entry's id under it.
// Every entry has the same odds, because ids are ranked and never counted off.
package draw

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// EntryID is the id of a person's entry to a giveaway: the same whatever made
// the entry, other in every giveaway, and none that could be chosen. person is
// the shop's keyed hash of the mailbox.
func EntryID(giveaway int64, person string) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "giveaway entry|%d|%s", giveaway, person))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1) //nolint:gosec // 63 bits
}

// FormatID is an entry's id as it is published: 16 hexadecimal digits.
func FormatID(id int64) string { return fmt.Sprintf("%016x", id) }

// ListHash is what a freeze publishes: hex sha256 of the sorted ids joined by
// "|", followed by "|" and their number.
func ListHash(ids []string) string {
	sorted := slices.Sorted(slices.Values(ids))
	sum := sha256.Sum256([]byte(strings.Join(append(sorted, strconv.Itoa(len(ids))), "|")))
	return hex.EncodeToString(sum[:])
}

// Rank is the ids in the order in which they win: ascending by
// HMAC-SHA256(beacon, id), ties by id.
func Rank(beacon []byte, ids []string) []string {
	type ranked struct {
		id  string
		mac [sha256.Size]byte
	}
	rs := make([]ranked, len(ids))
	h := hmac.New(sha256.New, beacon)
	for i, id := range ids {
		rs[i].id = id
		h.Reset()
		h.Write([]byte(id))
		h.Sum(rs[i].mac[:0])
	}
	slices.SortFunc(rs, func(a, b ranked) int {
		if c := bytes.Compare(a.mac[:], b.mac[:]); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.id
	}
	return out
}

// Winners is the first n ids that are not void, in order.
func Winners(beacon []byte, ids []string, void func(id string) bool, n int) []string {
	var out []string
	for _, id := range Rank(beacon, ids) {
		if len(out) == n {
			break
		}
		if void == nil || !void(id) {
			out = append(out, id)
		}
	}
	return out
}
