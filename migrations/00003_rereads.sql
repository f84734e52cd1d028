-- +goose Up
-- What reading a WooCommerce order again needs: the store's REST keys, and a
-- list of the orders of which webhooks do not tell all.
ALTER TABLE connections
  ADD COLUMN rest_keys      bytea,              -- sealed; consumer key and secret of the store's REST API
  ADD COLUMN rest_health    text NOT NULL DEFAULT 'ok', -- what the store last answered to them
  ADD COLUMN rest_health_at timestamptz;

CREATE TABLE rereads (
  shop_id  bigint NOT NULL REFERENCES shops,
  order_id bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at  timestamptz NOT NULL,
  note     text NOT NULL DEFAULT '',            -- why the last attempt failed
  PRIMARY KEY (shop_id, order_id)
);
CREATE INDEX rereads_due ON rereads (shop_id, next_at);
ALTER TABLE rereads ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rereads TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT, INSERT, UPDATE, DELETE ON rereads TO tributary_app;

CREATE FUNCTION door_due_rereads(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s
        WHERE EXISTS (SELECT 1 FROM connections c WHERE c.shop_id = s.id AND c.rest_keys IS NOT NULL AND c.revoked_at IS NULL)
          AND EXISTS (SELECT 1 FROM rereads r WHERE r.shop_id = s.id AND r.next_at <= at) ORDER BY s.id $$;

-- A store describes itself in deliveries that may overtake each other.
ALTER TABLE shops ADD COLUMN described_at timestamptz;

-- Influencers are owed money whether or not the shop is still connected, so
-- work over all shops does not leave out those that uninstalled the app.
DROP FUNCTION door_shops;
CREATE FUNCTION door_shops() RETURNS TABLE (id bigint, domain text, time_zone text, open_from timestamptz, uninstalled boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.domain, s.time_zone, s.open_from, s.uninstalled_at IS NOT NULL FROM shops s ORDER BY s.id $$;

-- A shop that comes back is the shop that left, with its ledger.
CREATE OR REPLACE FUNCTION door_add_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE SET installed_at = excluded.installed_at, uninstalled_at = NULL
          WHERE shops.uninstalled_at IS NOT NULL
        RETURNING id $$;

REVOKE ALL ON FUNCTION door_due_rereads, door_shops FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_due_rereads, door_shops TO tributary_app;

-- +goose Down
DROP FUNCTION door_due_rereads, door_shops;
CREATE FUNCTION door_shops() RETURNS TABLE (id bigint, domain text, time_zone text, open_from timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.domain, s.time_zone, s.open_from FROM shops s WHERE s.uninstalled_at IS NULL ORDER BY s.id $$;
CREATE OR REPLACE FUNCTION door_add_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO NOTHING RETURNING id $$;
REVOKE ALL ON FUNCTION door_shops FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_shops TO tributary_app;
DROP TABLE rereads;
ALTER TABLE shops DROP COLUMN described_at;
ALTER TABLE connections DROP COLUMN rest_keys, DROP COLUMN rest_health, DROP COLUMN rest_health_at;
