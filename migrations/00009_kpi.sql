-- +goose Up

-- What each order counts for in the KPIs, as domain/kpi encodes it: a change
-- takes the old away and adds the new.
ALTER TABLE orders ADD COLUMN kpi bytea, ADD COLUMN acquired boolean NOT NULL DEFAULT false; -- acquired: the customer's first, and attributed

-- Where an earning came from, for the KPIs by link and code.
ALTER TABLE earnings
  ADD COLUMN campaign_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN link_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN code_id bigint NOT NULL DEFAULT 0;

-- Two grains of the same counts, by dimension (domain/kpi.Dim; id 0 for the
-- shop): days of the shop's calendar for everything, hours of its clocks for
-- the shop, campaigns and influencers. Money is minor units of currency; what
-- has no currency stands under the shop's.
CREATE TABLE kpi_days (
  shop_id      bigint NOT NULL,
  dim          smallint NOT NULL,
  id           bigint NOT NULL,
  day          date NOT NULL,
  currency     text NOT NULL,
  impressions  bigint NOT NULL DEFAULT 0,
  clicks       bigint NOT NULL DEFAULT 0,
  visits       bigint NOT NULL DEFAULT 0,
  orders       bigint NOT NULL DEFAULT 0,
  click_orders bigint NOT NULL DEFAULT 0,
  kept         bigint NOT NULL DEFAULT 0,
  kept_clicks  bigint NOT NULL DEFAULT 0,
  gross        bigint NOT NULL DEFAULT 0,
  net          bigint NOT NULL DEFAULT 0,
  acquired     bigint NOT NULL DEFAULT 0,
  repeats      bigint NOT NULL DEFAULT 0,
  leads        bigint NOT NULL DEFAULT 0,
  entries      bigint NOT NULL DEFAULT 0,
  earned       bigint NOT NULL DEFAULT 0,
  reversed     bigint NOT NULL DEFAULT 0,
  gifts        bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (shop_id, dim, id, day, currency)
) WITH (fillfactor = 70);
CREATE INDEX kpi_days_day ON kpi_days (shop_id, dim, day) INCLUDE (id);

CREATE TABLE kpi_hours (LIKE kpi_days INCLUDING DEFAULTS) WITH (fillfactor = 70);
ALTER TABLE kpi_hours DROP COLUMN day;
ALTER TABLE kpi_hours ADD COLUMN hour timestamptz NOT NULL;
ALTER TABLE kpi_hours ADD PRIMARY KEY (shop_id, dim, id, hour, currency);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['kpi_days', 'kpi_hours'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- What just happened, for those who watch: written where it happens, kept some
-- days. Ids of a shop rise in the order of commits, for the shop's lock is held.
CREATE TABLE feed (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  at            timestamptz NOT NULL,
  kind          text NOT NULL,                  -- earned, changed, reversed
  influencer_id bigint NOT NULL,
  earning_id    bigint NOT NULL,
  source_kind   smallint NOT NULL,              -- of the earning
  source        bigint NOT NULL,
  currency      text NOT NULL,
  minor         bigint NOT NULL,                -- what was earned or, negative, taken back
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX feed_at ON feed USING brin (at);
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON feed TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()));
GRANT SELECT, INSERT ON feed TO tributary_app;
CREATE FUNCTION prune_feed(before timestamptz) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ DELETE FROM feed WHERE at < before $$;
REVOKE ALL ON FUNCTION prune_feed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_feed TO tributary_app;

-- +goose Down
DROP FUNCTION prune_feed;
DROP TABLE feed;
DROP TABLE kpi_hours, kpi_days;
ALTER TABLE earnings DROP COLUMN campaign_id, DROP COLUMN link_id, DROP COLUMN code_id;
ALTER TABLE orders DROP COLUMN kpi, DROP COLUMN acquired;
