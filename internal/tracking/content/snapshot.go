package content

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/content"
	"tributary/internal/earning"
	"tributary/internal/errs"
	"tributary/internal/store"
)

// NewSnapshot is what somebody says a post had at an instant.
type NewSnapshot struct {
	PostID int64
	content.Snapshot
}

var hash256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// mostEvents bounds a count: more than any post has, and safe to multiply.
const mostEvents = 1_000_000_000_000

func check(s *content.Snapshot, now time.Time, w *errs.Wrong) {
	w.When(s.At.IsZero(), "at", "is missing")
	w.When(s.At.After(now), "at", "must not be in the future")
	w.When(!slices.Contains([]string{"", content.Deleted, content.Private}, s.Status), "status", "must be deleted or private, or left out")
	s.Evidence = strings.ToLower(strings.TrimSpace(s.Evidence))
	w.When(s.Evidence != "" && !hash256.MatchString(s.Evidence), "evidence", "must be a sha256 in hexadecimal")
	told := 0
	for _, n := range numbersOf(s) {
		if n.value == nil || *n.value == nil {
			continue
		}
		told++
		w.When(**n.value < 0 || **n.value > mostEvents, n.name, "must be 0 or more")
	}
	w.When(s.Status == "" && told == 0, "likes", "is missing: a snapshot tells one number at least")
	w.When(s.Status != "" && told > 0, "status", "of a post that is gone has no numbers beside it")
}

type namedNumber struct {
	name  string
	value **int64
}

func numbersOf(s *content.Snapshot) []namedNumber {
	return []namedNumber{{"likes", &s.Likes}, {"comments", &s.Comments}, {"shares", &s.Shares}, {"saves", &s.Saves}, {"views", &s.Views}, {"followers", &s.Followers}}
}

// Record adds a snapshot to a post. The same one again changes nothing; added
// tells whether it was new.
func Record(ctx context.Context, tx *store.Tx, n NewSnapshot) (s *store.PostSnapshot, added bool, err error) {
	p, err := tx.Post(ctx, n.PostID)
	if err != nil {
		return nil, false, missing(err, "post")
	}
	if n.At.IsZero() {
		n.At = tx.Now
	}
	var w errs.Wrong
	check(&n.Snapshot, tx.Now, &w)
	w.When(n.At.Before(p.PublishedAt), "at", "is before the post was published")
	w.When(n.Source != "api" && n.Source != "manual", "source", "must be api or manual")
	if err := w.Err("invalid_snapshot", "The snapshot cannot be like this."); err != nil {
		return nil, false, err
	}
	s = &store.PostSnapshot{PostID: p.ID, Snapshot: n.Snapshot}
	if added, err = tx.AddSnapshot(ctx, s); err != nil || !added {
		return s, added, err
	}
	return s, true, tx.MarkPostsDue(ctx, tx.Now, p.AgreementID)
}

// StandingOf is what a post is paid for, and up to when snapshots count.
func StandingOf(ctx context.Context, tx *store.Tx, p *store.Post) (content.Standing, time.Time, error) {
	v, zone, err := inForce(ctx, tx, p.AgreementID, p.PublishedAt)
	if err != nil {
		return content.Standing{}, time.Time{}, err
	}
	rule := &watched
	if v != nil {
		rule = ruleOf(v.Terms)
	}
	final := earning.FinalLook(rule, p.PublishedAt, zone)
	snapshots, err := tx.SnapshotsOf(ctx, []int64{p.ID})
	return content.Final(snapshots[p.ID], p.PublishedAt, final), final, err
}

// Row is what became of one row of a file.
type Row struct {
	Line   int
	Result string // "added", "duplicate", "wrong"
	PostID int64  // 0: none was found
	Errors []errs.Field
}

// mostRows is how many rows one file may have.
const mostRows = 10_000

