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

-- What a post counts for in the KPIs, as domain/kpi encodes it, and where an
-- order's earning came from, for the cost of pages and live sessions.
ALTER TABLE posts ADD COLUMN kpi bytea;
ALTER TABLE earnings
  ADD COLUMN page_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN session_id bigint NOT NULL DEFAULT 0;
-- What is there already is counted by settling it once more.
INSERT INTO activity_due (shop_id, agreement_id, due_at) SELECT DISTINCT shop_id, agreement_id, '-infinity'::timestamptz FROM posts
  ON CONFLICT (shop_id, agreement_id) DO UPDATE SET due_at = least(activity_due.due_at, excluded.due_at);
INSERT INTO orders_due (shop_id, order_id, due_at) SELECT shop_id, id, '-infinity'::timestamptz FROM orders WHERE via IN ('visit', 'live');

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
ALTER TABLE posts DROP COLUMN kpi;
ALTER TABLE earnings DROP COLUMN page_id, DROP COLUMN session_id;
DROP TABLE awaited_clicks, orders_due;
