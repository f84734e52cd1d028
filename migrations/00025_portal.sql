-- +goose Up
-- What the portal writes besides.
--
-- An influencer says that something was counted wrongly. While a dispute about
-- an earning is open, its money stays where it is: its hold does not end.
CREATE TABLE disputes (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  influencer_id bigint NOT NULL,
  subject       text NOT NULL CHECK (subject IN ('earning', 'missing_order', 'clicks', 'lead', 'payout')),
  about         text NOT NULL,                  -- which one: one open dispute about a thing
  earning_id    bigint NOT NULL DEFAULT 0,      -- held while the dispute is open; 0: none
  campaign_id   bigint NOT NULL DEFAULT 0,      -- what an award counts for; 0: none
  currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  claimed       bigint NOT NULL CHECK (claimed > 0), -- what is missing, minor units
  evidence      text NOT NULL,                  -- JSON: what our records said when it was opened
  state         text NOT NULL CHECK (state IN ('open', 'asked', 'accepted', 'rejected', 'withdrawn', 'lapsed')),
  answer_by     timestamptz,                    -- of whose turn it is: the merchant's (open), the influencer's (asked)
  overdue       boolean NOT NULL DEFAULT false, -- the merchant let answer_by pass
  reason        text NOT NULL DEFAULT '',
  awarded       bigint NOT NULL DEFAULT 0 CHECK (awarded >= 0),
  journal_id    bigint,                         -- of the award
  opened_at     timestamptz NOT NULL,
  decided_at    timestamptz,
  decided_by    text NOT NULL DEFAULT '',       -- '' the deadline
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers
);
CREATE UNIQUE INDEX disputes_open ON disputes (shop_id, influencer_id, subject, about) WHERE state IN ('open', 'asked');
CREATE INDEX disputes_earning ON disputes (shop_id, earning_id) WHERE state IN ('open', 'asked') AND earning_id <> 0;
CREATE INDEX disputes_due ON disputes (answer_by) WHERE state IN ('open', 'asked') AND NOT overdue;
CREATE INDEX disputes_influencer ON disputes (shop_id, influencer_id, id);
CREATE UNIQUE INDEX disputes_journal ON disputes (shop_id, journal_id) WHERE journal_id IS NOT NULL;

-- What was said, never changed; a buyer who is named in it can be forgotten.
CREATE TABLE dispute_messages (
  shop_id    bigint NOT NULL,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  dispute_id bigint NOT NULL,
  author     text NOT NULL CHECK (author IN ('influencer', 'merchant', 'deadline')),
  text       text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, dispute_id) REFERENCES disputes
);
CREATE INDEX dispute_messages_of ON dispute_messages (shop_id, dispute_id, id);

-- How long either side has, and up to which claim silence is consent (R-34).
CREATE TABLE dispute_settings (
  shop_id     bigint NOT NULL REFERENCES shops,
  answer_days integer NOT NULL DEFAULT 14 CHECK (answer_days BETWEEN 1 AND 90),
  auto_accept bigint NOT NULL DEFAULT 0 CHECK (auto_accept >= 0), -- minor units of the shop's currency
  PRIMARY KEY (shop_id)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['disputes', 'dispute_messages', 'dispute_settings'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
  END LOOP;
  GRANT UPDATE ON disputes, dispute_settings TO tributary_app;
  GRANT UPDATE (text) ON dispute_messages TO tributary_app;
  CREATE POLICY portal ON disputes FOR SELECT TO tributary_portal
    USING (shop_id = (SELECT current_shop()) AND influencer_id = (SELECT current_influencer()));
  CREATE POLICY portal ON dispute_messages FOR SELECT TO tributary_portal
    USING (shop_id = (SELECT current_shop()) AND dispute_id IN (SELECT d.id FROM disputes d WHERE d.shop_id = (SELECT current_shop())));
  GRANT SELECT ON disputes, dispute_messages TO tributary_portal;
END $$;
-- +goose StatementEnd

-- An influencer's answer to an offer: other terms. One waits at a time.
CREATE TABLE proposals (
  shop_id      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id bigint NOT NULL,
  number       integer NOT NULL,                -- of the version it answers
  terms        text NOT NULL,                   -- RFC 8785 canonical JSON
  text         text NOT NULL,                   -- why
  state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'declined', 'replaced')),
  reason       text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL,
  decided_at   timestamptz,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE UNIQUE INDEX proposals_open ON proposals (shop_id, agreement_id) WHERE state = 'open';
CREATE INDEX proposals_agreement ON proposals (shop_id, agreement_id, id);

-- Tax forms as influencers filled them in, sealed. The newest counts.
CREATE TABLE tax_forms (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  influencer_id bigint NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('w9', 'w8ben', 'w8bene')),
  data          bytea NOT NULL,                 -- sealed JSON
  signed_at     timestamptz NOT NULL,
  valid_until   timestamptz,                    -- NULL: until another is filled in
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers
);
CREATE INDEX tax_forms_influencer ON tax_forms (shop_id, influencer_id, id);

