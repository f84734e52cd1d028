-- +goose Up
-- Roles: migrations run as the owner; everything at run time runs as
-- tributary_app (the store sets the role in every transaction), so row-level
-- security holds whatever user DATABASE_URL names.
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tributary_app') THEN
    BEGIN
      CREATE ROLE tributary_app NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of the cluster was faster
    END;
  END IF;
  IF NOT pg_has_role(current_user, 'tributary_app', 'MEMBER') THEN
    EXECUTE format('GRANT tributary_app TO %I', current_user);
  END IF;
END $$;
-- +goose StatementEnd

-- The tenant of this transaction; NULL outside one, and then no row is visible.
CREATE FUNCTION current_shop() RETURNS bigint
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.shop_id', true), '')::bigint $$;

-- Ids of orders' earnings and journals are handed to processes in blocks.
CREATE SEQUENCE id_block AS bigint INCREMENT BY 1024 START WITH 1024;

CREATE TABLE shops (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  platform       smallint NOT NULL CHECK (platform IN (1, 2)),
  domain         text NOT NULL,                 -- example.myshopify.com, or the WooCommerce home host
  name           text NOT NULL,
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  time_zone      text NOT NULL,
  hash_key       bytea NOT NULL,                -- sealed; keys the hashes of personal data, destroyed on redaction
  open_from      timestamptz NOT NULL DEFAULT '-infinity', -- start of the open period: the last cut
  installed_at   timestamptz NOT NULL,
  uninstalled_at timestamptz,
  health         text NOT NULL DEFAULT 'ok',
  health_at      timestamptz,
  UNIQUE (platform, domain)
);

-- A connection is one way a store may talk to us: WooCommerce's delivery URL
-- holds an unguessable token (hashed here) and its own webhook secret (sealed).
CREATE TABLE connections (
  shop_id     bigint NOT NULL REFERENCES shops,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  token_hash  bytea NOT NULL UNIQUE,
  secret      bytea NOT NULL,
  base_url    text NOT NULL,
  created_at  timestamptz NOT NULL,
  revoked_at  timestamptz,
  health      text NOT NULL DEFAULT 'ok',
  health_at   timestamptz,
  PRIMARY KEY (shop_id, id)
);

CREATE TABLE api_keys (
  shop_id    bigint NOT NULL REFERENCES shops,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  hash       bytea NOT NULL UNIQUE,             -- sha256 of the key
  scope      text NOT NULL CHECK (scope IN ('read', 'write')),
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (shop_id, id)
);

CREATE TABLE idempotency_keys (
  shop_id      bigint NOT NULL REFERENCES shops,
  key          text NOT NULL,
  request_hash bytea NOT NULL,
  status       integer NOT NULL,
  response     bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, key)
);

-- The inbox. Bodies are S2-compressed in the application and stored as they
-- are: the bytes that were signed are never parsed by the database. The
-- partition key is a day that a retry of the same delivery carries too, so
-- that the primary key can tell duplicates.
CREATE TABLE deliveries (
  shop_id       bigint NOT NULL,                -- 0: a valid signature for a shop we do not know
  id            uuid NOT NULL,                  -- hash of what makes a delivery itself
  day           date NOT NULL,
  connection_id bigint NOT NULL DEFAULT 0,
  platform      smallint NOT NULL,
  topic         text NOT NULL,
  source        text NOT NULL DEFAULT '',       -- the shop domain the headers named
  triggered_at  timestamptz,
  received_at   timestamptz NOT NULL,
  body          bytea NOT NULL,
  state         smallint NOT NULL DEFAULT 0,    -- 0 pending, 1 retry, 2 done, 3 parked, 4 ignored
  attempts      smallint NOT NULL DEFAULT 0,
  next_at       timestamptz NOT NULL,
  order_id      bigint,
  note          text,                           -- what it became, or the error that parked it
  PRIMARY KEY (shop_id, id, day)
) PARTITION BY RANGE (day);
ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX deliveries_due ON deliveries (shop_id, next_at, id) WHERE state < 2;
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;

