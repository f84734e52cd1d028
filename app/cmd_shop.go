package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tributary/internal/domain/order"
	"tributary/internal/errs"
	"tributary/internal/store"
	"tributary/internal/tenant"
)

func newShopCmd() *cobra.Command {
	return family("shop", groupShop, "Add and list shops", newShopAddCmd(), newShopListCmd(), newRestKeysCmd())
}

// addedShop is what shop add prints with --json.
type addedShop struct {
	Shop        int64  `json:"shop"`
	Domain      string `json:"domain"`
	DeliveryURL string `json:"delivery_url,omitempty"`
	Secret      string `json:"secret,omitempty"`
}

func newShopAddCmd() *cobra.Command {
	var n tenant.NewShop
	var platform string
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a shop",
		Long: `Adds a shop. A WooCommerce shop gets the address its webhooks go to and the
secret that signs them: both are shown this once. A Shopify shop needs neither;
its webhooks are signed with SHOPIFY_CLIENT_SECRET.`,
		Example: `  tributary shop add --platform shopify --domain example.myshopify.com --currency USD --time-zone America/New_York
  tributary shop add --platform woocommerce --domain shop.example.com --currency EUR --time-zone Europe/Berlin`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch platform {
			case "shopify":
				n.Platform = order.Shopify
			case "woocommerce":
				n.Platform = order.WooCommerce
			default:
				return usageError{fmt.Errorf("--platform must be shopify or woocommerce, not %q", platform)}
			}
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			added, err := tenant.AddShop(cmd.Context(), sys.DB, sys.Keys, n)
			if err != nil {
				return err
			}
			out := addedShop{Shop: added.ID, Domain: n.Domain}
			if c := added.Connection; c != nil {
				out.DeliveryURL, out.Secret = sys.Config.BaseURL()+c.Path, c.Secret
				if c.Weak {
					fmt.Fprintln(cmd.ErrOrStderr(), "The secret is short. Give the webhooks a longer one when you can.")
				}
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), out)
			}
			return out.print(cmd)
		},
	}
	f := cmd.Flags()
	f.StringVar(&platform, "platform", "", "shopify or woocommerce")
	f.StringVar(&n.Domain, "domain", "", "example.myshopify.com, or the host of the WooCommerce site")
	f.StringVar(&n.Name, "name", "", "name to show (default: the domain)")
	f.StringVar(&n.Currency, "currency", "USD", "the shop's currency")
	f.StringVar(&n.TimeZone, "time-zone", "UTC", "the shop's IANA time zone: its months end by it")
	f.StringVar(&n.BaseURL, "url", "", "address of the WooCommerce site (default: https:// and the domain)")
	f.StringVar(&n.Secret, "secret", "", "secret that WooCommerce signs with (default: one is made)")
	f.StringVar(&n.RestKeys.Key, "rest-key", "", "consumer key of WooCommerce's REST API (ck_…), to read orders again")
	f.StringVar(&n.RestKeys.Secret, "rest-secret", "", "its consumer secret (cs_…)")
	return cmd
}

func (a addedShop) print(cmd *cobra.Command) error {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "Added %s as shop %d.\n", a.Domain, a.Shop)
	if a.DeliveryURL != "" {
		fmt.Fprintf(w, `
Make one webhook in WooCommerce (Settings, Advanced, Webhooks) for each of the topics
order.created, order.updated, order.deleted, order.restored, with

  delivery URL  %s
  secret        %s

They are not shown again.
`, a.DeliveryURL, a.Secret)
	}
	_, err := fmt.Fprintf(w, "\nNext, a key for the API: tributary apikey create --shop %s\n", a.Domain)
	return err
}

func newShopListCmd() *cobra.Command {
	type shop struct {
		Shop     int64  `json:"shop"`
		Domain   string `json:"domain"`
		TimeZone string `json:"time_zone"`
		State    string `json:"state"`
	}
	return &cobra.Command{
		Use: "list", Short: "List the shops", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sys, err := openSystem(cmd, needs{db: true})
			if err != nil {
				return err
			}
			defer sys.Close()
			list := []shop{}
			err = sys.DB.InTx(cmd.Context(), 0, func(tx *store.Tx) error {
				shops, err := tx.Shops(cmd.Context())
				for _, s := range shops {
					state := "installed"
					if s.Uninstalled {
						state = "uninstalled"
					}
					list = append(list, shop{s.ID, s.Domain, s.TimeZone, state})
				}
				return err
			})
			if err != nil {
				return err
			}
			if wantJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), list)
			}
			if len(list) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "There is no shop yet: tributary shop add --help")
				return err
			}
			rows := [][]string{{"SHOP", "DOMAIN", "TIME ZONE", "STATE"}}
			for _, s := range list {
				rows = append(rows, []string{fmt.Sprint(s.Shop), s.Domain, s.TimeZone, s.State})
			}
			return printTable(cmd.OutOrStdout(), rows)
		},
	}
}

func newRestKeysCmd() *cobra.Command {
	var shop string
	var k tenant.RestKeys
	cmd := &cobra.Command{
		Use: "rest-keys", Short: "Give a WooCommerce shop the keys of its REST API", Args: noArgs,
		Long: `Stores the consumer key and secret of a WooCommerce shop, sealed. With them an order
is read again where its webhooks do not tell all: which lines a refund gave back.
Read access is enough for that; to keep discount codes in the store, the keys must
be allowed to write, too.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withShop(cmd, shop, func(sys *system, id int64) error {
				connection, err := tenant.SetRestKeys(cmd.Context(), sys.DB, sys.Keys, id, k)
				if err != nil {
					return err
				}
				if wantJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), map[string]any{"shop": id, "connection": connection})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "The keys of shop %d are stored.\n", id)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop's domain or number")
	cmd.Flags().StringVar(&k.Key, "rest-key", "", "consumer key (ck_…)")
	cmd.Flags().StringVar(&k.Secret, "rest-secret", "", "consumer secret (cs_…)")
	return cmd
}

var errWhichShop = errs.New(errs.Invalid, "which_shop", "say which shop with --shop; `tributary shop list` shows them all")

// withShop runs f with the system and the shop that --shop names.
func withShop(cmd *cobra.Command, shop string, f func(sys *system, id int64) error) error {
	sys, err := openSystem(cmd, needs{db: true})
	if err != nil {
		return err
	}
	defer sys.Close()
	id, err := sys.oneShop(cmd, shop)
	if err != nil {
		return err
	}
	return f(sys, id)
}

// oneShop is the one shop that --shop names.
func (sys *system) oneShop(cmd *cobra.Command, name string) (int64, error) {
	if name == "" {
		return 0, errWhichShop
	}
	ids, err := sys.shopIDs(cmd.Context(), name)
	if err != nil {
		return 0, err
	}
	if len(ids) != 1 { // the same domain on both platforms
		return 0, errs.New(errs.Invalid, "which_shop", fmt.Sprintf("%q is the name of %d shops: say which by its number; `tributary shop list` shows them all", name, len(ids)))
	}
	return ids[0], nil
}
