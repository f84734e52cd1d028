package program

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/store"
)

// NewAgreement is an agreement to draft. Terms is the document as JSON.
type NewAgreement struct {
	InfluencerID, CampaignID int64
	Terms                    []byte
}

// DraftAgreement makes an agreement whose first version is a draft of the
// terms.
func DraftAgreement(ctx context.Context, tx *store.Tx, n NewAgreement) (*store.Agreement, error) {
	if _, err := tx.Influencer(ctx, n.InfluencerID); err != nil {
		return nil, missing(err, "influencer")
	}
	if _, err := tx.Campaign(ctx, n.CampaignID); err != nil {
		return nil, missing(err, "campaign")
	}
	doc, err := readTerms(n.Terms)
	if err != nil {
		return nil, err
	}
	a := store.Agreement{InfluencerID: n.InfluencerID, CampaignID: n.CampaignID}
	if err := tx.AddAgreement(ctx, &a); err != nil {
		return nil, err
	}
	return &a, tx.AddVersion(ctx, &store.AgreementVersion{AgreementID: a.ID, Number: 1, State: store.VersionDraft, Terms: doc.canonical, Hash: doc.hash})
}

// DraftVersion adds a draft of new terms to an agreement. What is signed stays
// in force until the new version is signed.
func DraftVersion(ctx context.Context, tx *store.Tx, agreementID int64, terms []byte) (*store.AgreementVersion, error) {
	a, vs, err := lockVersions(ctx, tx, agreementID)
	if err != nil {
		return nil, err
	}
	doc, err := readTerms(terms)
	if err != nil {
		return nil, err
	}
	for _, v := range vs {
		if v.State == store.VersionDraft || v.State == store.VersionOffered {
			return nil, errs.New(errs.Conflict, "version_open",
				fmt.Sprintf("Version %d is %s. Have it signed, declined or withdrawn before the next one.", v.Number, v.State))
		}
	}
	v := store.AgreementVersion{AgreementID: a.ID, Number: len(vs) + 1, State: store.VersionDraft, Terms: doc.canonical, Hash: doc.hash}
	if err := tx.AddVersion(ctx, &v); err != nil {
		return nil, err
	}
	return &v, nil
}

// Offer offers the newest version, a draft, for signing.
func Offer(ctx context.Context, tx *store.Tx, agreementID int64) error {
	if err := move(ctx, tx, agreementID, store.VersionOffered, store.VersionDraft); err != nil {
		return err
	}
	a, err := tx.Agreement(ctx, agreementID)
	if err != nil {
		return err
	}
	vs, err := tx.Versions(ctx, agreementID)
	if err != nil {
		return err
	}
	return tx.Note(ctx, store.NoticeOffered, vs[len(vs)-1].ID, tx.Now, a.InfluencerID)
}

// Decline says that a party does not take the offered version.
func Decline(ctx context.Context, tx *store.Tx, agreementID int64) error {
	return move(ctx, tx, agreementID, store.VersionDeclined, store.VersionOffered)
}

// Withdraw takes a draft or an offer back.
func Withdraw(ctx context.Context, tx *store.Tx, agreementID int64) error {
	return move(ctx, tx, agreementID, store.VersionWithdrawn, store.VersionDraft, store.VersionOffered)
}

// move brings the newest version from one of the states to another.
func move(ctx context.Context, tx *store.Tx, agreementID int64, to string, from ...string) error {
	_, vs, err := lockVersions(ctx, tx, agreementID)
	if err != nil {
		return err
	}
	v := vs[len(vs)-1]
	for _, f := range from {
		if v.State == f {
			v.State = to
			return tx.SetVersionState(ctx, &v)
		}
	}
	return errs.New(errs.Conflict, "version_state",
		fmt.Sprintf("Version %d is %s; only a version that is %s can become %s.", v.Number, v.State, strings.Join(from, " or "), to))
}

// NewSignature is a party's signature under the offered version.
type NewSignature struct {
	Party  string // "merchant", "influencer"
	Signer string // name as typed
	Email  string
	IP     string
	Method string // "api", "portal", "admin"
	// Hash of the terms as the signer saw them.
	Hash string
}

// Sign signs the newest version of the agreement. When both parties have, the
// version takes effect at once for touches from now on, and the one before it
// ends. It returns an error of kind Conflict when the signer saw other
// terms than those on offer. Signing again by the same party changes nothing.
func Sign(ctx context.Context, tx *store.Tx, agreementID int64, n NewSignature) error {
	var w wrong
	w.when(n.Party != "merchant" && n.Party != "influencer", "party", "must be merchant or influencer")
	n.Signer = w.text("signer", n.Signer, 1, 200)
	a, err := mail.ParseAddress(n.Email)
	w.when(err != nil || a.Address != n.Email || len(n.Email) > 254, "email", "must be an e-mail address such as anna@example.com")
	if err := w.err("invalid_signature", "This is not a signature."); err != nil {
		return err
	}
	_, vs, err := lockVersions(ctx, tx, agreementID)
	if err != nil {
		return err
	}
	v := vs[len(vs)-1]
	if v.Hash != n.Hash {
		return errs.New(errs.Conflict, "terms_changed", "The terms on offer are not those that were read. Read them again, then sign their hash.",
			errs.Field{Path: "hash", Msg: "is not the hash of version " + fmt.Sprint(v.Number)})
	}
	signatures, err := tx.Signatures(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, s := range signatures[v.ID] {
		if s.Party == n.Party {
			return nil
		}
	}
	if v.State != store.VersionOffered {
		return errs.New(errs.Conflict, "version_state", fmt.Sprintf("Version %d is %s; only an offered version can be signed.", v.Number, v.State))
	}
	if err := tx.AddSignature(ctx, &store.Signature{VersionID: v.ID, Party: n.Party, Signer: n.Signer, Email: n.Email,
		IP: n.IP, Method: n.Method, Hash: n.Hash, SignedAt: tx.Now}); err != nil {
		return err
	}
	if len(signatures[v.ID]) == 0 { // the other party has not signed yet
		return nil
	}
	return takeEffect(ctx, tx, vs)
}

// takeEffect makes the newest version the signed one, and the one before it
// superseded.
func takeEffect(ctx context.Context, tx *store.Tx, vs []store.AgreementVersion) error {
	now := tx.Now
	for i := range vs[:len(vs)-1] {
		if v := &vs[i]; v.State == store.VersionSigned {
			v.State, v.EffectiveTo = store.VersionSuperseded, &now
			if err := tx.SetVersionState(ctx, v); err != nil {
				return err
			}
		}
	}
	v := &vs[len(vs)-1]
	v.State, v.EffectiveFrom = store.VersionSigned, &now
	if err := tx.SetVersionState(ctx, v); err != nil {
		return err
	}
	return tx.MarkDue(ctx, now, v.AgreementID) // a fee may be due at once
}

// lockVersions locks an agreement and returns its versions, ascending.
func lockVersions(ctx context.Context, tx *store.Tx, agreementID int64) (*store.Agreement, []store.AgreementVersion, error) {
	a, err := tx.LockAgreement(ctx, agreementID)
	if err != nil {
		return nil, nil, missing(err, "agreement")
	}
	vs, err := tx.Versions(ctx, agreementID)
	if err != nil {
		return nil, nil, err
	}
	if len(vs) == 0 {
		return nil, nil, fmt.Errorf("agreement %d has no version", agreementID)
	}
	return a, vs, nil
}
