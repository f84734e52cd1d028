-- +goose Up
-- What an operator watches: how much is due, since when, and what is parked.
-- Over all shops, so it is a door; it tells numbers only. What waits for its
-- next try is not due.
CREATE INDEX deliveries_parked ON deliveries (shop_id) WHERE state = 3;
CREATE FUNCTION door_backlog(at timestamptz) RETURNS TABLE (waiting bigint, oldest_seconds double precision, parked bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT w.n, w.age, p.n
        FROM (SELECT count(*) AS n, coalesce(extract(epoch FROM at - min(d.next_at)), 0)::double precision AS age
                FROM deliveries d WHERE d.state < 2 AND d.next_at <= at AND d.shop_id IN (SELECT s.id FROM shops s)) w,
             (SELECT count(*) AS n FROM deliveries d WHERE d.state = 3) p $$;
REVOKE ALL ON FUNCTION door_backlog FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_backlog TO tributary_app;

-- +goose Down
DROP FUNCTION door_backlog;
DROP INDEX deliveries_parked;
