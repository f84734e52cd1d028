-- +goose Up

-- How a shop is known to a social platform, to read its posts' numbers. The
-- token is sealed and never leaves through the API.
CREATE TABLE social_accounts (
  shop_id    bigint NOT NULL REFERENCES shops,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  platform   text NOT NULL CHECK (platform IN ('youtube', 'instagram')),
  account_id text NOT NULL DEFAULT '',          -- Instagram: the business account that asks
  token      bytea NOT NULL,                    -- sealed: API key or access token
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  health     text NOT NULL DEFAULT 'ok',        -- ok, quota, unauthorized, unavailable
  health_at  timestamptz,
  PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX social_accounts_one ON social_accounts (shop_id, platform) WHERE revoked_at IS NULL;

-- Hashtags that a platform is searched for; what is found is submitted for the
-- agreement and waits for a person.
CREATE TABLE hashtags (
  shop_id      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id bigint NOT NULL,
  platform     text NOT NULL CHECK (platform IN ('youtube', 'instagram')),
  tag          text NOT NULL,                   -- folded, without #
  next_at      timestamptz NOT NULL,
  ended_at     timestamptz,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, platform, tag),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE INDEX hashtags_due ON hashtags (next_at) WHERE ended_at IS NULL;

-- A post that an agreement may pay for by its engagement (R-48 … R-50).
CREATE TABLE posts (
  shop_id           bigint NOT NULL,
  id                bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id      bigint NOT NULL,
  platform          text NOT NULL CHECK (platform IN ('youtube', 'instagram', 'tiktok', 'x', 'other')),
  url               text NOT NULL,              -- in the one form that a post has
  external_id       text NOT NULL DEFAULT '',   -- the platform's own id, where its API needs one
  author            text NOT NULL DEFAULT '',   -- as the platform names them; for the person who decides
  published_at      timestamptz NOT NULL,
  caption           text NOT NULL DEFAULT '',
  hashtags          text[] NOT NULL DEFAULT '{}',
  paid_partnership  boolean NOT NULL DEFAULT false, -- the platform's own label
  origin            text NOT NULL CHECK (origin IN ('api', 'hashtag')),
  state             text NOT NULL CHECK (state IN ('submitted', 'approved', 'rejected')),
  reason            text NOT NULL DEFAULT '',
  decide_by         timestamptz NOT NULL,       -- R-34: then on_deadline happens
  on_deadline       text NOT NULL CHECK (on_deadline IN ('approve', 'reject')),
  decided_at        timestamptz,
  decided_by        text NOT NULL DEFAULT '',
  disclosure        text NOT NULL DEFAULT '',   -- code of the check (R-63); adequate and labelled are good
  disclosure_detail text NOT NULL DEFAULT '',
  disclosure_at     timestamptz,
  anomaly           text NOT NULL DEFAULT '',   -- '' or what looks wrong (R-50): a function of the snapshots
  anomaly_by        timestamptz,                -- R-34: then it is released
  anomaly_decision  text NOT NULL DEFAULT '' CHECK (anomaly_decision IN ('', 'released', 'rejected')),
  anomaly_reason    text NOT NULL DEFAULT '',   -- why it was decided so
  anomaly_decided_at timestamptz,
  anomaly_decided_by text NOT NULL DEFAULT '',
  next_at           timestamptz,                -- when a connector reads it next; null: no more
  note              text NOT NULL DEFAULT '',   -- what the connector last had to say
  created_at        timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, platform, url),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE INDEX posts_agreement ON posts (shop_id, agreement_id, published_at);
CREATE INDEX posts_due ON posts (next_at) WHERE next_at IS NOT NULL;

-- What a post had at an instant. Never changed. Null: the source did not tell.
CREATE TABLE post_snapshots (
  shop_id     bigint NOT NULL,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  post_id     bigint NOT NULL,
  at          timestamptz NOT NULL,
  source      text NOT NULL CHECK (source IN ('api', 'manual', 'csv', 'connector')),
  status      text NOT NULL DEFAULT '' CHECK (status IN ('', 'deleted', 'private')),
  verified    boolean NOT NULL,
  likes       bigint CHECK (likes >= 0),
  comments    bigint CHECK (comments >= 0),
  shares      bigint CHECK (shares >= 0),
  saves       bigint CHECK (saves >= 0),
  views       bigint CHECK (views >= 0),
  followers   bigint CHECK (followers >= 0),
  evidence    text NOT NULL DEFAULT '',         -- hex sha256 of the raw answer
  digest      bytea NOT NULL,                   -- of all of it: the same snapshot is stored once
  received_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, post_id, digest),
  FOREIGN KEY (shop_id, post_id) REFERENCES posts
);

