package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/obs"
	"tributary/internal/platform"
	"tributary/internal/platform/shopify"
	"tributary/internal/platform/woocommerce"
	"tributary/internal/seal"
	"tributary/internal/store"
)

// Receiver is the stores' door: it takes a request's headers and raw body,
// checks the signature before anything is parsed, finds the tenant from what
// was signed for, and returns once the delivery is durable.
type Receiver struct {
	db      *store.DB
	inbox   *Inbox
	keys    *seal.Keys
	log     *slog.Logger
	metrics *obs.Metrics

	shopify     *platform.Verifier
	shops       *shopCache[string, int64]
	connections *shopCache[[sha256.Size]byte, connection]
}

type connection struct {
	shopID, id int64
	verifier   *platform.Verifier
	domain     string
}

// How long a shop found by a verified name is remembered.
const rememberShop = 30 * time.Second

// NewReceiver makes a Receiver. shopifySecrets are the app's client secret and,
// during a rotation, the previous one.
func NewReceiver(db *store.DB, inbox *Inbox, keys *seal.Keys, log *slog.Logger, m *obs.Metrics, shopifySecrets ...string) *Receiver {
	return &Receiver{
		db: db, inbox: inbox, keys: keys, log: log, metrics: m,
		shopify:     platform.NewVerifier(shopifySecrets...),
		shops:       newShopCache[string, int64](rememberShop),
		connections: newShopCache[[sha256.Size]byte, connection](rememberShop),
	}
}

var (
	errSignature = errs.New(errs.Unauthorized, "bad_signature", "The signature does not fit the body. Nothing was stored.")
)

// Shopify takes a webhook of any shop that has the app, the compliance topics
// included. A signature that holds for a shop we do not know is recorded and
// acknowledged, and nothing is done.
func (r *Receiver) Shopify(ctx context.Context, h http.Header, body []byte) error {
	start := time.Now()
	hd, missing := shopify.ReadHeaders(h)
	if !r.shopify.Verify(body, hd.HMAC) {
		return r.refused("shopify", "bad_signature", errSignature)
	}
	if len(missing) > 0 {
		return r.refused("shopify", "bad_request", errs.New(errs.BadRequest, "missing_headers",
			"These headers are missing or unusable: "+strings.Join(missing, ", ")+"."))
	}
	d := store.Delivery{
		ID: shopify.DeliveryID(hd.Topic, hd.WebhookID), Platform: order.Shopify, Topic: hd.Topic, Source: hd.ShopDomain,
		TriggeredAt: hd.TriggeredAt, ReceivedAt: r.db.Now(),
	}
	shopID, err := r.shops.get(hd.ShopDomain, func() (int64, error) { return r.db.ShopByDomain(ctx, order.Shopify, hd.ShopDomain) })
	switch {
	case errors.Is(err, store.ErrNotFound):
		d.State, d.Note = store.DeliveryIgnored, "no shop of ours"
	case err != nil:
		return r.unavailable("shopify", err)
	}
	d.ShopID = shopID
	return r.put("shopify", d, body, start)
}

// WooCommerce takes a webhook sent to the delivery URL with this token. The
// form-encoded ping that WooCommerce sends when a webhook is made carries no
// signature and says nothing: it is acknowledged.
func (r *Receiver) WooCommerce(ctx context.Context, token string, h http.Header, body []byte) error {
	start := time.Now()
	hash := sha256.Sum256([]byte(token))
	c, err := r.connections.get(hash, func() (connection, error) { return r.connection(ctx, hash) })
	if errors.Is(err, store.ErrNotFound) {
		return r.refused("woocommerce", "bad_signature", errSignature)
	}
	if err != nil {
		return r.unavailable("woocommerce", err)
	}
	if woocommerce.IsPing(h, body) {
		return nil
	}
	hd, missing := woocommerce.ReadHeaders(h)
	if !c.verifier.Verify(body, hd.Signature) {
		return r.refused("woocommerce", "bad_signature", errSignature)
	}
	if len(missing) > 0 {
		return r.refused("woocommerce", "bad_request", errs.New(errs.BadRequest, "missing_headers",
			"These headers are missing or unusable: "+strings.Join(missing, ", ")+"."))
	}
	d := store.Delivery{
		ShopID: c.shopID, ID: woocommerce.DeliveryID(c.id, hd.Topic, hd.DeliveryID, body), ConnectionID: c.id,
		Platform: order.WooCommerce, Topic: hd.Topic, Source: c.domain, ReceivedAt: r.db.Now(),
	}
	return r.put("woocommerce", d, body, start)
}

func (r *Receiver) connection(ctx context.Context, hash [sha256.Size]byte) (connection, error) {
	door, err := r.db.ConnectionByToken(ctx, hash[:])
	if err != nil {
		return connection{}, err
	}
	secret, err := platform.OpenSecret(r.keys, hash[:], door.Secret)
	if err != nil {
		return connection{}, err
	}
	return connection{shopID: door.ShopID, id: door.ID, verifier: platform.NewVerifier(secret), domain: door.Domain}, nil
}

func (r *Receiver) put(from string, d store.Delivery, body []byte, start time.Time) error {
	d.Day = platform.Day(d.TriggeredAt, d.ReceivedAt)
	if err := r.inbox.Put(d, body); err != nil {
		return r.refused(from, "unavailable", err)
	}
	result := "accepted"
	if d.ShopID == 0 {
		result = "unknown_shop"
	}
	r.metrics.Deliveries.WithLabelValues(from, result).Inc()
	r.metrics.IntakeSeconds.Observe(time.Since(start).Seconds())
	return nil
}

func (r *Receiver) refused(from, result string, err error) error {
	r.metrics.Deliveries.WithLabelValues(from, result).Inc()
	return err
}

// unavailable hides what went wrong from the caller, who should try again.
func (r *Receiver) unavailable(from string, err error) error {
	r.log.Error("find the shop of a delivery", "platform", from, "err", err)
	return r.refused(from, "unavailable", errs.New(errs.Unavailable, "storage_down", "Storage is not available. Send the delivery again."))
}
