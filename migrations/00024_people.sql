-- +goose Up
-- The portal reads as a role of its own: it sees the rows of one influencer of
-- one shop (app.shop_id, app.influencer_id), and writes nothing. Whoever may be
-- tributary_app may be it, but tributary_app itself is not a member: its own
-- policies stay as cheap as they are.
-- +goose StatementBegin
DO $$
DECLARE m text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tributary_portal') THEN
    BEGIN
      CREATE ROLE tributary_portal NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL; -- another database of the cluster was faster
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'this needs the role tributary_portal: have an administrator run CREATE ROLE tributary_portal NOLOGIN, and grant it to the logins that may be tributary_app'
          USING ERRCODE = 'insufficient_privilege';
    END;
  END IF;
  FOR m IN SELECT u.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles u ON u.oid = a.member WHERE r.rolname = 'tributary_app'
           UNION SELECT current_user LOOP
    IF NOT pg_has_role(m, 'tributary_portal', 'MEMBER') THEN
      EXECUTE format('GRANT tributary_portal TO %I', m);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE FUNCTION current_influencer() RETURNS bigint
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.influencer_id', true), '')::bigint $$;

-- A person is a mailbox; what it may see are the influencers with its address,
-- in every shop. People, sign-ins and sessions belong to no shop: transactions
-- of shop 0 see them, those of shops do not.
CREATE TABLE people (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email           text NOT NULL UNIQUE CHECK (email = lower(btrim(email)) AND email <> ''),
  created_at      timestamptz NOT NULL
);

-- Somebody asked to be let in. Everything that lets in is hashed, the code with
-- a key. The browser that asked is the one that gets in.
CREATE TABLE sign_ins (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email        text NOT NULL,
  token_hash   bytea NOT NULL UNIQUE,
  code_hash    bytea NOT NULL,
  browser_hash bytea NOT NULL,
  tries        smallint NOT NULL DEFAULT 0,      -- codes that were wrong
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz
);
CREATE INDEX sign_ins_email ON sign_ins (email, created_at);
CREATE INDEX sign_ins_browser ON sign_ins (browser_hash, id);
CREATE INDEX sign_ins_old ON sign_ins (expires_at);

CREATE TABLE sessions (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id     bigint NOT NULL REFERENCES people ON DELETE CASCADE,
  token_hash    bytea NOT NULL UNIQUE,
  previous_hash bytea UNIQUE,                    -- good for a moment after a rotation: requests under way carry it
  device        text NOT NULL,                   -- what the browser says of itself, in short
  created_at    timestamptz NOT NULL,
  seen_at       timestamptz NOT NULL,
  rotated_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,            -- however much it is used
  revoked_at    timestamptz
);
CREATE INDEX sessions_person ON sessions (person_id, id);