-- A giveaway (R-54). What the draw needs stands here from the freeze on.
CREATE TABLE giveaways (
  shop_id       bigint NOT NULL,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  campaign_id   bigint NOT NULL,
  title         text NOT NULL,
  prize         text NOT NULL,
  winners       integer NOT NULL CHECK (winners BETWEEN 1 AND 1000),
  opens_at      timestamptz NOT NULL,
  closes_at     timestamptz NOT NULL,
  countries     text[] NOT NULL DEFAULT '{}',   -- ISO 3166-1 alpha-2; empty: all
  ways          text[] NOT NULL,                -- purchase, signup, free
  terms         text NOT NULL,
  state         text NOT NULL CHECK (state IN ('planned', 'frozen', 'drawn', 'cancelled')),
  beacon        text NOT NULL DEFAULT '' CHECK (beacon IN ('', 'drand', 'commit')),
  drand_chain   text NOT NULL DEFAULT '',
  drand_round   bigint NOT NULL DEFAULT 0,
  round_at      timestamptz,                    -- when the round is made
  commitment    text NOT NULL DEFAULT '',       -- hex sha256 of the seed
  announced_at  timestamptz,
  frozen_at     timestamptz,
  entry_count   bigint NOT NULL DEFAULT 0,
  list_hash     text NOT NULL DEFAULT '',
  randomness    text NOT NULL DEFAULT '',       -- hex; the beacon: of the round, or the seed
  signature     text NOT NULL DEFAULT '',       -- hex; of the round
  drawn_at      timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns,
  CHECK (closes_at > opens_at)
);
CREATE UNIQUE INDEX giveaways_public ON giveaways (id);
CREATE INDEX giveaways_window ON giveaways (shop_id, closes_at);

CREATE TABLE giveaway_agreements (
  shop_id      bigint NOT NULL,
  giveaway_id  bigint NOT NULL,
  agreement_id bigint NOT NULL,
  PRIMARY KEY (shop_id, giveaway_id, agreement_id),
  FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways,
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements
);
CREATE INDEX giveaway_agreements_agreement ON giveaway_agreements (shop_id, agreement_id);

-- What people sent in by the form: one per person, the first one.
CREATE TABLE giveaway_forms (
  shop_id      bigint NOT NULL,
  giveaway_id  bigint NOT NULL,
  person       text NOT NULL,                   -- keyed hash of the mailbox
  email        bytea NOT NULL,                  -- sealed
  way          text NOT NULL CHECK (way IN ('signup', 'free')),
  country      text NOT NULL DEFAULT '',
  agreement_id bigint NOT NULL DEFAULT 0,       -- whose link, code or name they came by
  via          text NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,
  PRIMARY KEY (shop_id, giveaway_id, person),
  FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways
);

-- What orders make of a person: a function of each order, written as it is
-- settled and rebuilt by a replay.
CREATE TABLE giveaway_purchases (
  shop_id      bigint NOT NULL,
  giveaway_id  bigint NOT NULL,
  order_id     bigint NOT NULL,
  person       text NOT NULL,
  at           timestamptz NOT NULL,
  agreement_id bigint NOT NULL DEFAULT 0,
  counts       boolean NOT NULL,
  reason       text NOT NULL DEFAULT '',
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, giveaway_id, order_id)
);
CREATE INDEX giveaway_purchases_order ON giveaway_purchases (shop_id, order_id);

-- The frozen list. What it holds never changes; the draw adds void and place.
CREATE TABLE giveaway_entries (
  shop_id      bigint NOT NULL,
  giveaway_id  bigint NOT NULL,
  id           bigint NOT NULL,                 -- of the giveaway and the person
  person       text NOT NULL,
  way          text NOT NULL,
  order_id     bigint NOT NULL DEFAULT 0,
  agreement_id bigint NOT NULL DEFAULT 0,
  at           timestamptz NOT NULL,
  void         text NOT NULL DEFAULT '',        -- why it could not win
  place        integer,                         -- of a winner, from 1
  PRIMARY KEY (shop_id, giveaway_id, id),
  UNIQUE (shop_id, giveaway_id, person),
  FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['social_accounts', 'hashtags', 'posts', 'post_snapshots', 'giveaways', 'giveaway_agreements', 'giveaway_forms',
    'giveaway_purchases', 'giveaway_entries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
  END LOOP;
  GRANT UPDATE ON social_accounts, hashtags, posts, giveaways, giveaway_purchases TO tributary_app;
  GRANT UPDATE (void, place) ON giveaway_entries TO tributary_app;
  GRANT DELETE ON giveaway_agreements TO tributary_app;
END $$;
-- +goose StatementEnd

CREATE FUNCTION door_posts_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT a.shop_id FROM social_accounts a JOIN shops s ON s.id = a.shop_id AND s.uninstalled_at IS NULL
        WHERE a.revoked_at IS NULL AND (
          EXISTS (SELECT FROM posts p WHERE p.shop_id = a.shop_id AND p.platform = a.platform AND p.next_at <= at) OR
          EXISTS (SELECT FROM hashtags h WHERE h.shop_id = a.shop_id AND h.platform = a.platform AND h.ended_at IS NULL AND h.next_at <= at))
        GROUP BY 1 ORDER BY 1 $$;
CREATE FUNCTION door_giveaway(g bigint) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT w.shop_id FROM giveaways w JOIN shops s ON s.id = w.shop_id AND s.uninstalled_at IS NULL WHERE w.id = g $$;
REVOKE ALL ON FUNCTION door_posts_due, door_giveaway FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_posts_due, door_giveaway TO tributary_app;

-- +goose Down
DROP FUNCTION door_giveaway, door_posts_due;
DROP TABLE giveaway_entries, giveaway_purchases, giveaway_forms, giveaway_agreements, giveaways, post_snapshots, posts, hashtags, social_accounts;
