package draw

import (
	"slices"
	"strings"
	"time"

	"tributary/internal/domain/order"
)

// The ways into a giveaway.
const (
	ByPurchase = "purchase"
	BySignup   = "signup"
	ByFree     = "free" // no purchase, no obligation: the alternate method of entry
)

// Ways are all of them.
var Ways = []string{ByPurchase, BySignup, ByFree}

// Lottery tells whether a giveaway would be a lottery: a prize by chance for
// which one must buy. Where there is no list of countries it is open to the
// United States too.
func Lottery(ways, countries []string) bool {
	needsPurchase := slices.Contains(ways, ByPurchase) && !slices.Contains(ways, ByFree)
	return needsPurchase && (len(countries) == 0 || slices.Contains(countries, "US"))
}

// Purchase tells whether an order is an entry by purchase to a giveaway that is
// open in [opens, closes); if not, why. It stays one while the buyer keeps
// anything of it: what is given back whole or cancelled voids the entry.
func Purchase(o *order.Order, opens, closes time.Time) (counts bool, reason string) {
	s := &o.Snapshot
	var back int64
	for _, r := range o.EffectiveRefunds() {
		back += r.Amount
	}
	switch payment := o.PaymentNow(); {
	case s.CreatedAt.Before(opens) || !s.CreatedAt.Before(closes):
		return false, "not_in_time"
	case s.Customer.EmailHash == "":
		return false, "no_email"
	case s.Test:
		return false, "test_order"
	case payment == order.PaymentVoid:
		return false, "cancelled"
	case payment != order.PaymentPaid:
		return false, "not_paid"
	case s.Total <= 0:
		return false, "nothing_paid"
	case back >= s.Total || !keepsGoods(o):
		return false, "refunded"
	}
	return true, ""
}

// keepsGoods tells whether any unit of any line is left with the buyer.
func keepsGoods(o *order.Order) bool {
	back := map[int64]int64{}
	for _, r := range o.EffectiveRefunds() {
		for _, l := range r.Lines {
			back[l.LineID] += l.Quantity
		}
	}
	return len(o.Snapshot.Lines) == 0 || slices.ContainsFunc(o.Snapshot.Lines, func(l order.Line) bool { return l.Quantity-l.Removed > back[l.ID] })
}

// Source is one thing that makes a person an entrant: an order or a form.
type Source struct {
	Person      string
	Way         string
	At          time.Time
	OrderID     int64
	AgreementID int64 // who is paid for it; 0: nobody
	Counts      bool
}

// Entry is a person's one entry (R-54: they cannot stack). Way, At, OrderID and
// AgreementID are those of the earliest source that counts.
type Entry struct {
	ID int64
	Source
}

// Entries is the entries that a set of sources makes, ascending by id. A person
// is in while any of their sources counts.
func Entries(giveaway int64, sources []Source) []Entry {
	first := map[string]Source{}
	for _, s := range sources {
		if !s.Counts || s.Person == "" {
			continue
		}
		if have, ok := first[s.Person]; !ok || earlier(s, have) {
			first[s.Person] = s
		}
	}
	out := make([]Entry, 0, len(first))
	for person, s := range first {
		out = append(out, Entry{ID: EntryID(giveaway, person), Source: s})
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(FormatID(a.ID), FormatID(b.ID)) })
	return out
}

func earlier(a, b Source) bool {
	if c := a.At.Compare(b.At); c != 0 {
		return c < 0
	}
	if a.Way != b.Way {
		return a.Way < b.Way
	}
	return a.OrderID < b.OrderID
}
