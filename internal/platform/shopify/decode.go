package shopify

import (
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/platform"
	"tributary/internal/platform/wire"
)

// Topics are the ones that Decode understands and shopify.app.toml subscribes
// to; compliance topics are listed there apart from the others.
func Topics() (subscribed, compliance []string) {
	return []string{
			"orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/fulfilled", "orders/delete", "refunds/create",
			"app/uninstalled", "app/scopes_update", "shop/update",
		},
		[]string{"customers/data_request", "customers/redact", "shop/redact"}
}

// Decode reads one delivery. at is when it was triggered, or received if that
// is unknown; it dates what the body itself gives no time for. Only the body is
// signed, the topic is not: a body that cannot be of its topic is Ignored, so
// that a replay under another topic does nothing.
//
// An error is an *errs.Error that names every needed field that could not be
// read; what is not needed may be missing, null, or of any type.
func Decode(topic string, body []byte, at time.Time, hash platform.Hash) (platform.Message, error) {
	switch topic {
	case "orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/fulfilled":
		return decodeOrder(topic, body, hash)
	case "orders/delete":
		return decodeDelete(body, at)
	case "refunds/create":
		return decodeRefund(body)
	case "app/uninstalled", "app/scopes_update", "shop/update", "customers/data_request", "customers/redact", "shop/redact":
		return decodeShop(topic, body)
	}
	return ignored("nothing is done for topic " + wire.Raw(`"`+strings.ReplaceAll(topic, `"`, ``)+`"`).Text()), nil
}

func ignored(why string) platform.Message {
	return platform.Message{Kind: platform.Ignored, Reason: why}
}

const unfit = "the body is not one of its topic"

func fact(f order.Fact) platform.Message {
	f.Platform = order.Shopify
	return platform.Message{Kind: platform.Order, Fact: f}
}

// decodeDelete reads {"id"} and nothing that has more in it.
func decodeDelete(body []byte, at time.Time) (platform.Message, error) {
	r := wire.Open(body)
	var id, gid wire.Raw
	more := false
	if r.Object() {
		for r.Next() {
			switch r.Name() {
			case "id":
				id = r.Value()
			case "admin_graphql_api_id":
				gid = r.Value()
			default:
				more = true
				r.Skip()
			}
		}
	}
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	if more {
		return ignored(unfit), nil
	}
	var p wire.Problems
	n := needID(&p, "id", id, gid)
	return fact(order.Fact{OrderID: n, DeletedAt: at.UTC()}), p.Err("order deletion")
}

// decodeShop reads the bodies about the shop, the app and people: all small.
func decodeShop(topic string, body []byte) (platform.Message, error) {
	var w struct {
		myshopify, shopDomain, currency, zone, name, domain, plan, requestID, customerID, email, phone wire.Raw
		customer, lines, scopes, asked, toRedact                                                       bool
		current                                                                                        []string
		orders                                                                                         []int64
	}
	r := wire.Open(body)
	if r.Object() {
		for r.Next() {
			switch r.Name() {
			case "myshopify_domain":
				w.myshopify = r.Value()
			case "shop_domain":
				w.shopDomain = r.Value()
			case "currency":
				w.currency = r.Value()
			case "iana_timezone":
				w.zone = r.Value()
			case "name":
				w.name = r.Value()
			case "domain":
				w.domain = r.Value()
			case "plan_name":
				w.plan = r.Value()
			case "line_items", "financial_status":
				w.lines = true
				r.Skip()
			case "data_request":
				w.asked = true
				w.requestID = member(r, "id")
			case "customer":
				w.customer = true
				readPerson(r, &w.customerID, &w.email, &w.phone)
			case "current":
				if w.scopes = r.List(); w.scopes {
					for r.Item() {
						w.current = append(w.current, r.Value().Text())
					}
				}
			case "orders_requested", "orders_to_redact":
				w.asked = w.asked || r.Name() == "orders_requested"
				w.toRedact = w.toRedact || r.Name() == "orders_to_redact"
				if r.List() {
					for r.Item() {
						if id, ok := r.Value().ID(); ok {
							w.orders = append(w.orders, id)
						}
					}
				}
			default:
				r.Skip()
			}
		}
	}
	if err := r.Close(); err != nil {
		return platform.Message{}, err
	}
	m := platform.Message{}
	for _, d := range [...]wire.Raw{w.myshopify, w.shopDomain} {
		if host, ok := ShopDomain(d.Peek()); ok {
			m.Domain = strings.Clone(host)
		}
	}
	isShop := !w.lines && !w.customer && (w.myshopify.Present() || w.plan.Present())
	switch topic {
	case "app/uninstalled":
		if !isShop {
			return ignored(unfit), nil
		}
		m.Kind = platform.Uninstalled
	case "app/scopes_update":
		if !w.scopes {
			return ignored(unfit), nil
		}
		m.Kind, m.Scopes = platform.Scopes, w.current
	case "shop/update":
		if !isShop {
			return ignored(unfit), nil
		}
		m.Kind = platform.ShopUpdate
		m.Shop = platform.Shop{TimeZone: w.zone.Text(), Name: w.name.Text(), Domain: strings.ToLower(w.domain.Text())}
		if !w.currency.Missing() {
			c, err := w.currency.Currency()
			if err != nil {
				return m, errs.New(errs.Invalid, "payload_unreadable", "The shop cannot be read", errs.Field{Path: "currency", Msg: err.Error()})
			}
			m.Shop.Currency = c
		}
	default:
		fits := w.customer
		switch topic {
		case "customers/data_request":
			fits = fits && !w.toRedact
		case "customers/redact":
			fits = fits && !w.asked
		case "shop/redact":
			fits = !w.customer && !w.asked && !w.toRedact
		}
		if w.lines || !w.shopDomain.Present() || !fits {
			return ignored(unfit), nil
		}
		m.Kind = platform.Privacy
		m.Privacy = platform.PrivacyRequest{Topic: topic, RequestID: w.requestID.Whole(), CustomerID: w.customerID.Whole(),
			Email: w.email.Text(), Phone: w.phone.Text(), Orders: w.orders}
	}
	return m, nil
}

// readPerson reads whom a privacy request is about.
func readPerson(r *wire.Reader, id, email, phone *wire.Raw) {
	if !r.Object() {
		return
	}
	for r.Next() {
		switch r.Name() {
		case "id":
			*id = r.Value()
		case "email":
			*email = r.Value()
		case "phone":
			*phone = r.Value()
		default:
			r.Skip()
		}
	}
}

// member reads an object for one of its members.
func member(r *wire.Reader, want string) (v wire.Raw) {
	if !r.Object() {
		return ""
	}
	for r.Next() {
		if r.Name() == want {
			v = r.Value()
		} else {
			r.Skip()
		}
	}
	return v
}

// needID reads an id from a number, a numeric string or the global id.
func needID(p *wire.Problems, path string, id, gid wire.Raw) int64 {
	if n, ok := id.ID(); ok {
		return n
	}
	if n, ok := gid.ID(); ok {
		return n
	}
	p.Add(path, id.Describe("an id"))
	return 0
}
