-- +goose Up

-- Agreements that must be settled for what is not an order (clicks, leads,
-- posts, giveaway entries, fees), and from when on. Who records such a thing
-- puts the mark here in the same transaction; settling takes it away.
CREATE TABLE activity_due (
  shop_id      bigint NOT NULL REFERENCES shops,
  agreement_id bigint NOT NULL,
  due_at       timestamptz NOT NULL,
  PRIMARY KEY (shop_id, agreement_id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE INDEX activity_due_at ON activity_due (due_at);
ALTER TABLE activity_due ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON activity_due TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT, INSERT, UPDATE, DELETE ON activity_due TO tributary_app;

CREATE FUNCTION door_activity_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT d.shop_id FROM activity_due d WHERE d.due_at <= at ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_activity_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_activity_due TO tributary_app;

-- +goose Down
DROP FUNCTION door_activity_due;
DROP TABLE activity_due;
