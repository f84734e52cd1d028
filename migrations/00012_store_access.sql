-- +goose Up
-- What opens a Shopify shop's Admin API: an access token that lives an hour and
-- the refresh token that renews it, sealed, both of them of one generation.
CREATE TABLE shopify_access (
  shop_id        bigint PRIMARY KEY REFERENCES shops,
  generation     bigint NOT NULL,                 -- goes up with every pair; a pair is stored only on top of the one it was made from
  access_token   bytea NOT NULL,
  refresh_token  bytea NOT NULL,
  scopes         text NOT NULL,                   -- granted, separated by commas
  access_until   timestamptz NOT NULL,
  refresh_until  timestamptz NOT NULL,
  granted_at     timestamptz NOT NULL,            -- when somebody in the store's admin last proved that the app is installed
  renewing_until timestamptz,                     -- somebody is renewing; if they die, others may from then on
  renew_at       timestamptz NOT NULL,            -- when a job renews what nobody uses
  health         text NOT NULL DEFAULT 'ok',      -- 'ok', or what is wrong
  dead           boolean NOT NULL DEFAULT false,  -- only the merchant can help, by opening the app
  health_at      timestamptz
);
CREATE INDEX shopify_access_renew ON shopify_access (renew_at) WHERE NOT dead;

-- Sweeps: reading which orders a store has changed, to find what no webhook told.
CREATE TABLE sweeps (
  shop_id  bigint PRIMARY KEY REFERENCES shops,
  cursor   timestamptz NOT NULL,                  -- every order changed before has been looked at
  next_at  timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  note     text NOT NULL DEFAULT ''               -- why the last sweep failed
);

-- What sweeps found, by the shop's own day of the order's change.
CREATE TABLE sweep_days (
  shop_id bigint NOT NULL REFERENCES shops,
  day     date NOT NULL,
  seen    bigint NOT NULL DEFAULT 0,              -- changes of orders that the store showed
  missing bigint NOT NULL DEFAULT 0,              -- of which we had heard nothing
  healed  bigint NOT NULL DEFAULT 0,              -- of which were read and taken in
  PRIMARY KEY (shop_id, day)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['shopify_access', 'sweeps', 'sweep_days'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- The shop of a platform and domain, added if need be; one that uninstalled the
-- app comes back with its ledger. fresh: it was not there.
CREATE FUNCTION door_install_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS TABLE (id bigint, fresh boolean)
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops AS s (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE
          SET installed_at = CASE WHEN s.uninstalled_at IS NULL THEN s.installed_at ELSE excluded.installed_at END, uninstalled_at = NULL
        RETURNING s.id, s.xmax = 0 $$;
CREATE FUNCTION door_due_renewals(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT a.shop_id FROM shopify_access a WHERE NOT a.dead AND a.renew_at <= at ORDER BY a.renew_at LIMIT 1000 $$;
CREATE FUNCTION door_due_sweeps(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT a.shop_id FROM shopify_access a JOIN shops s ON s.id = a.shop_id LEFT JOIN sweeps w ON w.shop_id = a.shop_id
        WHERE NOT a.dead AND s.uninstalled_at IS NULL AND (w.next_at IS NULL OR w.next_at <= at) ORDER BY a.shop_id $$;
REVOKE ALL ON FUNCTION door_install_shop, door_due_renewals, door_due_sweeps FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_install_shop, door_due_renewals, door_due_sweeps TO tributary_app;

-- +goose Down
DROP FUNCTION door_install_shop, door_due_renewals, door_due_sweeps;
DROP TABLE sweep_days, sweeps, shopify_access;