-- Pictures that the shop hands to influencers (influencer_id NULL), or they to it.
CREATE TABLE assets (
  shop_id       bigint NOT NULL REFERENCES shops,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  influencer_id bigint,
  campaign_id   bigint,                         -- of whom it is for; NULL: all of the shop's
  title         text NOT NULL,
  content_type  text NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png')),
  width         integer NOT NULL,
  height        integer NOT NULL,
  data          bytea NOT NULL,                 -- as we wrote it anew
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers,
  FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns
);
ALTER TABLE assets ALTER COLUMN data SET STORAGE EXTERNAL; -- compressed already
CREATE INDEX assets_influencer ON assets (shop_id, influencer_id, id);

-- What influencers may do to the texts and pictures of their pages.
ALTER TABLE pages ADD COLUMN influencer_edits text NOT NULL DEFAULT 'none' CHECK (influencer_edits IN ('none', 'propose', 'publish'));
GRANT UPDATE (influencer_edits) ON pages TO tributary_app;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['proposals', 'tax_forms', 'assets'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
  END LOOP;
  GRANT UPDATE (state, reason, decided_at, text) ON proposals TO tributary_app;
  GRANT DELETE ON tax_forms, assets TO tributary_app;
  CREATE POLICY portal ON assets FOR SELECT TO tributary_portal
    USING (shop_id = (SELECT current_shop()) AND (influencer_id = (SELECT current_influencer())
      OR influencer_id IS NULL AND (campaign_id IS NULL OR campaign_id IN (SELECT c.id FROM campaigns c WHERE c.shop_id = (SELECT current_shop())))));
  GRANT SELECT ON assets TO tributary_portal;
  CREATE POLICY portal ON proposals FOR SELECT TO tributary_portal
    USING (shop_id = (SELECT current_shop()) AND agreement_id IN (SELECT a.id FROM agreements a WHERE a.shop_id = (SELECT current_shop())));
  GRANT SELECT ON proposals TO tributary_portal;
  CREATE POLICY portal ON tax_forms FOR SELECT TO tributary_portal
    USING (shop_id = (SELECT current_shop()) AND influencer_id = (SELECT current_influencer()));
  GRANT SELECT ON tax_forms TO tributary_portal;
  FOREACH t IN ARRAY ARRAY['page_versions', 'page_releases', 'page_variants'] LOOP
    EXECUTE format('CREATE POLICY portal ON %I FOR SELECT TO tributary_portal
      USING (shop_id = (SELECT current_shop()) AND page_id IN (SELECT p.id FROM pages p WHERE p.shop_id = (SELECT current_shop())))', t);
    EXECUTE format('GRANT SELECT ON %I TO tributary_portal', t);
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE FUNCTION door_disputes_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT d.shop_id FROM disputes d WHERE d.state IN ('open', 'asked') AND NOT d.overdue AND d.answer_by <= at ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_disputes_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_disputes_due TO tributary_app;

-- A hold does not end while there is a dispute about it.
CREATE OR REPLACE FUNCTION door_holds_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM earnings e WHERE e.shop_id = s.id AND e.locked_at IS NULL AND e.release_at <= at AND e.state <> 'held'
            AND NOT EXISTS (SELECT FROM disputes d WHERE d.shop_id = e.shop_id AND d.earning_id = e.id AND d.state IN ('open', 'asked'))) ORDER BY s.id $$;

-- +goose Down
CREATE OR REPLACE FUNCTION door_holds_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM earnings e WHERE e.shop_id = s.id AND e.locked_at IS NULL AND e.release_at <= at AND e.state <> 'held') ORDER BY s.id $$;
-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['page_versions', 'page_releases', 'page_variants'] LOOP
    EXECUTE format('DROP POLICY portal ON %I', t);
    EXECUTE format('REVOKE ALL ON %I FROM tributary_portal', t);
  END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE pages DROP COLUMN influencer_edits;
DROP TABLE assets, tax_forms, proposals;
DROP FUNCTION door_disputes_due;
DROP TABLE dispute_settings, dispute_messages, disputes;
