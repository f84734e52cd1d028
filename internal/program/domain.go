package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// Proof is how the outside world is asked whether a host is the shop's.
type Proof interface {
	// TXT lists the text records of a name; none is no error.
	TXT(ctx context.Context, name string) ([]string, error)
	// Token is what the host answers to GET /.well-known/tributary/{token}.
	Token(ctx context.Context, host, token string) (string, error)
}

// ProofName is the DNS name whose TXT record proves a host.
func ProofName(host string) string { return "_tributary." + host }

// ProofText is what that record says.
func ProofText(token string) string { return "tributary=" + token }

var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// AddDomain records that the shop says a host is its own, to be verified. ours
// are hosts of this server, which are nobody's.
func AddDomain(ctx context.Context, tx *store.Tx, host, purpose string, ours ...string) (*store.Domain, error) {
	var w wrong
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	w.when(len(host) > 240 || !hostPattern.MatchString(host), "host", "must be a host name such as go.example.com")
	w.when(slices.Contains(ours, host), "host", "is this server's own")
	w.when(purpose != store.DomainLinks && purpose != store.DomainStore, "purpose", "must be links or store")
	if err := w.err("invalid_domain", "The domain cannot be like this."); err != nil {
		return nil, err
	}
	d := store.Domain{Host: host, Purpose: purpose, Token: strings.ToLower(rand.Text())}
	ok, err := tx.AddDomain(ctx, &d)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.New(errs.Conflict, "domain_exists", fmt.Sprintf("This shop has %s already.", host), errs.Field{Path: "host", Msg: "is there already"})
	}
	return &d, nil
}

// CheckDomain looks for the proof that a host is the shop's, and verifies it
// when there is one: a TXT record, or our token at the host itself. What it found
// instead stands in Problem. A domain once verified stays so.
func CheckDomain(ctx context.Context, db *store.DB, shopID, id int64, p Proof) (d *store.Domain, err error) {
	err = db.InTx(ctx, shopID, func(tx *store.Tx) error {
		d, err = tx.Domain(ctx, id)
		return missing(err, "domain")
	})
	if err != nil {
		return nil, err
	}
	problem := prove(ctx, p, d)
	err = db.InTx(ctx, shopID, func(tx *store.Tx) error {
		ok, err := tx.SetDomainChecked(ctx, id, problem)
		if err == nil && !ok {
			_, err = tx.SetDomainChecked(ctx, id, "Another shop has shown this host to be its own. Have it removed there first.")
		}
		if err != nil {
			return err
		}
		d, err = tx.Domain(ctx, id)
		return missing(err, "domain")
	})
	return d, err
}

func prove(ctx context.Context, p Proof, d *store.Domain) (problem string) {
	records, err := p.TXT(ctx, ProofName(d.Host))
	for _, r := range records {
		if strings.TrimSpace(r) == ProofText(d.Token) {
			return ""
		}
	}
	said := fmt.Sprintf("%s has no TXT record %q", ProofName(d.Host), ProofText(d.Token))
	if err != nil {
		said = ProofName(d.Host) + " could not be looked up"
	}
	switch answer, err := p.Token(ctx, d.Host, d.Token); {
	case err != nil:
		return said + ", and http://" + d.Host + " does not answer."
	case strings.TrimSpace(answer) == d.Token:
		return ""
	}
	return said + ", and http://" + d.Host + "/.well-known/tributary/" + d.Token + " does not give the token."
}

// RemoveDomain takes a domain away: links are not served at it, or do not lead
// there, from then on.
func RemoveDomain(ctx context.Context, tx *store.Tx, id int64) (*store.Domain, error) {
	d, err := tx.Domain(ctx, id)
	if err != nil {
		return nil, missing(err, "domain")
	}
	return d, tx.RemoveDomain(ctx, id)
}