CREATE TABLE influencers (
  shop_id       bigint NOT NULL REFERENCES shops,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  handle        text NOT NULL CHECK (handle ~ '^[a-z0-9_-]{1,64}$'),
  name          text NOT NULL,
  email         text NOT NULL,
  email_hash    text NOT NULL,
  phone_hash    text NOT NULL DEFAULT '',
  address_hash  text NOT NULL DEFAULT '',
  customer_id   bigint NOT NULL DEFAULT 0,      -- the influencer as a customer of the store, when known
  payout_method text NOT NULL DEFAULT '',       -- '' none yet, 'csv'
  payout_detail text NOT NULL DEFAULT '',       -- what the rail needs to find the payee
  tax_form      text NOT NULL DEFAULT 'not_required' CHECK (tax_form IN ('not_required', 'missing', 'valid')),
  banned_at     timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, handle),
  UNIQUE (shop_id, email_hash)
);

-- When an influencer was active (R-10).
CREATE TABLE influencer_spans (
  shop_id       bigint NOT NULL,
  influencer_id bigint NOT NULL,
  active_from   timestamptz NOT NULL,
  active_to     timestamptz,
  PRIMARY KEY (shop_id, influencer_id, active_from),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers,
  CHECK (active_to IS NULL OR active_to >= active_from)
);

CREATE TABLE campaigns (
  shop_id    bigint NOT NULL REFERENCES shops,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  goal       text NOT NULL DEFAULT '',
  state      text NOT NULL DEFAULT 'active' CHECK (state IN ('draft', 'active', 'ended')),
  starts_at  timestamptz,
  ends_at    timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id)
);

CREATE TABLE agreements (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  influencer_id bigint NOT NULL,
  campaign_id   bigint NOT NULL,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers,
  FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns
);

-- Versions: draft → offered → signed → superseded; or declined, withdrawn.
CREATE TABLE agreement_versions (
  shop_id        bigint NOT NULL,
  id             bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id   bigint NOT NULL,
  number         integer NOT NULL,
  state          text NOT NULL CHECK (state IN ('draft', 'offered', 'signed', 'superseded', 'declined', 'withdrawn')),
  terms          text NOT NULL,                 -- RFC 8785 canonical JSON
  hash           text NOT NULL,                 -- hex sha256 of terms
  effective_from timestamptz,                   -- touches from here on fall under this version (R-59)
  effective_to   timestamptz,
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, agreement_id, number),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);

CREATE TABLE signatures (
  shop_id    bigint NOT NULL,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  version_id bigint NOT NULL,
  party      text NOT NULL CHECK (party IN ('merchant', 'influencer')),
  signer     text NOT NULL,                     -- name as typed
  email      text NOT NULL,
  ip         text NOT NULL,
  method     text NOT NULL,                     -- 'api', 'portal', 'admin'
  hash       text NOT NULL,                     -- of the terms that were signed
  signed_at  timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, version_id, party),
  FOREIGN KEY (shop_id, version_id) REFERENCES agreement_versions
);

-- Which influencer a code belonged to, and when (R-8). Code is folded.
CREATE TABLE codes (
  shop_id      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  code         text NOT NULL,
  agreement_id bigint NOT NULL,
  valid_from   timestamptz NOT NULL,
  valid_to     timestamptz,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements,
  CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX codes_code ON codes (shop_id, code, valid_from);
CREATE UNIQUE INDEX codes_open ON codes (shop_id, code) WHERE valid_to IS NULL;

CREATE TABLE links (
  shop_id      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  slug         text NOT NULL CHECK (slug ~ '^[A-Za-z0-9_-]{1,64}$'),
  agreement_id bigint NOT NULL,
  destination  text NOT NULL,
  created_at   timestamptz NOT NULL,
  disabled_at  timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, slug),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);

