-- +goose Up
-- Who saw or changed what: written by the database itself, each line with the
-- hash of the one before, so that a line that was changed, put in or taken out
-- shows. The application can add lines and read them, nothing else.
CREATE TABLE audit_log (
  shop_id bigint NOT NULL REFERENCES shops,
  seq     bigint NOT NULL,                        -- 1, 2, 3 … in each shop
  at      timestamptz NOT NULL,
  actor   text NOT NULL,                          -- "key 3", "user 42", "operator"
  action  text NOT NULL,                          -- of the API's operation, or the command
  target  text NOT NULL,                          -- path, without its query
  detail  text NOT NULL,                          -- names of fields, never what is in them
  prev    bytea NOT NULL,
  hash    bytea NOT NULL,
  PRIMARY KEY (shop_id, seq)
);
CREATE TABLE audit_heads (
  shop_id bigint PRIMARY KEY REFERENCES shops,
  seq     bigint NOT NULL,
  hash    bytea NOT NULL
);
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_log TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT ON audit_log, audit_heads TO tributary_app;
CREATE INDEX audit_log_action ON audit_log (shop_id, action, seq);

-- +goose StatementBegin
CREATE FUNCTION audit_append(at timestamptz, actor text, action text, target text, detail text) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$
DECLARE shop bigint := current_shop(); n bigint; before bytea; line bytea;
BEGIN
  INSERT INTO audit_heads (shop_id, seq, hash) VALUES (shop, 0, '') ON CONFLICT DO NOTHING;
  SELECT h.seq + 1, h.hash INTO n, before FROM audit_heads h WHERE h.shop_id = shop FOR UPDATE;
  line := sha256(before || convert_to(format('%s|%s|%s:%s|%s:%s|%s:%s|%s:%s', n, (extract(epoch FROM at) * 1000000)::bigint,
    octet_length(actor), actor, octet_length(action), action, octet_length(target), target, octet_length(detail), detail), 'UTF8'));
  INSERT INTO audit_log VALUES (shop, n, at, actor, action, target, detail, before, line);
  UPDATE audit_heads h SET seq = n, hash = line WHERE h.shop_id = shop;
  RETURN n;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION audit_append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append TO tributary_app;

-- An influencer may ask to be forgotten; what was signed and paid stays without
-- the person.
ALTER TABLE influencers ADD COLUMN erased_at timestamptz;
GRANT UPDATE (signer, email, ip) ON signatures TO tributary_app;

-- Tax forms are added and deleted, never changed; only what seals one may be.
-- +goose StatementBegin
CREATE FUNCTION reseal_tax_form(influencer bigint, fresh bytea, old bytea) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$
BEGIN
  UPDATE tax_forms SET data = fresh WHERE shop_id = current_shop() AND influencer_id = influencer AND data = old;
  RETURN FOUND;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION reseal_tax_form FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reseal_tax_form TO tributary_app;

-- +goose Down
DROP FUNCTION reseal_tax_form;
REVOKE UPDATE (signer, email, ip) ON signatures FROM tributary_app;
ALTER TABLE influencers DROP COLUMN erased_at;
DROP FUNCTION audit_append;
DROP TABLE audit_heads, audit_log;
