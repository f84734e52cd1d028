package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
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
	Destination string
}

var slugPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// AddLink adds a link that leads to the shop's own store, and nowhere else.
func AddLink(ctx context.Context, tx *store.Tx, n NewLink) (*store.Link, error) {
	var w wrong
	made := n.Slug == ""
	if made {
		n.Slug = randomSlug()
	}
	w.when(!slugPattern.MatchString(n.Slug), "slug", "must have 1 to 64 of A-Z, a-z, 0-9, _ and -")
	hosts, err := storeHosts(ctx, tx)
	if err != nil {
		return nil, err
	}
	destination, msg := checkDestination(strings.TrimSpace(n.Destination), hosts)
	w.when(msg != "", "destination", msg)
	if err := w.err("invalid_link", "The link cannot be like this."); err != nil {
		return nil, err
	}
	if _, err := tx.Agreement(ctx, n.AgreementID); err != nil {
		return nil, missing(err, "agreement")
	}
	l := store.Link{AgreementID: n.AgreementID, Slug: n.Slug, Destination: destination}
	for try := 0; ; try++ {
		ok, err := tx.AddLink(ctx, &l)
		if err != nil {
			return nil, err
		}
		if ok {
			return &l, nil
		}
		if !made || try == 10 {
			return nil, errs.New(errs.Conflict, "slug_taken", "Another link of this shop has this slug.", errs.Field{Path: "slug", Msg: "is taken"})
		}
		l.Slug = randomSlug()
	}
}

// DisableLink switches a link off.
func DisableLink(ctx context.Context, tx *store.Tx, id int64) (*store.Link, error) {
	if err := tx.DisableLink(ctx, id); err != nil {
		return nil, missing(err, "link")
	}
	return tx.Link(ctx, id)
}

// storeHosts maps the hosts of the shop's store to whether plain HTTP is how
// they are reached.
func storeHosts(ctx context.Context, tx *store.Tx) (map[string]bool, error) {
	shop, err := tx.Shop(ctx)
	if err != nil {
		return nil, err
	}
	hosts := map[string]bool{strings.ToLower(shop.Domain): loopback(shop.Domain)}
	bases, err := tx.BaseURLs(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range bases {
		if u, err := url.Parse(b); err == nil && u.Host != "" {
			hosts[strings.ToLower(u.Host)] = u.Scheme == "http"
		}
	}
	return hosts, nil
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

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// randomSlug is short enough to read out: 40 bits.
func randomSlug() string { return strings.ToLower(rand.Text()[:8]) }
