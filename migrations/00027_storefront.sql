-- +goose Up

-- Where the store itself shows a page: the handle it has there ('': it was never
-- there), and what came of the last attempt.
ALTER TABLE pages
  ADD COLUMN store_handle text NOT NULL DEFAULT '',
  ADD COLUMN store_url text NOT NULL DEFAULT '',
  ADD COLUMN store_state text NOT NULL DEFAULT '' CHECK (store_state IN ('', 'shown', 'hidden', 'absent', 'failed')),
  ADD COLUMN store_note text NOT NULL DEFAULT '',
  ADD COLUMN store_at timestamptz;
GRANT UPDATE (store_handle, store_url, store_state, store_note, store_at) ON pages TO tributary_app;

-- The companion plugin of a WooCommerce store, paired with us: kid names the
-- secret that both know, which is derived and stored nowhere. One counts.
CREATE TABLE plugin_links (
  shop_id    bigint NOT NULL REFERENCES shops,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  kid        text NOT NULL UNIQUE CHECK (kid ~ '^[A-Za-z0-9_-]{20,64}$'),
  home_url   text NOT NULL,                  -- who the plugin's tokens are of
  admin      text NOT NULL,                  -- origin that may show our pages in a frame
  version    text NOT NULL,                  -- of the plugin
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX plugin_links_live ON plugin_links (shop_id) WHERE revoked_at IS NULL;

-- Tokens of the plugin that were swapped for a session: each is good once.
CREATE TABLE plugin_tokens (
  shop_id    bigint NOT NULL REFERENCES shops,
  jti        text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, jti)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['plugin_links', 'plugin_tokens'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT UPDATE (revoked_at) ON plugin_links TO tributary_app;
GRANT DELETE ON plugin_tokens TO tributary_app;

CREATE FUNCTION door_plugin_link(k text) RETURNS TABLE (shop_id bigint, id bigint, home_url text, admin text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT l.shop_id, l.id, l.home_url, l.admin FROM plugin_links l JOIN shops s ON s.id = l.shop_id
        WHERE l.kid = k AND l.revoked_at IS NULL AND s.uninstalled_at IS NULL $$;
REVOKE ALL ON FUNCTION door_plugin_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_plugin_link TO tributary_app;

-- +goose Down
DROP FUNCTION door_plugin_link;
DROP TABLE plugin_tokens, plugin_links;
REVOKE UPDATE (store_handle, store_url, store_state, store_note, store_at) ON pages FROM tributary_app;
ALTER TABLE pages DROP COLUMN store_handle, DROP COLUMN store_url, DROP COLUMN store_state, DROP COLUMN store_note, DROP COLUMN store_at;