CREATE TABLE clicks (
  shop_id bigint NOT NULL,
  id      uuid NOT NULL,
  at      timestamptz NOT NULL,
  link_id bigint NOT NULL,
  ip_hash text NOT NULL DEFAULT '',
  invalid text NOT NULL DEFAULT '',             -- '' valid, else why not
  PRIMARY KEY (shop_id, id, at)
) PARTITION BY RANGE (at);
CREATE TABLE clicks_default PARTITION OF clicks DEFAULT;

-- The current state of every order we heard of: the join of its deliveries.
CREATE TABLE orders (
  shop_id         bigint NOT NULL,
  id              bigint NOT NULL,              -- the store's own id
  name            text NOT NULL,
  payment         smallint NOT NULL,
  created_at      timestamptz,                  -- null until a whole-order payload came
  paid_at         timestamptz,
  currency        text NOT NULL,
  total           bigint NOT NULL,
  customer_key    text NOT NULL DEFAULT '',     -- customer id, or e-mail hash for guests
  outcome         text NOT NULL,                -- attribution.Outcome
  influencer_id   bigint NOT NULL DEFAULT 0,    -- first winner; 0 none
  version_id      bigint NOT NULL DEFAULT 0,
  via             text NOT NULL DEFAULT '',
  decision_number integer NOT NULL DEFAULT 0,   -- newest row in attributions; 0: no candidate was ever seen
  first_seen_at   timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  state           bytea NOT NULL,               -- order.Order as JSON, S2-compressed
  PRIMARY KEY (shop_id, id)
);
ALTER TABLE orders ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE INDEX orders_customer ON orders (shop_id, customer_key, created_at) WHERE customer_key <> '';
CREATE INDEX orders_created ON orders (shop_id, created_at, id);

-- Every decision ever taken about an order, never changed.
CREATE TABLE attributions (
  shop_id    bigint NOT NULL,
  order_id   bigint NOT NULL,
  number     integer NOT NULL,
  decided_at timestamptz NOT NULL,
  decision   bytea NOT NULL,                    -- attribution.Decision, canonical JSON
  PRIMARY KEY (shop_id, order_id, number)
);

-- Evidence about an order that did not come in its payload: a journey that was
-- ready late, a touch entered by a person.
CREATE TABLE evidence (
  shop_id      bigint NOT NULL REFERENCES shops,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  order_id     bigint NOT NULL,
  kind         text NOT NULL,                   -- attribution.Kind
  agreement_id bigint NOT NULL,
  link_id      bigint NOT NULL DEFAULT 0,
  at           timestamptz NOT NULL,
  note         text NOT NULL,
  received_at  timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE INDEX evidence_order ON evidence (shop_id, order_id);

-- One row per source of earnings: posted always equals the sum of its ledger
-- postings, and target after every settlement.
CREATE TABLE earnings (
  shop_id       bigint NOT NULL,
  id            bigint NOT NULL,
  kind          smallint NOT NULL,              -- 1 order, 2 milestone
  source        bigint NOT NULL,                -- order id; for milestones the start of the period, unix seconds
  rule          text NOT NULL DEFAULT '',       -- component id of a milestone
  influencer_id bigint NOT NULL,
  agreement_id  bigint NOT NULL,
  version_id    bigint NOT NULL,
  terms_hash    text NOT NULL,
  currency      text NOT NULL,
  gross_base    bigint NOT NULL DEFAULT 0,
  net_base      bigint NOT NULL DEFAULT 0,
  counted       bigint NOT NULL DEFAULT 0,      -- net_base in currency: what tiers and revenue milestones count
  posted        bigint NOT NULL,                -- minor units the ledger holds for this source
  state         text NOT NULL,                  -- pending, held, denied, void, unpaid, locked
  reason        text NOT NULL DEFAULT '',
  occurred_at   timestamptz NOT NULL,           -- paid_at, else created_at
  release_at    timestamptz,                    -- end of the hold; null while unpaid
  locked_at     timestamptz,
  detail        bytea NOT NULL,                 -- commission.Eval and line results, JSON
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, kind, source, agreement_id, rule)
);
CREATE INDEX earnings_hold ON earnings (shop_id, release_at) WHERE locked_at IS NULL AND release_at IS NOT NULL AND state <> 'held';
CREATE INDEX earnings_agreement ON earnings (shop_id, agreement_id, occurred_at);

