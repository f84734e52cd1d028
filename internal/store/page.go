package store

// MaxPage is the most rows one page of a list holds.
const MaxPage = 200

// Page asks for the rows after a place in a list. Lists are ordered by a key
// that never changes, newest first, so that a walk through all pages sees every
// row that was there when it began exactly once.
type Page struct {
	Limit int // 1 … MaxPage
	// After is the key of the last row of the page before; zero: the first page.
	After Cursor
}

// Cursor is the key of one row in a list: its id, and what the list orders by
// before it (unix microseconds, or another id).
type Cursor struct {
	Major, Minor int64
}

// limit is one row more than was asked for: it tells whether there is a next page.
func (p Page) limit() int { return p.size() + 1 }

func (p Page) size() int {
	if p.Limit < 1 || p.Limit > MaxPage {
		return MaxPage
	}
	return p.Limit
}

// cut takes the surplus row off and returns the cursor of the next page; nil on
// the last one.
func cut[T any](rows []T, p Page, key func(*T) Cursor) ([]T, *Cursor) {
	if len(rows) <= p.size() {
		return rows, nil
	}
	rows = rows[:p.size()]
	c := key(&rows[len(rows)-1])
	return rows, &c
}
