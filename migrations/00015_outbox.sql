-- +goose Up
-- Work with an effect outside is claimed before it is done. claimed stays true
-- when whoever claimed it died: nobody knows then what became of it.
ALTER TABLE outbox ADD COLUMN claimed boolean NOT NULL DEFAULT false, ADD COLUMN done_at timestamptz;
CREATE INDEX outbox_shop_due ON outbox (shop_id, next_at, id) WHERE state = 'ready';

CREATE FUNCTION door_outbox_due(at timestamptz, kinds text[]) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT o.shop_id FROM outbox o WHERE o.state = 'ready' AND o.next_at <= at AND o.kind = ANY(kinds) ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_outbox_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_outbox_due TO tributary_app;

-- +goose Down
DROP FUNCTION door_outbox_due;
DROP INDEX outbox_shop_due;
ALTER TABLE outbox DROP COLUMN claimed, DROP COLUMN done_at;
