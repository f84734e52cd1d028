-- +goose Up
-- A single code of a pool can be taken out of the store, and stores are looked
-- at from time to time for what was changed there.
ALTER TABLE codes DROP CONSTRAINT codes_store_state_check;
ALTER TABLE codes ADD CONSTRAINT codes_store_state_check CHECK (store_state IN ('', 'waiting', 'live', 'failed', 'removing', 'deleted'));
CREATE FUNCTION door_due_code_checks(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT d.shop_id FROM discounts d JOIN shops s ON s.id = d.shop_id
        WHERE d.state IN ('active', 'paused') AND d.wanted <> 'deleted' AND d.checked_at < at AND s.uninstalled_at IS NULL ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_due_code_checks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_due_code_checks TO tributary_app;

-- +goose Down
DROP FUNCTION door_due_code_checks;
UPDATE codes SET store_state = 'live' WHERE store_state = 'removing';
ALTER TABLE codes DROP CONSTRAINT codes_store_state_check;
ALTER TABLE codes ADD CONSTRAINT codes_store_state_check CHECK (store_state IN ('', 'waiting', 'live', 'failed', 'deleted'));
