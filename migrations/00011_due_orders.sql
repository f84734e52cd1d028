-- +goose Up

-- Orders that must be decided and settled again although no delivery speaks of
-- them: an influencer was banned, a click came after the order that names it.
-- Who causes it puts the mark here in the same transaction.
CREATE TABLE orders_due (
  shop_id  bigint NOT NULL REFERENCES shops,
  order_id bigint NOT NULL,
  due_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, order_id)
);
CREATE INDEX orders_due_at ON orders_due (shop_id, due_at);

-- Clicks of ours that an order names and that have not been seen yet.
CREATE TABLE awaited_clicks (
  shop_id  bigint NOT NULL REFERENCES shops,
  click_id uuid NOT NULL,
  order_id bigint NOT NULL,
  PRIMARY KEY (shop_id, click_id, order_id)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['orders_due', 'awaited_clicks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE OR REPLACE FUNCTION door_due_shops(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM deliveries d WHERE d.shop_id = s.id AND d.state < 2 AND d.next_at <= at)
          OR EXISTS (SELECT 1 FROM orders_due o WHERE o.shop_id = s.id AND o.due_at <= at) ORDER BY s.id $$;

-- +goose Down
CREATE OR REPLACE FUNCTION door_due_shops(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM deliveries d WHERE d.shop_id = s.id AND d.state < 2 AND d.next_at <= at) ORDER BY s.id $$;
DROP TABLE awaited_clicks, orders_due;