-- The ledger. One row per leg; a journal is the rows that share journal_id.
-- Debits are positive, credits negative. The app role may only INSERT and
-- SELECT, and a statement whose journals do not sum to zero is refused.
CREATE TABLE ledger_entries (
  shop_id       bigint NOT NULL,
  journal_id    bigint NOT NULL,
  leg           smallint NOT NULL,
  kind          smallint NOT NULL,
  account       smallint NOT NULL,
  influencer_id bigint NOT NULL,
  earning_id    bigint NOT NULL DEFAULT 0,
  payout_id     bigint NOT NULL DEFAULT 0,
  currency      text NOT NULL,
  minor         bigint NOT NULL CHECK (minor <> 0),
  effective_at  timestamptz NOT NULL,           -- decides the period
  origin_at     timestamptz NOT NULL,           -- when it happened; earlier than effective_at if that period was closed
  posted_at     timestamptz NOT NULL,
  PRIMARY KEY (shop_id, earning_id, journal_id, leg, effective_at)
) PARTITION BY RANGE (effective_at);
CREATE INDEX ledger_entries_balance ON ledger_entries (shop_id, influencer_id, currency, account, effective_at);
-- What a close reads, in the order it writes: the payable movements of one
-- month (account 3) without a visit to the other legs.
CREATE INDEX ledger_entries_payable ON ledger_entries (shop_id, influencer_id, currency, journal_id)
  INCLUDE (kind, effective_at, earning_id, minor) WHERE account = 3;
CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT;

-- +goose StatementBegin
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
  SELECT shop_id, journal_id, currency, sum(minor) AS off INTO bad
    FROM posted GROUP BY shop_id, journal_id, currency HAVING sum(minor) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % of shop % is off by % % (minor units): every journal must sum to zero per currency',
      bad.journal_id, bad.shop_id, bad.off, bad.currency USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_balanced AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_balanced();

CREATE TABLE payout_batches (
  shop_id     bigint NOT NULL REFERENCES shops,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  period      text NOT NULL CHECK (period ~ '^\d{4}-\d{2}$'),
  starts_at   timestamptz NOT NULL,             -- the cut before
  cut_at      timestamptz NOT NULL,             -- the shop's own month end
  state       text NOT NULL CHECK (state IN ('draft', 'approved', 'paying', 'paid', 'failed')),
  rail        text NOT NULL DEFAULT 'csv',
  created_at  timestamptz NOT NULL,
  created_by  text NOT NULL DEFAULT '',         -- who closed the month; '' the schedule
  approved_at timestamptz,
  approved_by text,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, period)
);

-- One account statement per influencer and currency: closing = opening +
-- movement − pay. Lines with pay = 0 are carried, with the reason.
CREATE TABLE payout_lines (
  shop_id       bigint NOT NULL,
  id            bigint NOT NULL,
  batch_id      bigint NOT NULL,
  influencer_id bigint NOT NULL,
  currency      text NOT NULL,
  opening       bigint NOT NULL,
  movement      bigint NOT NULL,
  pay           bigint NOT NULL CHECK (pay >= 0),
  carry_reason  text NOT NULL DEFAULT '',
  state         text NOT NULL CHECK (state IN ('carried', 'draft', 'paying', 'paid', 'failed', 'in_doubt')),
  payout_key    text NOT NULL,                  -- R-33: hash(influencer, period, journals)
  provider_ref  text NOT NULL DEFAULT '',
  error         text NOT NULL DEFAULT '',
  settled_at    timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, batch_id, influencer_id, currency)
);
CREATE INDEX payout_lines_influencer ON payout_lines (shop_id, influencer_id, currency, batch_id);

