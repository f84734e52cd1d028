package insight

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/domain/attribution"
	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
)

// ReadOrders reads order payloads of Shopify or WooCommerce: one after the
// other (NDJSON), as a JSON array, or as {"orders": […]}. Several payloads of
// one order are joined as deliveries are. Everything that cannot be read comes
// back at once as an *errs.Error of kind Invalid.
func ReadOrders(b []byte) ([]*order.Order, error) {
	docs, err := split(b)
	if err != nil {
		return nil, err
	}
	return ReadEach(docs)
}

// ReadEach is ReadOrders for payloads that are apart already.
func ReadEach(docs []json.RawMessage) ([]*order.Order, error) {
	type key struct {
		platform order.Platform
		id       int64
	}
	var list []*order.Order
	byID := map[key]*order.Order{}
	var wrong []errs.Field
	for i, doc := range docs {
		path := "orders[" + strconv.Itoa(i) + "]"
		fact, fields := readOrder(doc, path)
		if fields != nil {
			wrong = append(wrong, fields...)
			continue
		}
		k := key{fact.Platform, fact.OrderID}
		if byID[k] == nil {
			byID[k] = &order.Order{Platform: k.platform, ID: k.id}
			list = append(list, byID[k])
		}
		byID[k].Apply(fact)
	}
	if wrong != nil {
		return nil, errs.New(errs.Invalid, "orders_unreadable", "The orders cannot be read", wrong...)
	}
	return list, nil
}

// Problems joins what is wrong with a draft and with the orders to try it on,
// so that a person hears of all of it at once; nil when both are.
func Problems(draft, orders error) error {
	if draft == nil || orders == nil {
		return cmp.Or(draft, orders)
	}
	a, b := errs.As(draft), errs.As(orders)
	if a == nil || b == nil {
		return errors.Join(draft, orders)
	}
	return errs.New(errs.Invalid, "simulation_invalid", "The terms and the orders both have problems.", append(fieldsOf(a, "terms"), fieldsOf(b, "orders")...)...)
}

func fieldsOf(e *errs.Error, whole string) []errs.Field {
	if len(e.Fields) > 0 {
		return slices.Clone(e.Fields)
	}
	return []errs.Field{{Path: whole, Msg: e.Msg}}
}

// split cuts the input into one document per order.
func split(b []byte) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	var docs []json.RawMessage
	for {
		var doc json.RawMessage
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 1 + bytes.Count(b[:min(int(dec.InputOffset()), len(b))], []byte("\n"))
			return nil, errs.New(errs.Invalid, "orders_unreadable", fmt.Sprintf("The orders are not JSON, in or after line %d: %s.", line, err))
		}
		docs = append(docs, doc)
	}
	if len(docs) != 1 {
		return docs, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(docs[0], &list) == nil {
		return list, nil
	}
	var wrapped struct {
		Orders []json.RawMessage `json:"orders"`
	}
	if json.Unmarshal(docs[0], &wrapped) == nil && wrapped.Orders != nil {
		return wrapped.Orders, nil
	}
	return docs, nil
}

