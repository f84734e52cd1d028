-- +goose Up

-- Redacted: the body is not what came but what was understood of it, without
-- anybody's data, so that a replay still gives the same ledger.
ALTER TABLE deliveries ADD COLUMN redacted boolean NOT NULL DEFAULT false;

-- About whose data (sealed, forgotten when it is done), and the answer to a data
-- request (sealed).
ALTER TABLE privacy_requests
  ADD COLUMN subject bytea,
  ADD COLUMN report bytea,
  ADD COLUMN requested_at timestamptz,
  ADD COLUMN note text NOT NULL DEFAULT '';
CREATE INDEX privacy_requests_open ON privacy_requests (shop_id) WHERE done_at IS NULL;
GRANT UPDATE (email, country) ON giveaway_forms TO tributary_app;

CREATE FUNCTION door_privacy_open(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT p.shop_id FROM privacy_requests p WHERE p.done_at IS NULL AND coalesce(p.requested_at, '-infinity') <= at ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_privacy_open FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_privacy_open TO tributary_app;

-- A shop that comes back after its data were redacted gets a new key.
CREATE OR REPLACE FUNCTION door_install_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS TABLE (id bigint, fresh boolean)
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops AS s (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE
          SET installed_at = CASE WHEN s.uninstalled_at IS NULL THEN s.installed_at ELSE excluded.installed_at END, uninstalled_at = NULL,
            hash_key = CASE s.hash_key WHEN '' THEN excluded.hash_key ELSE s.hash_key END
        RETURNING s.id, s.xmax = 0 $$;

-- +goose Down
CREATE OR REPLACE FUNCTION door_install_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS TABLE (id bigint, fresh boolean)
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops AS s (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE
          SET installed_at = CASE WHEN s.uninstalled_at IS NULL THEN s.installed_at ELSE excluded.installed_at END, uninstalled_at = NULL
        RETURNING s.id, s.xmax = 0 $$;
DROP FUNCTION door_privacy_open;
REVOKE UPDATE (email, country) ON giveaway_forms FROM tributary_app;
ALTER TABLE privacy_requests DROP COLUMN subject, DROP COLUMN report, DROP COLUMN requested_at, DROP COLUMN note;
ALTER TABLE deliveries DROP COLUMN redacted;