-- Which ledger movements a line took in.
CREATE TABLE payout_items (
  shop_id      bigint NOT NULL,
  line_id      bigint NOT NULL,
  journal_id   bigint NOT NULL,
  earning_id   bigint NOT NULL,
  minor        bigint NOT NULL,                 -- credit to the influencer: positive is earned
  PRIMARY KEY (shop_id, line_id, journal_id)
);

-- Who forgave a debt and why, beside the journal that does it (R-27).
CREATE TABLE write_offs (
  shop_id       bigint NOT NULL,
  journal_id    bigint NOT NULL,
  influencer_id bigint NOT NULL,
  currency      text NOT NULL,
  minor         bigint NOT NULL CHECK (minor > 0),
  reason        text NOT NULL CHECK (reason <> ''),
  requested_by  text NOT NULL CHECK (requested_by <> ''),
  approved_by   text NOT NULL CHECK (approved_by <> ''),
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, journal_id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers,
  CHECK (lower(requested_by) <> lower(approved_by))
);
CREATE INDEX write_offs_influencer ON write_offs (shop_id, influencer_id, currency);

-- Work with effects outside, written in the transaction that decides it.
CREATE TABLE outbox (
  shop_id    bigint NOT NULL,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  kind       text NOT NULL,
  payload    jsonb NOT NULL,
  state      text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'done', 'failed', 'in_doubt')),
  attempts   integer NOT NULL DEFAULT 0,
  next_at    timestamptz NOT NULL,
  note       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'ready';

CREATE TABLE privacy_requests (
  shop_id     bigint NOT NULL,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  topic       text NOT NULL,
  delivery_id uuid NOT NULL,
  customer_id bigint NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  done_at     timestamptz,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, delivery_id)
);

-- Tenancy: the app role sees the rows of app.shop_id and no others.
-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  GRANT USAGE ON SEQUENCE id_block TO tributary_app;
  GRANT SELECT ON goose_db_version TO tributary_app; -- a server refuses to start behind its schema
  FOREACH t IN ARRAY ARRAY['shops','connections','api_keys','idempotency_keys','deliveries','influencers','influencer_spans',
    'campaigns','agreements','agreement_versions','signatures','codes','links','clicks','orders','attributions','evidence',
    'earnings','ledger_entries','payout_batches','payout_lines','payout_items','write_offs','outbox','privacy_requests'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (%s = (SELECT current_shop())) WITH CHECK (%s = (SELECT current_shop()))',
      t, CASE t WHEN 'shops' THEN 'id' ELSE 'shop_id' END, CASE t WHEN 'shops' THEN 'id' ELSE 'shop_id' END);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
    IF t NOT IN ('ledger_entries', 'attributions', 'payout_items', 'write_offs', 'signatures', 'clicks') THEN
      EXECUTE format('GRANT UPDATE ON %I TO tributary_app', t);
    END IF;
  END LOOP;
  -- The inbox takes one insert for many shops at once; each row's shop was
  -- found from a verified signature. Reading stays with the tenant.
  CREATE POLICY inbox ON deliveries FOR INSERT TO tributary_app WITH CHECK (true);
  GRANT DELETE ON idempotency_keys TO tributary_app;
END $$;
-- +goose StatementEnd

