-- +goose Up
-- A discount is what codes give in the store: made there by us, for one
-- agreement. The store is brought to what is wanted by work of the outbox.
CREATE TABLE discounts (
  shop_id      bigint NOT NULL REFERENCES shops,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id bigint NOT NULL,
  title        text NOT NULL,
  spec         text NOT NULL,                     -- discount.Spec, JSON
  wanted       text NOT NULL DEFAULT 'active' CHECK (wanted IN ('active', 'paused', 'deleted')),
  revision     bigint NOT NULL DEFAULT 1,         -- goes up when spec or wanted changes
  applied      bigint NOT NULL DEFAULT 0,         -- the revision that the store has
  state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'paused', 'deleted', 'failed', 'gone')),
  note         text NOT NULL DEFAULT '',          -- why it failed
  remote_id    text NOT NULL DEFAULT '',          -- Shopify's; each coupon of WooCommerce has its own
  edited       text NOT NULL DEFAULT '',          -- what was changed in the store, in words
  checked_at   timestamptz,                       -- when the store was last looked at
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
ALTER TABLE codes
  ADD COLUMN discount_id bigint NOT NULL DEFAULT 0,  -- 0: the store's own, which we only know of
  ADD COLUMN store_state text NOT NULL DEFAULT '' CHECK (store_state IN ('', 'waiting', 'live', 'failed', 'deleted')),
  ADD COLUMN store_note  text NOT NULL DEFAULT '',
  ADD COLUMN remote_id   text NOT NULL DEFAULT '';
CREATE INDEX codes_discount ON codes (shop_id, discount_id, id) WHERE discount_id <> 0;
ALTER TABLE discounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON discounts TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT, INSERT, UPDATE ON discounts TO tributary_app;

-- +goose Down
ALTER TABLE codes DROP COLUMN discount_id, DROP COLUMN store_state, DROP COLUMN store_note, DROP COLUMN remote_id;
DROP TABLE discounts;
