-- +goose Up
-- A merchant gives us the keys of a WooCommerce store: begun with a key of the
-- shop's, opened once in a browser, answered by the store, finished in the same
-- browser. Of what travels only hashes are here.
CREATE TABLE woo_installs (
  shop_id       bigint NOT NULL REFERENCES shops,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  base_url      text NOT NULL,                    -- what the merchant typed, normalised
  ticket_hash   bytea NOT NULL UNIQUE,            -- of the address that begins it in a browser
  state_hash    bytea UNIQUE,                     -- of what the store gives back to us
  session_hash  bytea,                            -- of the cookie of the browser that opened it
  step          text NOT NULL DEFAULT 'begun' CHECK (step IN ('begun', 'opened', 'received', 'verified', 'connected', 'denied', 'failed', 'expired')),
  keys          bytea,                            -- sealed, until they are a connection's
  rights        text NOT NULL DEFAULT '',         -- that the store says the keys have
  returned_at   timestamptz,                      -- the browser that opened it came back from the store
  connection_id bigint NOT NULL DEFAULT 0,
  found         text NOT NULL DEFAULT '',         -- what the store said of itself, JSON
  problems      text NOT NULL DEFAULT '[]',       -- what the merchant has to mend, JSON
  begun_at      timestamptz NOT NULL,
  until         timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id)
);
-- Ours to keep in the store: its webhooks, one for each topic.
ALTER TABLE connections
  ADD COLUMN token         bytea,                        -- sealed; of the delivery URL, for a webhook that has to be made again
  ADD COLUMN problems      text NOT NULL DEFAULT '[]',   -- what the merchant has to mend, JSON
  ADD COLUMN hooks_next_at timestamptz;                  -- when the store's webhooks are looked at; null: they are the merchant's
CREATE TABLE store_hooks (
  shop_id       bigint NOT NULL REFERENCES shops,
  connection_id bigint NOT NULL,
  topic         text NOT NULL,
  remote_id     bigint NOT NULL,                  -- 0: it could not be made
  state         text NOT NULL CHECK (state IN ('active', 'missing', 'disabled', 'changed')), -- as last found
  note          text NOT NULL DEFAULT '',
  repairs       integer NOT NULL DEFAULT 0,       -- how often it was made or switched on again
  repaired_at   timestamptz,
  checked_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, connection_id, topic)
);

-- At night sweeps list the orders anew on which commissions may still change.
ALTER TABLE sweeps ADD COLUMN nightly_on date,                -- the shop's day whose night was read
  ADD COLUMN nightly_id bigint NOT NULL DEFAULT 0;            -- how far that night came
ALTER TABLE sweep_days ADD COLUMN orders bigint, ADD COLUMN store_orders bigint, ADD COLUMN total bigint, ADD COLUMN store_total bigint,
  ADD COLUMN unknown text NOT NULL DEFAULT '[]', ADD COLUMN compared_at timestamptz;

-- History from before the installation, or anew: read by the store in its own
-- time on Shopify, page by page on WooCommerce.
CREATE TABLE backfills (
  shop_id     bigint NOT NULL REFERENCES shops,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  since       timestamptz NOT NULL,
  until       timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'reading', 'done', 'failed', 'cancelled')),
  remote_id   text NOT NULL DEFAULT '',           -- of Shopify's bulk operation
  file_url    text NOT NULL DEFAULT '',
  file_bytes  bigint NOT NULL DEFAULT 0,
  read_bytes  bigint NOT NULL DEFAULT 0,          -- every order that begins before has been taken in
  cursor      text NOT NULL DEFAULT '',           -- the same on WooCommerce
  total       bigint NOT NULL DEFAULT 0,          -- orders, as far as the store tells
  seen        bigint NOT NULL DEFAULT 0,
  taken       bigint NOT NULL DEFAULT 0,          -- orders that we did not have, or not as they are
  attempts    integer NOT NULL DEFAULT 0,
  note        text NOT NULL DEFAULT '',
  asked_at    timestamptz NOT NULL,
  next_at     timestamptz NOT NULL,
  done_at     timestamptz,
  PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX backfills_one ON backfills (shop_id) WHERE state IN ('waiting', 'running', 'reading');

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['woo_installs', 'store_hooks', 'backfills'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE FUNCTION door_woo_ticket(h bytea) RETURNS TABLE (shop_id bigint, id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT w.shop_id, w.id FROM woo_installs w WHERE w.ticket_hash = h $$;
CREATE FUNCTION door_woo_state(h bytea) RETURNS TABLE (shop_id bigint, id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT w.shop_id, w.id FROM woo_installs w WHERE w.state_hash = h $$;
-- Keys that nobody came back for are forgotten.
CREATE FUNCTION expire_woo_installs(at timestamptz) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ UPDATE woo_installs SET step = 'expired', keys = NULL WHERE until < at AND step IN ('begun', 'opened', 'received', 'verified') $$;
CREATE FUNCTION door_due_hooks(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT c.shop_id FROM connections c JOIN shops s ON s.id = c.shop_id
        WHERE c.hooks_next_at <= at AND c.revoked_at IS NULL AND c.rest_keys IS NOT NULL AND s.uninstalled_at IS NULL ORDER BY 1 $$;
CREATE FUNCTION door_due_backfills(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT b.shop_id FROM backfills b JOIN shops s ON s.id = b.shop_id
        WHERE b.state IN ('waiting', 'running', 'reading') AND b.next_at <= at AND s.uninstalled_at IS NULL ORDER BY 1 $$;
CREATE OR REPLACE FUNCTION door_due_sweeps(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s LEFT JOIN sweeps w ON w.shop_id = s.id
        WHERE s.uninstalled_at IS NULL AND (w.next_at IS NULL OR w.next_at <= at)
          AND (EXISTS (SELECT 1 FROM shopify_access a WHERE a.shop_id = s.id AND NOT a.dead)
            OR EXISTS (SELECT 1 FROM connections c WHERE c.shop_id = s.id AND c.rest_keys IS NOT NULL AND c.revoked_at IS NULL)) ORDER BY s.id $$;
REVOKE ALL ON FUNCTION door_woo_ticket, door_woo_state, expire_woo_installs, door_due_hooks, door_due_backfills FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_woo_ticket, door_woo_state, expire_woo_installs, door_due_hooks, door_due_backfills TO tributary_app;

-- +goose Down
CREATE OR REPLACE FUNCTION door_due_sweeps(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT a.shop_id FROM shopify_access a JOIN shops s ON s.id = a.shop_id LEFT JOIN sweeps w ON w.shop_id = a.shop_id
        WHERE NOT a.dead AND s.uninstalled_at IS NULL AND (w.next_at IS NULL OR w.next_at <= at) ORDER BY a.shop_id $$;
DROP FUNCTION door_woo_ticket, door_woo_state, expire_woo_installs, door_due_hooks, door_due_backfills;
DROP TABLE backfills, store_hooks, woo_installs;
ALTER TABLE sweep_days DROP COLUMN orders, DROP COLUMN store_orders, DROP COLUMN total, DROP COLUMN store_total, DROP COLUMN unknown, DROP COLUMN compared_at;
ALTER TABLE sweeps DROP COLUMN nightly_on, DROP COLUMN nightly_id;
ALTER TABLE connections DROP COLUMN token, DROP COLUMN problems, DROP COLUMN hooks_next_at;