-- Doors: the only ways to a row before the tenant is known. Each gives just
-- what its caller needs.
CREATE FUNCTION door_shop_by_domain(p smallint, d text) RETURNS TABLE (id bigint, uninstalled boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.uninstalled_at IS NOT NULL FROM shops s WHERE s.platform = p AND s.domain = lower(d) $$;
CREATE FUNCTION door_connection(h bytea) RETURNS TABLE (shop_id bigint, id bigint, secret bytea, domain text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.shop_id, c.id, c.secret, s.domain FROM connections c JOIN shops s ON s.id = c.shop_id
        WHERE c.token_hash = h AND c.revoked_at IS NULL $$;
CREATE FUNCTION door_api_key(h bytea) RETURNS TABLE (shop_id bigint, id bigint, scope text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT k.shop_id, k.id, k.scope FROM api_keys k WHERE k.hash = h AND k.revoked_at IS NULL $$;
CREATE FUNCTION door_shops() RETURNS TABLE (id bigint, domain text, time_zone text, open_from timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.domain, s.time_zone, s.open_from FROM shops s WHERE s.uninstalled_at IS NULL ORDER BY s.id $$;
CREATE FUNCTION door_due_shops(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM deliveries d WHERE d.shop_id = s.id AND d.state < 2 AND d.next_at <= at) ORDER BY s.id $$;
CREATE FUNCTION door_holds_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM earnings e WHERE e.shop_id = s.id AND e.locked_at IS NULL AND e.release_at <= at AND e.state <> 'held') ORDER BY s.id $$;
CREATE FUNCTION door_add_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamptz) RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ INSERT INTO shops (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO NOTHING RETURNING id $$;

-- Makes the month partitions of [from_month, to_month] of the three big tables.
-- +goose StatementBegin
CREATE FUNCTION make_partitions(from_month date, to_month date) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE m date := date_trunc('month', from_month)::date; t text; p text; made integer := 0;
BEGIN
  WHILE m <= to_month LOOP
    FOREACH t IN ARRAY ARRAY['deliveries', 'clicks', 'ledger_entries'] LOOP
      p := t || to_char(m, '_YYYY_MM');
      IF to_regclass(p) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', p, t,
          CASE t WHEN 'deliveries' THEN m::text ELSE m::text || ' 00:00:00+00' END,
          CASE t WHEN 'deliveries' THEN (m + interval '1 month')::date::text ELSE (m + interval '1 month')::date::text || ' 00:00:00+00' END);
        made := made + 1;
      END IF;
    END LOOP;
    m := (m + interval '1 month')::date;
  END LOOP;
  RETURN made;
END $$;

-- Drops the raw deliveries of months that ended before the given day. Returns
-- the names of the partitions dropped.
CREATE FUNCTION drop_deliveries_before(keep_from date) RETURNS SETOF text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE r record; waiting boolean;
BEGIN
  FOR r IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'deliveries'::regclass AND c.relname ~ '^deliveries_\d{4}_\d{2}$'
              AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')::date <= keep_from LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state IN (0, 1, 3))', r.relname) INTO waiting;
    CONTINUE WHEN waiting; -- what is not settled is never dropped
    EXECUTE format('DROP TABLE %I', r.relname);
    RETURN NEXT r.relname;
  END LOOP;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION door_shop_by_domain, door_connection, door_api_key, door_shops, door_due_shops, door_holds_due,
  door_add_shop, make_partitions, drop_deliveries_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_shop_by_domain, door_connection, door_api_key, door_shops, door_due_shops, door_holds_due,
  door_add_shop, make_partitions, drop_deliveries_before TO tributary_app;

-- +goose Down
DROP FUNCTION drop_deliveries_before, make_partitions, door_add_shop, door_holds_due, door_due_shops, door_shops,
  door_api_key, door_connection, door_shop_by_domain;
DROP TABLE privacy_requests, outbox, write_offs, payout_items, payout_lines, payout_batches, ledger_entries, earnings, evidence,
  attributions, orders, clicks, links, codes, signatures, agreement_versions, agreements, campaigns, influencer_spans,
  influencers, deliveries, idempotency_keys, api_keys, connections, shops;
DROP FUNCTION ledger_balanced;
DROP SEQUENCE id_block;
DROP FUNCTION current_shop;
