package shopify

import (
	"context"
	"strings"
)

// Installation is what a shop says of itself and of what it lets us do.
type Installation struct {
	Name, Domain, Currency, TimeZone string
	Storefront                       string // the host shoppers see
	Scopes                           []string
}

// Installation reads it.
func (a *API) Installation(ctx context.Context, to Access) (Installation, error) {
	var in struct {
		Shop struct {
			Name            string
			MyshopifyDomain string
			CurrencyCode    string
			IanaTimezone    string
			PrimaryDomain   struct{ Host string }
		}
		CurrentAppInstallation struct{ AccessScopes []struct{ Handle string } }
	}
	if err := a.Query(ctx, to, "installation", nil, &in); err != nil {
		return Installation{}, err
	}
	out := Installation{Name: in.Shop.Name, Domain: strings.ToLower(in.Shop.MyshopifyDomain), Currency: in.Shop.CurrencyCode,
		TimeZone: in.Shop.IanaTimezone, Storefront: strings.ToLower(in.Shop.PrimaryDomain.Host)}
	for _, s := range in.CurrentAppInstallation.AccessScopes {
		out.Scopes = append(out.Scopes, s.Handle)
	}
	return out, nil
}