CREATE INDEX influencers_mailbox ON influencers (lower(btrim(email)));
CREATE FUNCTION door_memberships(address text) RETURNS TABLE (shop_id bigint, shop text, domain text, currency text, time_zone text,
    influencer_id bigint, name text, handle text, banned boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.name, s.domain, s.currency, s.time_zone, i.id, i.name, i.handle, i.banned_at IS NOT NULL
        FROM influencers i JOIN shops s ON s.id = i.shop_id
        WHERE lower(btrim(i.email)) = address AND address <> '' ORDER BY s.id, i.id $$;

ALTER TABLE influencers ADD COLUMN invited_at timestamptz, ADD COLUMN leaving_at timestamptz; -- leaving: asked for their data to be deleted

-- What was told to an influencer: each thing once, by constraint.
CREATE TABLE notices (
  shop_id       bigint NOT NULL,
  influencer_id bigint NOT NULL,
  kind          text NOT NULL,
  ref           bigint NOT NULL,                 -- what it is about
  at            timestamptz NOT NULL,
  due_at        timestamptz NOT NULL,
  queued_at     timestamptz,                     -- handed to the outbox, or to a digest
  digest        bigint NOT NULL DEFAULT 0,       -- ref of the digest that tells it; 0: a letter of its own
  PRIMARY KEY (shop_id, influencer_id, kind, ref),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers
);
CREATE INDEX notices_due ON notices (due_at) WHERE queued_at IS NULL;
CREATE INDEX notices_about ON notices (shop_id, kind, ref);

CREATE TABLE mail_settings (
  shop_id       bigint NOT NULL,
  influencer_id bigint NOT NULL,
  muted         text[] NOT NULL DEFAULT '{}',
  digest        text NOT NULL DEFAULT 'off' CHECK (digest IN ('off', 'daily', 'weekly')),
  problem       text NOT NULL DEFAULT '',        -- why the mail server takes nothing for this address
  problem_at    timestamptz,
  PRIMARY KEY (shop_id, influencer_id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers
);

-- Campaigns that people may apply to, and who did.
ALTER TABLE campaigns ADD COLUMN open_id text UNIQUE, ADD COLUMN pitch text NOT NULL DEFAULT '', ADD COLUMN questions text[] NOT NULL DEFAULT '{}';
CREATE TABLE applications (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  campaign_id   bigint NOT NULL,
  name          text NOT NULL,
  email         text NOT NULL,
  channels      text NOT NULL DEFAULT '',        -- where they publish, as typed
  message       text NOT NULL DEFAULT '',
  answers       jsonb NOT NULL DEFAULT '[]',     -- to the campaign's questions: [{"question": …, "answer": …}]
  state         text NOT NULL DEFAULT 'submitted' CHECK (state IN ('submitted', 'approved', 'rejected')),
  reason        text NOT NULL DEFAULT '',
  influencer_id bigint,
  created_at    timestamptz NOT NULL,
  decided_at    timestamptz,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns,
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers
);
CREATE UNIQUE INDEX applications_open ON applications (shop_id, campaign_id, lower(btrim(email))) WHERE state = 'submitted';

CREATE FUNCTION door_notices_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT n.shop_id FROM notices n WHERE n.queued_at IS NULL AND n.due_at <= $1 ORDER BY 1 $$;
CREATE FUNCTION door_open_campaigns(public text) RETURNS TABLE (shop_id bigint, shop text, campaign_id bigint, name text, goal text, pitch text, questions text[], open_id text, ends_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id, s.name, c.id, c.name, c.goal, c.pitch, c.questions, c.open_id, c.ends_at FROM campaigns c JOIN shops s ON s.id = c.shop_id
        WHERE c.open_id IS NOT NULL AND (public = '' OR c.open_id = public) AND c.state = 'active' AND s.uninstalled_at IS NULL
        ORDER BY c.shop_id, c.id LIMIT 500 $$;
REVOKE ALL ON FUNCTION door_memberships, door_notices_due, door_open_campaigns FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_memberships, door_notices_due, door_open_campaigns TO tributary_app;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['people', 'sign_ins', 'sessions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY nobodys ON %I TO tributary_app USING ((SELECT current_shop()) = 0) WITH CHECK ((SELECT current_shop()) = 0)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['notices', 'mail_settings', 'applications'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- What the portal sees of each table: its influencer's own rows.
-- +goose StatementBegin
DO $$
DECLARE
  r record;
  mine  constant text := 'influencer_id = (SELECT current_influencer())';
  deals constant text := 'agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = (SELECT current_shop()))'; -- agreements show only one's own
BEGIN
  FOR r IN SELECT * FROM (VALUES
    ('shops', 'true'),
    ('influencers', 'id = (SELECT current_influencer())'),
    ('influencer_spans', mine),
    ('agreements', mine),
    ('campaigns', 'id IN (SELECT a.campaign_id FROM agreements a WHERE a.shop_id = (SELECT current_shop()))'),
    ('agreement_versions', 'state <> ''draft'' AND ' || deals),
    ('signatures', 'version_id IN (SELECT v.id FROM agreement_versions v WHERE v.shop_id = (SELECT current_shop()))'),
    ('codes', deals),
    ('links', deals),
    ('click_days', deals),
    ('posts', deals),
    ('post_snapshots', 'post_id IN (SELECT p.id FROM posts p WHERE p.shop_id = (SELECT current_shop()))'),
    ('live_sessions', deals),
    ('leads', deals),
    ('live_codes', 'session_id IN (SELECT l.id FROM live_sessions l WHERE l.shop_id = (SELECT current_shop()))'),
    ('pages', deals),
    ('giveaway_agreements', deals),
    ('giveaways', 'id IN (SELECT g.giveaway_id FROM giveaway_agreements g WHERE g.shop_id = (SELECT current_shop()))'),
    ('earnings', mine),
    ('orders', 'EXISTS (SELECT FROM earnings e WHERE e.shop_id = orders.shop_id AND e.kind = 1 AND e.source = orders.id)'),
    ('attributions', 'EXISTS (SELECT FROM earnings e WHERE e.shop_id = attributions.shop_id AND e.kind = 1 AND e.source = attributions.order_id)'),
    ('ledger_entries', mine),
    ('payout_batches', 'true'),
    ('payout_lines', mine),
    ('payout_items', 'line_id IN (SELECT l.id FROM payout_lines l WHERE l.shop_id = (SELECT current_shop()))'),
    ('write_offs', mine),
    ('kpi_days', 'dim = 2 AND id = (SELECT current_influencer())'),
    ('mail_settings', mine)) AS t(name, sees) LOOP
    IF to_regclass(r.name) IS NULL THEN
      RAISE EXCEPTION 'no table %', r.name;
    END IF;
    EXECUTE format('CREATE POLICY portal ON %I FOR SELECT TO tributary_portal USING (%s = (SELECT current_shop()) AND (%s))',
      r.name, CASE r.name WHEN 'shops' THEN 'id' ELSE 'shop_id' END, r.sees);
    EXECUTE format('GRANT SELECT ON %I TO tributary_portal', r.name);
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT tablename FROM pg_policies WHERE policyname = 'portal' AND schemaname = current_schema() LOOP
    EXECUTE format('DROP POLICY portal ON %I', t);
    EXECUTE format('REVOKE ALL ON %I FROM tributary_portal', t);
  END LOOP;
END $$;
-- +goose StatementEnd
DROP FUNCTION door_open_campaigns, door_notices_due, door_memberships;
DROP TABLE applications, mail_settings, notices, sessions, sign_ins, people;
DROP INDEX influencers_mailbox;
ALTER TABLE campaigns DROP COLUMN open_id, DROP COLUMN pitch, DROP COLUMN questions;
ALTER TABLE influencers DROP COLUMN invited_at, DROP COLUMN leaving_at;
DROP FUNCTION current_influencer;
