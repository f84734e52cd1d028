package landing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/domain/page"
	"tributary/internal/errs"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Previews signs the addresses under which a version can be looked at before it
// is published. They hold for a time, for one version of one page.
type Previews struct{ key []byte }

// NewPreviews derives the key from keys.
func NewPreviews(keys *seal.Keys) *Previews { return &Previews{keys.Derive("page-preview")} }

const (
	previewBody = 8 + 8 + 4 + 8
	previewMAC  = 16
)

// Sign is the token for a version, or for the draft (0), until an instant.
func (p *Previews) Sign(shopID, pageID int64, version int, until time.Time) string {
	b := make([]byte, previewBody, previewBody+sha256.Size)
	binary.BigEndian.PutUint64(b, uint64(shopID))            //nolint:gosec // ids are positive
	binary.BigEndian.PutUint64(b[8:], uint64(pageID))        //nolint:gosec // ids are positive
	binary.BigEndian.PutUint32(b[16:], uint32(version))      //nolint:gosec // versions are positive
	binary.BigEndian.PutUint64(b[20:], uint64(until.Unix())) //nolint:gosec // after 1970
	return base64.RawURLEncoding.EncodeToString(append(b, p.mac(b)...))
}

func (p *Previews) mac(b []byte) []byte {
	m := hmac.New(sha256.New, p.key)
	m.Write(b)
	return m.Sum(nil)[:previewMAC]
}

// errPreview says nothing about why: who has no good token learns nothing.
var errPreview = errs.New(errs.NotFound, "preview_over", "This preview has ended, or never was. Ask for a new one.")

// Preview is a version, or what somebody is writing, as it would be shown.
type Preview struct {
	*Rendered
	Shop   string   // its domain
	Stores []string // addresses of its stores whose admin frames us; WooCommerce only
}

// Preview renders the version that a token of the page names; version 0 is the
// draft. A still one runs no script.
func (p *Pages) Preview(ctx context.Context, keys *Previews, publicID, token string, still bool) (*Preview, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != previewBody+previewMAC || !hmac.Equal(b[previewBody:], keys.mac(b[:previewBody])) {
		return nil, errPreview
	}
	shop, id := int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))           //nolint:gosec // we wrote them
	version, until := int(binary.BigEndian.Uint32(b[16:])), int64(binary.BigEndian.Uint64(b[20:])) //nolint:gosec // we wrote them
	if !p.db.Now().Before(time.Unix(until, 0)) {
		return nil, errPreview
	}
	var out Preview
	err = p.db.InTx(ctx, shop, func(tx *store.Tx) error {
		head, err := tx.LandingPage(ctx, id)
		if err != nil {
			return err
		}
		if head.PublicID != publicID {
			return errPreview
		}
		s, err := tx.LandingScene(ctx, head.AgreementID)
		if err != nil {
			return err
		}
		d, err := shown(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if s.Platform == int16(order.WooCommerce) {
			cs, err := tx.Connections(ctx)
			if err != nil {
				return err
			}
			for i := range cs {
				if cs[i].RevokedAt.IsZero() {
					out.Stores = append(out.Stores, cs[i].BaseURL)
				}
			}
		}
		scene := p.scene(head, &s, version, "")
		scene.Preview, scene.Still, out.Shop = true, still, s.Domain
		out.Rendered, err = Render(d, scene, tx.Now)
		return err
	})
	if store.IsNotFound(err) {
		return nil, errPreview
	}
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// shown is the document of a version, or of the draft.
func shown(ctx context.Context, tx *store.Tx, id int64, version int) (*page.Document, error) {
	if version == 0 {
		draft, err := tx.LandingDraft(ctx, id)
		if err != nil {
			return nil, err
		}
		return read(ctx, tx, draft.Document)
	}
	v, err := tx.LandingVersion(ctx, id, version)
	if err != nil {
		return nil, err
	}
	return page.Stored(v.Document)
}