// Import takes snapshots from a CSV file: columns post (an id of ours) or url,
// at, any of likes, comments, shares, saves, views, followers, and status. Each
// row is taken or refused alone; the report says which.
func Import(ctx context.Context, tx *store.Tx, file []byte, parseID func(string) (int64, error)) ([]Row, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, wrongFile("the file has no first line with the names of the columns")
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	_, byID := column["post"]
	_, byURL := column["url"]
	if _, at := column["at"]; !at || !byID && !byURL {
		return nil, wrongFile("the columns at, and post or url, are missing; beside them stand likes, comments, shares, saves, views, followers and status")
	}
	var rows []Row
	agreements := map[int64]bool{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, wrongFile(err.Error())
		}
		line, _ := r.FieldPos(0)
		if len(rows) == mostRows {
			return nil, wrongFile(fmt.Sprintf("the file has more than %d rows: send it in parts", mostRows))
		}
		cell := func(name string) string {
			if i, ok := column[name]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		row, agreement, err := importRow(ctx, tx, cell, record, parseID)
		if err != nil {
			return nil, err
		}
		row.Line = line
		rows = append(rows, row)
		if row.Result == "added" {
			agreements[agreement] = true
		}
	}
	for a := range agreements {
		if err := tx.MarkPostsDue(ctx, tx.Now, a); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func importRow(ctx context.Context, tx *store.Tx, cell func(string) string, record []string, parseID func(string) (int64, error)) (row Row, agreement int64, err error) {
	var w errs.Wrong
	sum := sha256.Sum256([]byte(strings.Join(record, "\x00")))
	s := content.Snapshot{Source: "csv", Status: cell("status"), Verified: true, Evidence: hex.EncodeToString(sum[:])}
	p, err := findPost(ctx, tx, cell, parseID)
	if err != nil {
		return row, 0, err
	}
	if s.At, err = time.Parse(time.RFC3339, cell("at")); err != nil {
		w.When(cell("at") != "", "at", "must be a time such as 2026-10-31T18:00:00Z")
	}
	for _, n := range numbersOf(&s) {
		text := cell(n.name)
		if text == "" {
			continue
		}
		v, err := strconv.ParseInt(text, 10, 64)
		w.When(err != nil, n.name, "must be a whole number without separators")
		if err == nil {
			*n.value = &v
		}
	}
	if len(w) == 0 {
		check(&s, tx.Now, &w)
	}
	if p == nil {
		w.When(true, "post", "is none of this shop")
	} else {
		row.PostID, agreement = p.ID, p.AgreementID
		w.When(!s.At.IsZero() && s.At.Before(p.PublishedAt), "at", "is before the post was published")
	}
	if len(w) > 0 {
		row.Result, row.Errors = "wrong", w
		return row, agreement, nil
	}
	added, err := tx.AddSnapshot(ctx, &store.PostSnapshot{PostID: p.ID, Snapshot: s})
	if row.Result = "added"; !added {
		row.Result = "duplicate"
	}
	return row, agreement, err
}

// findPost finds the post a row speaks of; nil: none.
func findPost(ctx context.Context, tx *store.Tx, cell func(string) string, parseID func(string) (int64, error)) (*store.Post, error) {
	if text := cell("post"); text != "" {
		id, err := parseID(text)
		if err != nil {
			return nil, nil //nolint:nilerr,nilnil // an id that is none names no post
		}
		p, err := tx.Post(ctx, id)
		if store.IsNotFound(err) {
			return nil, nil //nolint:nilnil // said in the report
		}
		return p, err
	}
	for _, platform := range Platforms {
		if normal, _, wrong := NormalURL(platform, cell("url")); wrong == "" {
			if p, err := tx.PostByURL(ctx, platform, normal); err != nil || p != nil {
				return p, err
			}
		}
	}
	return nil, nil //nolint:nilnil // said in the report
}

func wrongFile(msg string) error {
	return errs.New(errs.Invalid, "invalid_file", "The file cannot be taken in: "+msg+".", errs.Field{Path: "body", Msg: msg})
}
