package tenant_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/pgtest"
	"tributary/internal/platform"
	"tributary/internal/seal"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	keys, err := seal.New([]seal.Key{seal.Generate("k1")})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestAWooCommerceShopGetsItsDeliveryURLAndSecretOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, keys := pgtest.Open(t, store.Options{}), newKeys(t)
	added, err := tenant.AddShop(ctx, db, keys, tenant.NewShop{Platform: order.WooCommerce, Domain: "Shop.example.com", Currency: "eur", TimeZone: "Europe/Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(added.Connection.Path, "/webhooks/woocommerce/")
	if !ok || len(token) != 43 || len(added.Connection.Secret) != 43 || token == added.Connection.Secret {
		t.Fatalf("%+v", added.Connection)
	}
	hash := sha256.Sum256([]byte(token))
	c, err := db.ConnectionByToken(ctx, hash[:])
	if err != nil || c.ShopID != added.ID || c.ID != added.Connection.ID || strings.Contains(string(c.Secret), added.Connection.Secret) {
		t.Fatalf("%+v, %v", c, err)
	}
	if secret, err := platform.OpenSecret(keys, hash[:], c.Secret); err != nil || secret != added.Connection.Secret {
		t.Errorf("%q, %v", secret, err)
	}
	other := sha256.Sum256([]byte("another connection"))
	if _, err := platform.OpenSecret(keys, other[:], c.Secret); err == nil {
		t.Error("the secret opens for another connection")
	}
	err = db.InTx(ctx, added.ID, func(tx *store.Tx) error {
		s, err := tx.Shop(ctx)
		if err != nil {
			return err
		}
		if s.Domain != "shop.example.com" || s.Currency != "EUR" || s.Name != "shop.example.com" || !s.OpenFrom.IsZero() {
			t.Errorf("%+v", s)
		}
		hash, err := platform.OpenHash(keys, s.Platform, s.Domain, s.HashKey)
		if err != nil {
			return err
		}
		if a, b := hash.Email("Anna+x@Example.com"), hash.Email("anna@example.com"); a == "" || a != b {
			t.Errorf("%q %q", a, b)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAShopThatManyAddAtOnceIsAddedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, keys := pgtest.Open(t, store.Options{}), newKeys(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	added := 0
	for range 8 {
		wg.Go(func() {
			_, err := tenant.AddShop(ctx, db, keys, tenant.NewShop{Platform: order.Shopify, Domain: "a.myshopify.com", Currency: "USD", TimeZone: "UTC"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				added++
			} else if e := errs.As(err); e == nil || e.Code != "shop_exists" || e.Kind != errs.Conflict {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if added != 1 {
		t.Errorf("added %d times", added)
	}
}

func TestEveryWrongFieldOfAShopIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shop   tenant.NewShop
		fields string
	}{
		"nothing":            {tenant.NewShop{}, "platform currency time_zone"},
		"a look-alike":       {tenant.NewShop{Platform: order.Shopify, Domain: "a.myshopify.com.evil.example.com", Currency: "USD", TimeZone: "UTC"}, "domain"},
		"a path":             {tenant.NewShop{Platform: order.Shopify, Domain: "evil.example.com/a.myshopify.com", Currency: "USD", TimeZone: "UTC"}, "domain"},
		"a URL as host":      {tenant.NewShop{Platform: order.WooCommerce, Domain: "https://shop.example.com", Currency: "USD", TimeZone: "UTC"}, "domain"},
		"a short secret":     {tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", Currency: "USD", TimeZone: "UTC", Secret: "short"}, "secret"},
		"the server's zone":  {tenant.NewShop{Platform: order.WooCommerce, Domain: "127.0.0.1:8081", Currency: "USD", TimeZone: "Local"}, "time_zone"},
		"a URL with a login": {tenant.NewShop{Platform: order.WooCommerce, Domain: "shop.example.com", BaseURL: "https://u:p@shop.example.com", Currency: "USD", TimeZone: "UTC"}, "base_url"},
	} {
		_, err := tenant.AddShop(context.Background(), nil, nil, c.shop)
		e := errs.As(err)
		if e == nil || e.Kind != errs.Invalid {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var paths []string
		for _, f := range e.Fields {
			paths = append(paths, f.Path)
		}
		if got := strings.Join(paths, " "); got != c.fields {
			t.Errorf("%s: fields %q, want %q", name, got, c.fields)
		}
	}
}
