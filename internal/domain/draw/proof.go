package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The kinds of beacon.
const (
	Drand  = "drand"  // a round of the public randomness of drand, named before it exists
	Commit = "commit" // a seed whose hash was published before the list was frozen
)

// Proof is all that is published about a draw: what anyone needs to draw again.
type Proof struct {
	Version  int           `json:"version" doc:"Of this document: 1"`
	Giveaway string        `json:"giveaway" example:"gaw_12"`
	Title    string        `json:"title"`
	Prize    string        `json:"prize"`
	Winners  int           `json:"winners" doc:"How many are drawn"`
	FrozenAt time.Time     `json:"frozen_at"`
	Count    int           `json:"count" doc:"Entries in the frozen list"`
	ListHash string        `json:"list_hash" doc:"Hex sha256 of the sorted entry ids joined by |, then | and the count"`
	Entries  []string      `json:"entries" doc:"Ids of all entries, sorted"`
	Beacon   Beacon        `json:"beacon"`
	Void     []VoidEntry   `json:"void" doc:"Entries that could not win because what they stood on was gone before the beacon was known"`
	DrawnAt  *time.Time    `json:"drawn_at,omitempty" doc:"Absent until the draw"`
	Drawn    []WinnerEntry `json:"drawn" doc:"The winners in order: ascending HMAC-SHA256(beacon, entry id), ties by id, void entries left out"`
}

// Beacon is the number that decides, and how it is known that nobody chose it.
type Beacon struct {
	Kind        string     `json:"kind" enum:"drand,commit"`
	AnnouncedAt time.Time  `json:"announced_at" doc:"Before the list was frozen"`
	Chain       string     `json:"chain,omitempty" doc:"Hash of the drand chain"`
	Round       int64      `json:"round,omitempty"`
	RoundAt     *time.Time `json:"round_at,omitempty" doc:"When drand makes the round: after the freeze"`
	Commitment  string     `json:"commitment,omitempty" doc:"Hex sha256 of the seed"`
	Value       string     `json:"value,omitempty" doc:"Hex; the round's randomness, or the seed. Absent until the draw"`
	Signature   string     `json:"signature,omitempty" doc:"Hex; the round's, whose sha256 is the randomness"`
}

// VoidEntry is an entry that could not win.
type VoidEntry struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// WinnerEntry is a winner.
type WinnerEntry struct {
	Place int    `json:"place"`
	ID    string `json:"id"`
}

// Finding is one thing that Verify looked at.
type Finding struct {
	OK   bool   `json:"ok"`
	What string `json:"what"`
}

// Verify draws again and says of each claim of the proof whether it is true.
// The draw stands if all of them are.
func Verify(p *Proof) (findings []Finding) {
	say := func(ok bool, good, bad string, args ...any) {
		if ok {
			findings = append(findings, Finding{true, good})
		} else {
			findings = append(findings, Finding{false, fmt.Sprintf(bad, args...)})
		}
	}
	if p.Version != 1 {
		say(false, "", "this is version %d of the document; 1 is understood", p.Version)
		return findings
	}
	say(slices.IsSorted(p.Entries) && len(slices.Compact(slices.Clone(p.Entries))) == len(p.Entries),
		"no entry is in the list twice", "the list of entries is not sorted, or has one twice")
	say(len(p.Entries) == p.Count, fmt.Sprintf("the list has the %d entries it says", p.Count), "the list has %d entries and says %d", len(p.Entries), p.Count)
	hash := ListHash(p.Entries)
	say(strings.EqualFold(hash, p.ListHash), "the list has the hash that was published at the freeze", "the list has the hash %s; %s was published", hash, p.ListHash)
	say(p.Beacon.AnnouncedAt.Before(p.FrozenAt), "the beacon was named before the list was frozen", "the beacon was named at %s, not before the freeze at %s",
		p.Beacon.AnnouncedAt.Format(time.RFC3339), p.FrozenAt.Format(time.RFC3339))
	value, known := verifyBeacon(&p.Beacon, p.FrozenAt, say)
	if p.DrawnAt == nil {
		say(false, "", "nothing has been drawn yet")
		return findings
	}
	if !known {
		return findings
	}
	void := map[string]bool{}
	for _, v := range p.Void {
		void[v.ID] = true
		if _, in := slices.BinarySearch(p.Entries, v.ID); !in || v.Reason == "" {
			say(false, "", "the void entry %.40q is not in the list, or has no reason", v.ID)
		}
	}
	want := Winners(value, p.Entries, func(id string) bool { return void[id] }, p.Winners)
	got := make([]string, len(p.Drawn))
	placed := true
	for i, w := range p.Drawn {
		got[i] = w.ID
		placed = placed && w.Place == i+1
	}
	say(placed && slices.Equal(got, want), fmt.Sprintf("drawing again gives the same %d winners in the same order", len(want)),
		"drawing again gives %v, not %v", want, got)
	return findings
}

// verifyBeacon returns the beacon's value, and whether it can be drawn with.
func verifyBeacon(b *Beacon, frozen time.Time, say func(bool, string, string, ...any)) ([]byte, bool) {
	value, err := hex.DecodeString(b.Value)
	if err != nil || len(value) == 0 {
		say(false, "", "the beacon has no value yet, or one that is not hexadecimal")
		return nil, false
	}
	sum := sha256.Sum256(value)
	switch b.Kind {
	case Drand:
		say(b.RoundAt != nil && b.RoundAt.After(frozen), "the round was made after the freeze", "the round was made before the list was frozen")
		signature, err := hex.DecodeString(b.Signature)
		sum = sha256.Sum256(signature)
		say(err == nil && len(signature) > 0 && slices.Equal(sum[:], value), fmt.Sprintf("the value is the sha256 of the signature of round %d", b.Round),
			"the value is not the sha256 of the round's signature")
	case Commit:
		say(hex.EncodeToString(sum[:]) == strings.ToLower(b.Commitment), "the seed has the hash that was published before the freeze",
			"the seed has the hash %x; %s was published", sum, b.Commitment)
	default:
		say(false, "", "%.40q is no kind of beacon", b.Kind)
	}
	return value, true
}
