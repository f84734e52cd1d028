package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// NewLink is a link to add. An empty slug is made up.
type NewLink struct {
	AgreementID int64
	Slug        string
	Destination string // "": the store's front page
	CodeID      int64  // a code of the same agreement, applied on the way; 0 none
	// Products are variants (Shopify) or products (WooCommerce) with quantities,
	// put into the cart on the way.
	Products []Product
}

// Product is so many of a product or variant, by the store's id.
type Product struct {
	ID       int64
	Quantity int
}

const maxProducts = 20

var slugPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// AddLink adds a link that leads to the shop's own store, and nowhere else.
func AddLink(ctx context.Context, tx *store.Tx, n NewLink) (*store.Link, error) {
	var w wrong
	made := n.Slug == ""
	if made {
		n.Slug = randomSlug()
	}
	w.when(!slugPattern.MatchString(n.Slug), "slug", "must have 1 to 64 of A-Z, a-z, 0-9, _ and -")
	hosts, err := tx.StoreHosts(ctx)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(n.Destination) == "" {
		if n.Destination, err = tx.FrontPage(ctx); err != nil {
			return nil, err
		}
	}
	destination, msg := checkDestination(strings.TrimSpace(n.Destination), hosts)
	w.when(msg != "", "destination", msg)
	products := n.products(&w)
	if err := w.err("invalid_link", "The link cannot be like this."); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	if n.CodeID != 0 {
		c, err := tx.Code(ctx, n.CodeID)
		if err != nil {
			return nil, missing(err, "code")
		}
		if c.AgreementID != n.AgreementID {
			return nil, errs.New(errs.Invalid, "invalid_link", "The link cannot be like this.", errs.Field{Path: "code_id", Msg: "belongs to another agreement"})
		}
	}
	l := store.Link{AgreementID: n.AgreementID, Slug: n.Slug, Public: n.Slug, Destination: destination, CodeID: n.CodeID, Products: products}
	for try := 0; ; try++ {
		ok, err := tx.AddLink(ctx, &l)
		if err != nil {
			return nil, err
		}
		if ok {
			return &l, nil
		}
		taken, err := tx.SlugTaken(ctx, l.Slug)
		if err != nil {
			return nil, err
		}
		switch {
		case taken && !made || try == 10:
			return nil, errs.New(errs.Conflict, "slug_taken", "Another link of this shop has this slug.", errs.Field{Path: "slug", Msg: "is taken"})
		case taken:
			l.Slug = randomSlug()
			l.Public = l.Slug
		default: // another shop was first to have it everywhere
			l.Public = l.Slug + "-" + randomSlug()[:5]
		}
	}
}

func (n *NewLink) products(w *wrong) string {
	w.when(len(n.Products) > maxProducts, "products", fmt.Sprintf("must be %d at most", maxProducts))
	var list []string
	for i, p := range n.Products {
		w.when(p.ID < 1, fmt.Sprintf("products[%d].id", i), "must be the store's id of a product or variant")
		w.when(p.Quantity < 1 || p.Quantity > 1000, fmt.Sprintf("products[%d].quantity", i), "must be 1 to 1000")
		list = append(list, fmt.Sprintf("%d:%d", p.ID, p.Quantity))
	}
	return strings.Join(list, ",")
}

// DisableLink switches a link off.
func DisableLink(ctx context.Context, tx *store.Tx, id int64) (*store.Link, error) {
	if err := tx.DisableLink(ctx, id); err != nil {
		return nil, missing(err, "link")
	}
	return tx.Link(ctx, id)
}

func checkDestination(s string, hosts map[string]bool) (destination, wrong string) {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2000 || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || strings.Contains(s, `\`) {
		return "", "must be an address of the store, such as https://shop.example.com/products/1"
	}
	host := strings.ToLower(u.Host)
	plain, ours := hosts[host]
	if !ours {
		plain, ours = hosts[strings.TrimPrefix(host, "www.")]
	}
	if !ours {
		return "", fmt.Sprintf("leads to %s, which is not the store", u.Host)
	}
	if u.Scheme == "http" && !plain {
		return "", "must begin with https://"
	}
	return u.String(), ""
}

// randomSlug is short enough to read out: 40 bits.
func randomSlug() string { return strings.ToLower(rand.Text()[:8]) }