// sameBuyer makes equal buyers equal within one file. Nothing of it is kept.
var sameBuyer platform.Hash = func(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// readOrder tells the platform by the members only one of them writes.
func readOrder(doc []byte, path string) (order.Fact, []errs.Field) {
	wrong := func(msg string) (order.Fact, []errs.Field) { return order.Fact{}, []errs.Field{{Path: path, Msg: msg}} }
	var members map[string]json.RawMessage
	if json.Unmarshal(doc, &members) != nil {
		return wrong("is not an object")
	}
	var m platform.Message
	var err error
	switch has := func(name string) bool { return members[name] != nil }; {
	case has("financial_status") || has("total_price"):
		m, err = shopify.Decode("orders/updated", doc, time.Time{}, sameBuyer)
	case has("status") && has("total"):
		m, err = woocommerce.Decode("order.updated", doc, time.Time{}, sameBuyer)
	default:
		return wrong("is neither an order of Shopify (it has no financial_status or total_price) nor one of WooCommerce (no status and total)")
	}
	switch e := errs.As(err); {
	case e != nil && len(e.Fields) > 0:
		fields := slices.Clone(e.Fields)
		for i := range fields {
			fields[i].Path = path + "." + fields[i].Path
		}
		return order.Fact{}, fields
	case err != nil:
		return wrong(err.Error())
	case m.Kind != platform.Order:
		return wrong("is not an order as its platform writes it: " + cmp.Or(m.Reason, "it says nothing about an order"))
	}
	return m.Fact, nil
}

// SimulateOrders runs draft terms over given orders. There are no influencers
// to find, so each discount code stands for one, with an agreement under the
// draft. All of the draft is tried, its attribution section too.
func SimulateOrders(orders []*order.Order, zone *time.Location, d Draft) (*Simulation, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if d.AgreementID != 0 {
		return nil, errs.New(errs.Invalid, "agreement_without_orders", "Given orders have no agreements: leave the agreement out.", errs.Field{Path: "agreement_id", Msg: "has no given orders"})
	}
	s := newSimulator(d, zone)
	in := attribution.Input{Influencers: map[int64]attribution.Influencer{}, Agreements: map[int64][]attribution.Agreement{}, Zone: zone}
	ids := s.codes(orders)
	if only := order.Fold(d.Influencer); only != "" {
		if s.draft.InfluencerID = ids[only]; s.draft.InfluencerID == 0 {
			return nil, noInfluencer(d.Influencer)
		}
	}
	hash := d.Terms.Hash()
	for _, id := range ids {
		in.Influencers[id] = attribution.Influencer{ID: id, Active: []attribution.Span{{}}}
		in.Agreements[id] = []attribution.Agreement{{ID: id, VersionID: id, Number: 1, InfluencerID: id, Hash: hash, Terms: d.Terms}}
	}
	orders = slices.Clone(orders)
	slices.SortFunc(orders, func(a, b *order.Order) int {
		return cmp.Or(a.Snapshot.CreatedAt.Compare(b.Snapshot.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	past := map[string][]attribution.PastOrder{}
	for _, o := range orders {
		buyer := cmp.Or(o.Snapshot.Customer.EmailHash, customerID(o))
		in.Order, in.Past, in.Touches = o, past[buyer], nil
		seen := map[string]bool{}
		for _, c := range o.Snapshot.Codes {
			if seen[c.Text] {
				continue
			}
			seen[c.Text] = true
			in.Touches = append(in.Touches, attribution.Touch{ID: "code:" + c.Text, Kind: attribution.CodeUse,
				InfluencerID: ids[c.Text], AgreementID: ids[c.Text], Code: c.Text, At: o.Snapshot.CreatedAt})
		}
		dec := attribution.Decide(in)
		s.read++
		if buyer != "" {
			p := attribution.PastOrder{OrderID: o.ID, CreatedAt: o.Snapshot.CreatedAt, Paid: o.PaymentNow() == order.PaymentPaid}
			if len(dec.Shares) > 0 {
				p.InfluencerID, p.VersionID, p.Via = dec.Shares[0].InfluencerID, dec.Shares[0].VersionID, dec.Shares[0].Via
			}
			past[buyer] = append(past[buyer], p)
		}
		if !d.covers(cmp.Or(o.Snapshot.PaidAt, o.Snapshot.CreatedAt)) {
			continue
		}
		if len(dec.Shares) == 0 {
			s.nobodys++
		}
		for i := range dec.Shares {
			if s.draft.tries(dec.Shares[i].InfluencerID, 0) {
				s.add(o, &dec, i)
			}
		}
	}
	for code, id := range ids {
		if p := s.people[id]; p != nil {
			p.handle = code
		}
	}
	return s.run("file", "")
}

// codes numbers the distinct codes of the orders, in their own order so that
// the numbers do not depend on that of the orders.
func (s *simulator) codes(orders []*order.Order) map[string]int64 {
	ids := map[string]int64{}
	for _, o := range orders {
		for _, c := range o.Snapshot.Codes {
			ids[c.Text] = 0
		}
	}
	names := make([]string, 0, len(ids))
	for c := range ids {
		names = append(names, c)
	}
	slices.Sort(names)
	for i, c := range names {
		ids[c] = int64(i + 1)
	}
	return ids
}

func customerID(o *order.Order) string {
	if id := o.Snapshot.Customer.ID; id != 0 {
		return strconv.FormatInt(id, 10)
	}
	return ""
}

func noInfluencer(name string) error {
	return errs.New(errs.NotFound, "no_such_influencer", fmt.Sprintf("There is no influencer %q here.", strings.TrimSpace(name)))
}
