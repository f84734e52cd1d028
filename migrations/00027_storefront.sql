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

-- The companion plugin of a WooCommerce store that was told the key of its
-- session tokens; kid names it.
CREATE TABLE plugin_links (
  shop_id    bigint PRIMARY KEY REFERENCES shops,
  kid        text NOT NULL,
  home_url   text NOT NULL,                  -- of the site the plugin is in
  version    text NOT NULL,                  -- of the plugin
  created_at timestamptz NOT NULL
);
ALTER TABLE plugin_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON plugin_links TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT, INSERT, UPDATE ON plugin_links TO tributary_app;

-- +goose Down
DROP TABLE plugin_links;
REVOKE UPDATE (store_handle, store_url, store_state, store_note, store_at) ON pages FROM tributary_app;
ALTER TABLE pages DROP COLUMN store_handle, DROP COLUMN store_url, DROP COLUMN store_state, DROP COLUMN store_note, DROP COLUMN store_at;
