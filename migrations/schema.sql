-- The schema as the migrations leave it. Written by `go test ./internal/store -run Schema -update`; do not edit.

-- Sequences
CREATE SEQUENCE id_block AS bigint START WITH 1024 INCREMENT BY 1024;

-- Table activity_due
CREATE TABLE activity_due (
  shop_id bigint NOT NULL,
  agreement_id bigint NOT NULL,
  due_at timestamp with time zone NOT NULL,
  CONSTRAINT activity_due_pkey PRIMARY KEY (shop_id, agreement_id),
  CONSTRAINT activity_due_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT activity_due_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX activity_due_at ON activity_due USING btree (due_at);

-- Table agreement_versions
CREATE TABLE agreement_versions (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  number integer NOT NULL,
  state text NOT NULL,
  terms text NOT NULL,
  hash text NOT NULL,
  effective_from timestamp with time zone,
  effective_to timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT agreement_versions_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT agreement_versions_shop_id_agreement_id_number_key UNIQUE (shop_id, agreement_id, number),
  CONSTRAINT agreement_versions_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT agreement_versions_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'offered'::text, 'signed'::text, 'superseded'::text, 'declined'::text, 'withdrawn'::text])))
);

-- Table agreements
CREATE TABLE agreements (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  influencer_id bigint NOT NULL,
  campaign_id bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT agreements_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT agreements_shop_id_campaign_id_fkey FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns(shop_id, id),
  CONSTRAINT agreements_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id)
);

-- Table api_keys
CREATE TABLE api_keys (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  scope text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT api_keys_hash_key UNIQUE (hash),
  CONSTRAINT api_keys_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT api_keys_scope_check CHECK ((scope = ANY (ARRAY['read'::text, 'write'::text])))
);

-- Table applications
CREATE TABLE applications (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id bigint NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  channels text DEFAULT ''::text NOT NULL,
  message text DEFAULT ''::text NOT NULL,
  answers jsonb DEFAULT '[]'::jsonb NOT NULL,
  state text DEFAULT 'submitted'::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  influencer_id bigint,
  created_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  CONSTRAINT applications_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT applications_shop_id_campaign_id_fkey FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns(shop_id, id),
  CONSTRAINT applications_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT applications_state_check CHECK ((state = ANY (ARRAY['submitted'::text, 'approved'::text, 'rejected'::text])))
);
CREATE UNIQUE INDEX applications_open ON applications USING btree (shop_id, campaign_id, lower(btrim(email))) WHERE (state = 'submitted'::text);

-- Table assets
CREATE TABLE assets (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  influencer_id bigint,
  campaign_id bigint,
  title text NOT NULL,
  content_type text NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  data bytea STORAGE EXTERNAL NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT assets_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT assets_shop_id_campaign_id_fkey FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns(shop_id, id),
  CONSTRAINT assets_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT assets_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT assets_content_type_check CHECK ((content_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text])))
);
CREATE INDEX assets_influencer ON assets USING btree (shop_id, influencer_id, id);

-- Table attributions
CREATE TABLE attributions (
  shop_id bigint NOT NULL,
  order_id bigint NOT NULL,
  number integer NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  decision bytea NOT NULL,
  CONSTRAINT attributions_pkey PRIMARY KEY (shop_id, order_id, number)
);

-- Table audit_heads
CREATE TABLE audit_heads (
  shop_id bigint NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_heads_pkey PRIMARY KEY (shop_id),
  CONSTRAINT audit_heads_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table audit_log
CREATE TABLE audit_log (
  shop_id bigint NOT NULL,
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  detail text NOT NULL,
  prev bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (shop_id, seq),
  CONSTRAINT audit_log_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX audit_log_action ON audit_log USING btree (shop_id, action, seq);

-- Table awaited_clicks
CREATE TABLE awaited_clicks (
  shop_id bigint NOT NULL,
  click_id uuid NOT NULL,
  order_id bigint NOT NULL,
  CONSTRAINT awaited_clicks_pkey PRIMARY KEY (shop_id, click_id, order_id),
  CONSTRAINT awaited_clicks_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table backfills
CREATE TABLE backfills (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  since timestamp with time zone NOT NULL,
  until timestamp with time zone NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  remote_id text DEFAULT ''::text NOT NULL,
  file_url text DEFAULT ''::text NOT NULL,
  file_bytes bigint DEFAULT 0 NOT NULL,
  read_bytes bigint DEFAULT 0 NOT NULL,
  cursor text DEFAULT ''::text NOT NULL,
  total bigint DEFAULT 0 NOT NULL,
  seen bigint DEFAULT 0 NOT NULL,
  taken bigint DEFAULT 0 NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  asked_at timestamp with time zone NOT NULL,
  next_at timestamp with time zone NOT NULL,
  done_at timestamp with time zone,
  CONSTRAINT backfills_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT backfills_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT backfills_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'reading'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE UNIQUE INDEX backfills_one ON backfills USING btree (shop_id) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text, 'reading'::text]));

-- Table campaigns
CREATE TABLE campaigns (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  goal text DEFAULT ''::text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  open_id text,
  pitch text DEFAULT ''::text NOT NULL,
  questions text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT campaigns_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT campaigns_open_id_key UNIQUE (open_id),
  CONSTRAINT campaigns_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT campaigns_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text, 'ended'::text])))
);

-- Table click_days
CREATE TABLE click_days (
  shop_id bigint NOT NULL,
  agreement_id bigint NOT NULL,
  version_id bigint NOT NULL,
  link_id bigint NOT NULL,
  page_id bigint NOT NULL,
  day timestamp with time zone NOT NULL,
  raw bigint NOT NULL,
  valid bigint NOT NULL,
  CONSTRAINT click_days_pkey PRIMARY KEY (shop_id, agreement_id, version_id, link_id, page_id, day),
  CONSTRAINT click_days_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT click_days_check CHECK (((valid >= 0) AND (valid <= raw)))
);
CREATE INDEX click_days_day ON click_days USING btree (shop_id, day);

-- Table clicks
CREATE TABLE clicks (
  shop_id bigint NOT NULL,
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  link_id bigint NOT NULL,
  ip_hash text DEFAULT ''::text NOT NULL,
  invalid text DEFAULT ''::text NOT NULL,
  kind smallint DEFAULT 1 NOT NULL,
  agreement_id bigint DEFAULT 0 NOT NULL,
  page_id bigint DEFAULT 0 NOT NULL,
  variant text DEFAULT ''::text NOT NULL,
  visitor text DEFAULT ''::text NOT NULL,
  agent text DEFAULT ''::text NOT NULL,
  referrer text DEFAULT ''::text NOT NULL,
  refused text DEFAULT ''::text NOT NULL,
  withdrawn text DEFAULT ''::text NOT NULL,
  state smallint DEFAULT 0 NOT NULL,
  version_id bigint DEFAULT 0 NOT NULL,
  day timestamp with time zone,
  CONSTRAINT clicks_pkey PRIMARY KEY (shop_id, id, at)
) PARTITION BY RANGE (at);
CREATE INDEX clicks_new ON ONLY clicks USING btree (shop_id, at) WHERE (state = 0);
CREATE INDEX clicks_page ON ONLY clicks USING btree (shop_id, page_id, at) WHERE (page_id <> 0);
CREATE INDEX clicks_visitor ON ONLY clicks USING btree (shop_id, visitor, at) WHERE (visitor <> ''::text);

-- Table clicks_default
CREATE TABLE clicks_default PARTITION OF clicks DEFAULT;

-- Table codes
CREATE TABLE codes (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  code text NOT NULL,
  agreement_id bigint NOT NULL,
  valid_from timestamp with time zone NOT NULL,
  valid_to timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  changed xid8 DEFAULT pg_current_xact_id() NOT NULL,
  discount_id bigint DEFAULT 0 NOT NULL,
  store_state text DEFAULT ''::text NOT NULL,
  store_note text DEFAULT ''::text NOT NULL,
  remote_id text DEFAULT ''::text NOT NULL,
  CONSTRAINT codes_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT codes_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT codes_check CHECK (((valid_to IS NULL) OR (valid_to > valid_from))),
  CONSTRAINT codes_store_state_check CHECK ((store_state = ANY (ARRAY[''::text, 'waiting'::text, 'live'::text, 'failed'::text, 'removing'::text, 'deleted'::text])))
);
CREATE INDEX codes_changed ON codes USING btree (changed);
CREATE INDEX codes_code ON codes USING btree (shop_id, code, valid_from);
CREATE INDEX codes_discount ON codes USING btree (shop_id, discount_id, id) WHERE (discount_id <> 0);
CREATE UNIQUE INDEX codes_open ON codes USING btree (shop_id, code) WHERE (valid_to IS NULL);

-- Table connections
CREATE TABLE connections (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  token_hash bytea NOT NULL,
  secret bytea NOT NULL,
  base_url text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  health text DEFAULT 'ok'::text NOT NULL,
  health_at timestamp with time zone,
  rest_keys bytea,
  rest_health text DEFAULT 'ok'::text NOT NULL,
  rest_health_at timestamp with time zone,
  token bytea,
  problems text DEFAULT '[]'::text NOT NULL,
  hooks_next_at timestamp with time zone,
  CONSTRAINT connections_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT connections_token_hash_key UNIQUE (token_hash),
  CONSTRAINT connections_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table crm_events
CREATE TABLE crm_events (
  shop_id bigint NOT NULL,
  key text NOT NULL,
  object_id text NOT NULL,
  email_hash text DEFAULT ''::text NOT NULL,
  click_id text DEFAULT ''::text NOT NULL,
  property text DEFAULT ''::text NOT NULL,
  value text DEFAULT ''::text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT crm_events_pkey PRIMARY KEY (shop_id, key),
  CONSTRAINT crm_events_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX crm_events_click ON crm_events USING btree (shop_id, click_id) WHERE (click_id <> ''::text);
CREATE INDEX crm_events_mailbox ON crm_events USING btree (shop_id, email_hash) WHERE (email_hash <> ''::text);
CREATE INDEX crm_events_object ON crm_events USING btree (shop_id, object_id);

-- Table crm_hooks
CREATE TABLE crm_hooks (
  shop_id bigint NOT NULL,
  public_id text NOT NULL,
  secret bytea NOT NULL,
  mapping jsonb NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT crm_hooks_pkey PRIMARY KEY (shop_id),
  CONSTRAINT crm_hooks_public_id_key UNIQUE (public_id),
  CONSTRAINT crm_hooks_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table deliveries
CREATE TABLE deliveries (
  shop_id bigint NOT NULL,
  id uuid NOT NULL,
  day date NOT NULL,
  connection_id bigint DEFAULT 0 NOT NULL,
  platform smallint NOT NULL,
  topic text NOT NULL,
  source text DEFAULT ''::text NOT NULL,
  triggered_at timestamp with time zone,
  received_at timestamp with time zone NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  state smallint DEFAULT 0 NOT NULL,
  attempts smallint DEFAULT 0 NOT NULL,
  next_at timestamp with time zone NOT NULL,
  order_id bigint,
  note text,
  redacted boolean DEFAULT false NOT NULL,
  CONSTRAINT deliveries_pkey PRIMARY KEY (shop_id, id, day)
) PARTITION BY RANGE (day);
CREATE INDEX deliveries_due ON ONLY deliveries USING btree (shop_id, next_at, id) WHERE (state < 2);
CREATE INDEX deliveries_parked ON ONLY deliveries USING btree (shop_id) WHERE (state = 3);

-- Table deliveries_default
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;

-- Table discounts
CREATE TABLE discounts (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  title text NOT NULL,
  spec text NOT NULL,
  wanted text DEFAULT 'active'::text NOT NULL,
  revision bigint DEFAULT 1 NOT NULL,
  applied bigint DEFAULT 0 NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  remote_id text DEFAULT ''::text NOT NULL,
  edited text DEFAULT ''::text NOT NULL,
  checked_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT discounts_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT discounts_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT discounts_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT discounts_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'active'::text, 'paused'::text, 'deleted'::text, 'failed'::text, 'gone'::text]))),
  CONSTRAINT discounts_wanted_check CHECK ((wanted = ANY (ARRAY['active'::text, 'paused'::text, 'deleted'::text])))
);

-- Table dispute_messages
CREATE TABLE dispute_messages (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  dispute_id bigint NOT NULL,
  author text NOT NULL,
  text text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT dispute_messages_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT dispute_messages_shop_id_dispute_id_fkey FOREIGN KEY (shop_id, dispute_id) REFERENCES disputes(shop_id, id),
  CONSTRAINT dispute_messages_author_check CHECK ((author = ANY (ARRAY['influencer'::text, 'merchant'::text, 'deadline'::text])))
);
CREATE INDEX dispute_messages_of ON dispute_messages USING btree (shop_id, dispute_id, id);

-- Table dispute_settings
CREATE TABLE dispute_settings (
  shop_id bigint NOT NULL,
  answer_days integer DEFAULT 14 NOT NULL,
  auto_accept bigint DEFAULT 0 NOT NULL,
  CONSTRAINT dispute_settings_pkey PRIMARY KEY (shop_id),
  CONSTRAINT dispute_settings_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT dispute_settings_answer_days_check CHECK (((answer_days >= 1) AND (answer_days <= 90))),
  CONSTRAINT dispute_settings_auto_accept_check CHECK ((auto_accept >= 0))
);

-- Table disputes
CREATE TABLE disputes (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  influencer_id bigint NOT NULL,
  subject text NOT NULL,
  about text NOT NULL,
  earning_id bigint DEFAULT 0 NOT NULL,
  campaign_id bigint DEFAULT 0 NOT NULL,
  currency text NOT NULL,
  claimed bigint NOT NULL,
  evidence text NOT NULL,
  state text NOT NULL,
  answer_by timestamp with time zone,
  overdue boolean DEFAULT false NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  awarded bigint DEFAULT 0 NOT NULL,
  journal_id bigint,
  opened_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  decided_by text DEFAULT ''::text NOT NULL,
  CONSTRAINT disputes_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT disputes_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT disputes_awarded_check CHECK ((awarded >= 0)),
  CONSTRAINT disputes_claimed_check CHECK ((claimed > 0)),
  CONSTRAINT disputes_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT disputes_state_check CHECK ((state = ANY (ARRAY['open'::text, 'asked'::text, 'accepted'::text, 'rejected'::text, 'withdrawn'::text, 'lapsed'::text]))),
  CONSTRAINT disputes_subject_check CHECK ((subject = ANY (ARRAY['earning'::text, 'missing_order'::text, 'clicks'::text, 'lead'::text, 'payout'::text])))
);
CREATE INDEX disputes_due ON disputes USING btree (answer_by) WHERE ((state = ANY (ARRAY['open'::text, 'asked'::text])) AND (NOT overdue));
CREATE INDEX disputes_earning ON disputes USING btree (shop_id, earning_id) WHERE ((state = ANY (ARRAY['open'::text, 'asked'::text])) AND (earning_id <> 0));
CREATE INDEX disputes_influencer ON disputes USING btree (shop_id, influencer_id, id);
CREATE UNIQUE INDEX disputes_journal ON disputes USING btree (shop_id, journal_id) WHERE (journal_id IS NOT NULL);
CREATE UNIQUE INDEX disputes_open ON disputes USING btree (shop_id, influencer_id, subject, about) WHERE (state = ANY (ARRAY['open'::text, 'asked'::text]));

-- Table domains
CREATE TABLE domains (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  host text NOT NULL,
  purpose text NOT NULL,
  token text NOT NULL,
  verified_at timestamp with time zone,
  checked_at timestamp with time zone,
  problem text DEFAULT ''::text NOT NULL,
  removed_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  changed xid8 DEFAULT pg_current_xact_id() NOT NULL,
  CONSTRAINT domains_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT domains_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT domains_host_check CHECK (((host = lower(host)) AND (host <> ''::text))),
  CONSTRAINT domains_purpose_check CHECK ((purpose = ANY (ARRAY['links'::text, 'store'::text])))
);
CREATE INDEX domains_changed ON domains USING btree (changed);
CREATE UNIQUE INDEX domains_host ON domains USING btree (shop_id, host, purpose) WHERE (removed_at IS NULL);
CREATE UNIQUE INDEX domains_verified ON domains USING btree (host) WHERE ((purpose = 'links'::text) AND (verified_at IS NOT NULL) AND (removed_at IS NULL));

-- Table earnings
CREATE TABLE earnings (
  shop_id bigint NOT NULL,
  id bigint NOT NULL,
  kind smallint NOT NULL,
  source bigint NOT NULL,
  rule text DEFAULT ''::text NOT NULL,
  influencer_id bigint NOT NULL,
  agreement_id bigint NOT NULL,
  version_id bigint NOT NULL,
  terms_hash text NOT NULL,
  currency text NOT NULL,
  gross_base bigint DEFAULT 0 NOT NULL,
  net_base bigint DEFAULT 0 NOT NULL,
  counted bigint DEFAULT 0 NOT NULL,
  posted bigint NOT NULL,
  state text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  release_at timestamp with time zone,
  locked_at timestamp with time zone,
  detail bytea NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  campaign_id bigint DEFAULT 0 NOT NULL,
  link_id bigint DEFAULT 0 NOT NULL,
  code_id bigint DEFAULT 0 NOT NULL,
  page_id bigint DEFAULT 0 NOT NULL,
  session_id bigint DEFAULT 0 NOT NULL,
  CONSTRAINT earnings_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT earnings_shop_id_kind_source_agreement_id_rule_key UNIQUE (shop_id, kind, source, agreement_id, rule)
);
CREATE INDEX earnings_agreement ON earnings USING btree (shop_id, agreement_id, occurred_at);
CREATE INDEX earnings_hold ON earnings USING btree (shop_id, release_at) WHERE ((locked_at IS NULL) AND (release_at IS NOT NULL) AND (state <> 'held'::text));

-- Table evidence
CREATE TABLE evidence (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  order_id bigint NOT NULL,
  kind text NOT NULL,
  agreement_id bigint NOT NULL,
  link_id bigint DEFAULT 0 NOT NULL,
  at timestamp with time zone NOT NULL,
  note text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT evidence_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT evidence_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT evidence_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX evidence_order ON evidence USING btree (shop_id, order_id);

-- Table feed
CREATE TABLE feed (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  influencer_id bigint NOT NULL,
  earning_id bigint NOT NULL,
  source_kind smallint NOT NULL,
  source bigint NOT NULL,
  currency text NOT NULL,
  minor bigint NOT NULL,
  CONSTRAINT feed_pkey PRIMARY KEY (shop_id, id)
);
CREATE INDEX feed_at ON feed USING brin (at);

-- Table giveaway_agreements
CREATE TABLE giveaway_agreements (
  shop_id bigint NOT NULL,
  giveaway_id bigint NOT NULL,
  agreement_id bigint NOT NULL,
  CONSTRAINT giveaway_agreements_pkey PRIMARY KEY (shop_id, giveaway_id, agreement_id),
  CONSTRAINT giveaway_agreements_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT giveaway_agreements_shop_id_giveaway_id_fkey FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways(shop_id, id)
);
CREATE INDEX giveaway_agreements_agreement ON giveaway_agreements USING btree (shop_id, agreement_id);

-- Table giveaway_entries
CREATE TABLE giveaway_entries (
  shop_id bigint NOT NULL,
  giveaway_id bigint NOT NULL,
  id bigint NOT NULL,
  person text NOT NULL,
  way text NOT NULL,
  order_id bigint DEFAULT 0 NOT NULL,
  agreement_id bigint DEFAULT 0 NOT NULL,
  at timestamp with time zone NOT NULL,
  void text DEFAULT ''::text NOT NULL,
  place integer,
  CONSTRAINT giveaway_entries_pkey PRIMARY KEY (shop_id, giveaway_id, id),
  CONSTRAINT giveaway_entries_shop_id_giveaway_id_person_key UNIQUE (shop_id, giveaway_id, person),
  CONSTRAINT giveaway_entries_shop_id_giveaway_id_fkey FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways(shop_id, id)
);

-- Table giveaway_forms
CREATE TABLE giveaway_forms (
  shop_id bigint NOT NULL,
  giveaway_id bigint NOT NULL,
  person text NOT NULL,
  email bytea NOT NULL,
  way text NOT NULL,
  country text DEFAULT ''::text NOT NULL,
  agreement_id bigint DEFAULT 0 NOT NULL,
  via text DEFAULT ''::text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT giveaway_forms_pkey PRIMARY KEY (shop_id, giveaway_id, person),
  CONSTRAINT giveaway_forms_shop_id_giveaway_id_fkey FOREIGN KEY (shop_id, giveaway_id) REFERENCES giveaways(shop_id, id),
  CONSTRAINT giveaway_forms_way_check CHECK ((way = ANY (ARRAY['signup'::text, 'free'::text])))
);

-- Table giveaway_purchases
CREATE TABLE giveaway_purchases (
  shop_id bigint NOT NULL,
  giveaway_id bigint NOT NULL,
  order_id bigint NOT NULL,
  person text NOT NULL,
  at timestamp with time zone NOT NULL,
  agreement_id bigint DEFAULT 0 NOT NULL,
  counts boolean NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT giveaway_purchases_pkey PRIMARY KEY (shop_id, giveaway_id, order_id)
);
CREATE INDEX giveaway_purchases_order ON giveaway_purchases USING btree (shop_id, order_id);

-- Table giveaways
CREATE TABLE giveaways (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id bigint NOT NULL,
  title text NOT NULL,
  prize text NOT NULL,
  winners integer NOT NULL,
  opens_at timestamp with time zone NOT NULL,
  closes_at timestamp with time zone NOT NULL,
  countries text[] DEFAULT '{}'::text[] NOT NULL,
  ways text[] NOT NULL,
  terms text NOT NULL,
  state text NOT NULL,
  beacon text DEFAULT ''::text NOT NULL,
  drand_chain text DEFAULT ''::text NOT NULL,
  drand_round bigint DEFAULT 0 NOT NULL,
  round_at timestamp with time zone,
  commitment text DEFAULT ''::text NOT NULL,
  announced_at timestamp with time zone,
  frozen_at timestamp with time zone,
  entry_count bigint DEFAULT 0 NOT NULL,
  list_hash text DEFAULT ''::text NOT NULL,
  randomness text DEFAULT ''::text NOT NULL,
  signature text DEFAULT ''::text NOT NULL,
  drawn_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT giveaways_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT giveaways_shop_id_campaign_id_fkey FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns(shop_id, id),
  CONSTRAINT giveaways_beacon_check CHECK ((beacon = ANY (ARRAY[''::text, 'drand'::text, 'commit'::text]))),
  CONSTRAINT giveaways_check CHECK ((closes_at > opens_at)),
  CONSTRAINT giveaways_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'frozen'::text, 'drawn'::text, 'cancelled'::text]))),
  CONSTRAINT giveaways_winners_check CHECK (((winners >= 1) AND (winners <= 1000)))
);
CREATE UNIQUE INDEX giveaways_public ON giveaways USING btree (id);
CREATE INDEX giveaways_window ON giveaways USING btree (shop_id, closes_at);

-- Table hashtags
CREATE TABLE hashtags (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  platform text NOT NULL,
  tag text NOT NULL,
  next_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT hashtags_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT hashtags_shop_id_platform_tag_key UNIQUE (shop_id, platform, tag),
  CONSTRAINT hashtags_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT hashtags_platform_check CHECK ((platform = ANY (ARRAY['youtube'::text, 'instagram'::text])))
);
CREATE INDEX hashtags_due ON hashtags USING btree (next_at) WHERE (ended_at IS NULL);

-- Table idempotency_keys
CREATE TABLE idempotency_keys (
  shop_id bigint NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status integer NOT NULL,
  response bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (shop_id, key),
  CONSTRAINT idempotency_keys_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table influencer_spans
CREATE TABLE influencer_spans (
  shop_id bigint NOT NULL,
  influencer_id bigint NOT NULL,
  active_from timestamp with time zone NOT NULL,
  active_to timestamp with time zone,
  CONSTRAINT influencer_spans_pkey PRIMARY KEY (shop_id, influencer_id, active_from),
  CONSTRAINT influencer_spans_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT influencer_spans_check CHECK (((active_to IS NULL) OR (active_to >= active_from)))
);

-- Table influencers
CREATE TABLE influencers (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  handle text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  email_hash text NOT NULL,
  phone_hash text DEFAULT ''::text NOT NULL,
  address_hash text DEFAULT ''::text NOT NULL,
  customer_id bigint DEFAULT 0 NOT NULL,
  payout_method text DEFAULT ''::text NOT NULL,
  payout_detail text DEFAULT ''::text NOT NULL,
  tax_form text DEFAULT 'not_required'::text NOT NULL,
  banned_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  erased_at timestamp with time zone,
  invited_at timestamp with time zone,
  leaving_at timestamp with time zone,
  CONSTRAINT influencers_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT influencers_shop_id_email_hash_key UNIQUE (shop_id, email_hash),
  CONSTRAINT influencers_shop_id_handle_key UNIQUE (shop_id, handle),
  CONSTRAINT influencers_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT influencers_handle_check CHECK ((handle ~ '^[a-z0-9_-]{1,64}$'::text)),
  CONSTRAINT influencers_tax_form_check CHECK ((tax_form = ANY (ARRAY['not_required'::text, 'missing'::text, 'valid'::text])))
);
CREATE INDEX influencers_mailbox ON influencers USING btree (lower(btrim(email)));

-- Table kpi_days
CREATE TABLE kpi_days (
  shop_id bigint NOT NULL,
  dim smallint NOT NULL,
  id bigint NOT NULL,
  day date NOT NULL,
  currency text NOT NULL,
  impressions bigint DEFAULT 0 NOT NULL,
  clicks bigint DEFAULT 0 NOT NULL,
  visits bigint DEFAULT 0 NOT NULL,
  orders bigint DEFAULT 0 NOT NULL,
  click_orders bigint DEFAULT 0 NOT NULL,
  kept bigint DEFAULT 0 NOT NULL,
  kept_clicks bigint DEFAULT 0 NOT NULL,
  gross bigint DEFAULT 0 NOT NULL,
  net bigint DEFAULT 0 NOT NULL,
  acquired bigint DEFAULT 0 NOT NULL,
  repeats bigint DEFAULT 0 NOT NULL,
  leads bigint DEFAULT 0 NOT NULL,
  entries bigint DEFAULT 0 NOT NULL,
  earned bigint DEFAULT 0 NOT NULL,
  reversed bigint DEFAULT 0 NOT NULL,
  gifts bigint DEFAULT 0 NOT NULL,
  CONSTRAINT kpi_days_pkey PRIMARY KEY (shop_id, dim, id, day, currency)
);
CREATE INDEX kpi_days_day ON kpi_days USING btree (shop_id, dim, day) INCLUDE (id);
ALTER TABLE kpi_days SET (fillfactor=70);

-- Table kpi_hours
CREATE TABLE kpi_hours (
  shop_id bigint NOT NULL,
  dim smallint NOT NULL,
  id bigint NOT NULL,
  currency text NOT NULL,
  impressions bigint DEFAULT 0 NOT NULL,
  clicks bigint DEFAULT 0 NOT NULL,
  visits bigint DEFAULT 0 NOT NULL,
  orders bigint DEFAULT 0 NOT NULL,
  click_orders bigint DEFAULT 0 NOT NULL,
  kept bigint DEFAULT 0 NOT NULL,
  kept_clicks bigint DEFAULT 0 NOT NULL,
  gross bigint DEFAULT 0 NOT NULL,
  net bigint DEFAULT 0 NOT NULL,
  acquired bigint DEFAULT 0 NOT NULL,
  repeats bigint DEFAULT 0 NOT NULL,
  leads bigint DEFAULT 0 NOT NULL,
  entries bigint DEFAULT 0 NOT NULL,
  earned bigint DEFAULT 0 NOT NULL,
  reversed bigint DEFAULT 0 NOT NULL,
  gifts bigint DEFAULT 0 NOT NULL,
  hour timestamp with time zone NOT NULL,
  CONSTRAINT kpi_hours_pkey PRIMARY KEY (shop_id, dim, id, hour, currency)
);
ALTER TABLE kpi_hours SET (fillfactor=70);

-- Table lead_decisions
CREATE TABLE lead_decisions (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  lead_id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  outcome text NOT NULL,
  reason text NOT NULL,
  source text NOT NULL,
  key text NOT NULL,
  CONSTRAINT lead_decisions_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT lead_decisions_shop_id_lead_id_source_key_key UNIQUE (shop_id, lead_id, source, key),
  CONSTRAINT lead_decisions_shop_id_lead_id_fkey FOREIGN KEY (shop_id, lead_id) REFERENCES leads(shop_id, id),
  CONSTRAINT lead_decisions_outcome_check CHECK ((outcome = ANY (ARRAY['qualified'::text, 'rejected'::text])))
);

-- Table lead_forms
CREATE TABLE lead_forms (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  public_id text NOT NULL,
  agreement_id bigint,
  campaign_id bigint,
  title text NOT NULL,
  intro text DEFAULT ''::text NOT NULL,
  button text DEFAULT ''::text NOT NULL,
  fields jsonb NOT NULL,
  consent text NOT NULL,
  double_opt_in boolean NOT NULL,
  redirect_url text DEFAULT ''::text NOT NULL,
  active boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT lead_forms_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT lead_forms_public_id_key UNIQUE (public_id),
  CONSTRAINT lead_forms_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT lead_forms_shop_id_campaign_id_fkey FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns(shop_id, id),
  CONSTRAINT lead_forms_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT lead_forms_check CHECK (((agreement_id IS NULL) <> (campaign_id IS NULL)))
);

-- Table lead_tokens
CREATE TABLE lead_tokens (
  shop_id bigint NOT NULL,
  hash bytea NOT NULL,
  lead_id bigint NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT lead_tokens_pkey PRIMARY KEY (shop_id, hash),
  CONSTRAINT lead_tokens_hash_key UNIQUE (hash),
  CONSTRAINT lead_tokens_shop_id_lead_id_fkey FOREIGN KEY (shop_id, lead_id) REFERENCES leads(shop_id, id)
);
CREATE INDEX lead_tokens_lead ON lead_tokens USING btree (shop_id, lead_id, created_at);

-- Table leads
CREATE TABLE leads (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  form_id bigint,
  agreement_id bigint,
  version_id bigint,
  via text NOT NULL,
  email_hash text NOT NULL,
  email bytea,
  answers bytea,
  consent text DEFAULT ''::text NOT NULL,
  click_id text DEFAULT ''::text NOT NULL,
  ref text DEFAULT ''::text NOT NULL,
  code text DEFAULT ''::text NOT NULL,
  ip_hash text DEFAULT ''::text NOT NULL,
  import_key text,
  invalid text DEFAULT ''::text NOT NULL,
  submitted_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  confirm_by timestamp with time zone,
  confirmed_at timestamp with time zone,
  state text DEFAULT 'submitted'::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  duplicate_of bigint,
  vet_from timestamp with time zone,
  vet_by timestamp with time zone,
  qualified_at timestamp with time zone,
  next_at timestamp with time zone,
  CONSTRAINT leads_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT leads_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT leads_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT leads_shop_id_form_id_fkey FOREIGN KEY (shop_id, form_id) REFERENCES lead_forms(shop_id, id),
  CONSTRAINT leads_shop_id_version_id_fkey FOREIGN KEY (shop_id, version_id) REFERENCES agreement_versions(shop_id, id),
  CONSTRAINT leads_state_check CHECK ((state = ANY (ARRAY['submitted'::text, 'duplicate'::text, 'invalid'::text, 'pending_confirmation'::text, 'pending_vetting'::text, 'qualified'::text, 'rejected'::text, 'expired'::text])))
);
CREATE INDEX leads_click ON leads USING btree (shop_id, click_id) WHERE (click_id <> ''::text);
CREATE INDEX leads_due ON leads USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE UNIQUE INDEX leads_import ON leads USING btree (shop_id, import_key) WHERE (import_key IS NOT NULL);
CREATE INDEX leads_mailbox ON leads USING btree (shop_id, email_hash);
CREATE INDEX leads_queue ON leads USING btree (shop_id, state, submitted_at, id);
CREATE INDEX leads_version ON leads USING btree (shop_id, agreement_id, version_id);

-- Table ledger_entries
CREATE TABLE ledger_entries (
  shop_id bigint NOT NULL,
  journal_id bigint NOT NULL,
  leg smallint NOT NULL,
  kind smallint NOT NULL,
  account smallint NOT NULL,
  influencer_id bigint NOT NULL,
  earning_id bigint DEFAULT 0 NOT NULL,
  payout_id bigint DEFAULT 0 NOT NULL,
  currency text NOT NULL,
  minor bigint NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  origin_at timestamp with time zone NOT NULL,
  posted_at timestamp with time zone NOT NULL,
  CONSTRAINT ledger_entries_pkey PRIMARY KEY (shop_id, earning_id, journal_id, leg, effective_at),
  CONSTRAINT ledger_entries_minor_check CHECK ((minor <> 0))
) PARTITION BY RANGE (effective_at);
CREATE INDEX ledger_entries_balance ON ONLY ledger_entries USING btree (shop_id, influencer_id, currency, account, effective_at);
CREATE INDEX ledger_entries_payable ON ONLY ledger_entries USING btree (shop_id, influencer_id, currency, journal_id) INCLUDE (kind, effective_at, earning_id, minor) WHERE (account = 3);

-- Table ledger_entries_default
CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT;

-- Table links
CREATE TABLE links (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  slug text NOT NULL,
  agreement_id bigint NOT NULL,
  destination text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  disabled_at timestamp with time zone,
  public text DEFAULT replace((gen_random_uuid())::text, '-'::text, ''::text) NOT NULL,
  code_id bigint DEFAULT 0 NOT NULL,
  products text DEFAULT ''::text NOT NULL,
  changed xid8 DEFAULT pg_current_xact_id() NOT NULL,
  CONSTRAINT links_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT links_shop_id_slug_key UNIQUE (shop_id, slug),
  CONSTRAINT links_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT links_public_check CHECK ((public ~ '^[A-Za-z0-9_-]{1,80}$'::text)),
  CONSTRAINT links_slug_check CHECK ((slug ~ '^[A-Za-z0-9_-]{1,64}$'::text))
);
CREATE INDEX links_changed ON links USING btree (changed);
CREATE UNIQUE INDEX links_public ON links USING btree (public);

-- Table live_codes
CREATE TABLE live_codes (
  shop_id bigint NOT NULL,
  session_id bigint NOT NULL,
  code_id bigint NOT NULL,
  follows boolean NOT NULL,
  CONSTRAINT live_codes_pkey PRIMARY KEY (shop_id, session_id, code_id),
  CONSTRAINT live_codes_shop_id_code_id_key UNIQUE (shop_id, code_id),
  CONSTRAINT live_codes_shop_id_code_id_fkey FOREIGN KEY (shop_id, code_id) REFERENCES codes(shop_id, id),
  CONSTRAINT live_codes_shop_id_session_id_fkey FOREIGN KEY (shop_id, session_id) REFERENCES live_sessions(shop_id, id)
);

-- Table live_sessions
CREATE TABLE live_sessions (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  title text NOT NULL,
  platform text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  grace_minutes integer NOT NULL,
  link_id bigint,
  cancelled_at timestamp with time zone,
  settle_from timestamp with time zone NOT NULL,
  settle_to timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT live_sessions_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT live_sessions_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT live_sessions_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT live_sessions_shop_id_link_id_fkey FOREIGN KEY (shop_id, link_id) REFERENCES links(shop_id, id),
  CONSTRAINT live_sessions_check CHECK ((ends_at > starts_at)),
  CONSTRAINT live_sessions_grace_minutes_check CHECK (((grace_minutes >= 0) AND (grace_minutes <= 1440)))
);
CREATE INDEX live_sessions_agreement ON live_sessions USING btree (shop_id, agreement_id, starts_at);

-- Table mail_settings
CREATE TABLE mail_settings (
  shop_id bigint NOT NULL,
  influencer_id bigint NOT NULL,
  muted text[] DEFAULT '{}'::text[] NOT NULL,
  digest text DEFAULT 'off'::text NOT NULL,
  problem text DEFAULT ''::text NOT NULL,
  problem_at timestamp with time zone,
  CONSTRAINT mail_settings_pkey PRIMARY KEY (shop_id, influencer_id),
  CONSTRAINT mail_settings_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT mail_settings_digest_check CHECK ((digest = ANY (ARRAY['off'::text, 'daily'::text, 'weekly'::text])))
);

-- Table notices
CREATE TABLE notices (
  shop_id bigint NOT NULL,
  influencer_id bigint NOT NULL,
  kind text NOT NULL,
  ref bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  due_at timestamp with time zone NOT NULL,
  queued_at timestamp with time zone,
  digest bigint DEFAULT 0 NOT NULL,
  CONSTRAINT notices_pkey PRIMARY KEY (shop_id, influencer_id, kind, ref),
  CONSTRAINT notices_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id)
);
CREATE INDEX notices_about ON notices USING btree (shop_id, kind, ref);
CREATE INDEX notices_due ON notices USING btree (due_at) WHERE (queued_at IS NULL);

-- Table orders
CREATE TABLE orders (
  shop_id bigint NOT NULL,
  id bigint NOT NULL,
  name text NOT NULL,
  payment smallint NOT NULL,
  created_at timestamp with time zone,
  paid_at timestamp with time zone,
  currency text NOT NULL,
  total bigint NOT NULL,
  customer_key text DEFAULT ''::text NOT NULL,
  outcome text NOT NULL,
  influencer_id bigint DEFAULT 0 NOT NULL,
  version_id bigint DEFAULT 0 NOT NULL,
  via text DEFAULT ''::text NOT NULL,
  decision_number integer DEFAULT 0 NOT NULL,
  first_seen_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  state bytea STORAGE EXTERNAL NOT NULL,
  kpi bytea,
  acquired boolean DEFAULT false NOT NULL,
  customer_hash bigint DEFAULT hashtextextended(customer_key, shop_id) NOT NULL,
  CONSTRAINT orders_pkey PRIMARY KEY (shop_id, id)
);
CREATE INDEX orders_created ON orders USING btree (shop_id, created_at, id);
CREATE INDEX orders_customer ON orders USING btree (customer_hash) WHERE (customer_key <> ''::text);

-- Table orders_due
CREATE TABLE orders_due (
  shop_id bigint NOT NULL,
  order_id bigint NOT NULL,
  due_at timestamp with time zone NOT NULL,
  CONSTRAINT orders_due_pkey PRIMARY KEY (shop_id, order_id),
  CONSTRAINT orders_due_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX orders_due_at ON orders_due USING btree (shop_id, due_at);

-- Table outbox
CREATE TABLE outbox (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  state text DEFAULT 'ready'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_at timestamp with time zone NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  claimed boolean DEFAULT false NOT NULL,
  done_at timestamp with time zone,
  CONSTRAINT outbox_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT outbox_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'done'::text, 'failed'::text, 'in_doubt'::text])))
);
CREATE INDEX outbox_due ON outbox USING btree (next_at) WHERE (state = 'ready'::text);
CREATE INDEX outbox_shop_due ON outbox USING btree (shop_id, next_at, id) WHERE (state = 'ready'::text);

-- Table page_drafts
CREATE TABLE page_drafts (
  shop_id bigint NOT NULL,
  page_id bigint NOT NULL,
  document text NOT NULL,
  author text NOT NULL,
  saved_at timestamp with time zone NOT NULL,
  CONSTRAINT page_drafts_pkey PRIMARY KEY (shop_id, page_id),
  CONSTRAINT page_drafts_shop_id_page_id_fkey FOREIGN KEY (shop_id, page_id) REFERENCES pages(shop_id, id)
);

-- Table page_releases
CREATE TABLE page_releases (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  page_id bigint NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  author text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT page_releases_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT page_releases_shop_id_page_id_fkey FOREIGN KEY (shop_id, page_id) REFERENCES pages(shop_id, id),
  CONSTRAINT page_releases_check CHECK (((ends_at IS NULL) OR (ends_at >= starts_at)))
);
CREATE INDEX page_releases_page ON page_releases USING btree (shop_id, page_id, starts_at);

-- Table page_variants
CREATE TABLE page_variants (
  shop_id bigint NOT NULL,
  release_id bigint NOT NULL,
  name text NOT NULL,
  page_id bigint NOT NULL,
  number integer NOT NULL,
  weight integer NOT NULL,
  CONSTRAINT page_variants_pkey PRIMARY KEY (shop_id, release_id, name),
  CONSTRAINT page_variants_shop_id_page_id_number_fkey FOREIGN KEY (shop_id, page_id, number) REFERENCES page_versions(shop_id, page_id, number),
  CONSTRAINT page_variants_shop_id_release_id_fkey FOREIGN KEY (shop_id, release_id) REFERENCES page_releases(shop_id, id),
  CONSTRAINT page_variants_name_check CHECK ((name = ANY (ARRAY['a'::text, 'b'::text, 'c'::text, 'd'::text]))),
  CONSTRAINT page_variants_weight_check CHECK (((weight >= 1) AND (weight <= 100)))
);

-- Table page_versions
CREATE TABLE page_versions (
  shop_id bigint NOT NULL,
  page_id bigint NOT NULL,
  number integer NOT NULL,
  document text NOT NULL,
  hash text NOT NULL,
  author text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT page_versions_pkey PRIMARY KEY (shop_id, page_id, number),
  CONSTRAINT page_versions_shop_id_page_id_fkey FOREIGN KEY (shop_id, page_id) REFERENCES pages(shop_id, id)
);

-- Table pages
CREATE TABLE pages (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  public_id text NOT NULL,
  agreement_id bigint NOT NULL,
  link_id bigint NOT NULL,
  slug text NOT NULL,
  state text DEFAULT 'draft'::text NOT NULL,
  due_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  changed xid8 DEFAULT pg_current_xact_id() NOT NULL,
  influencer_edits text DEFAULT 'none'::text NOT NULL,
  store_handle text DEFAULT ''::text NOT NULL,
  store_url text DEFAULT ''::text NOT NULL,
  store_state text DEFAULT ''::text NOT NULL,
  store_note text DEFAULT ''::text NOT NULL,
  store_at timestamp with time zone,
  CONSTRAINT pages_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT pages_public_id_key UNIQUE (public_id),
  CONSTRAINT pages_shop_id_slug_key UNIQUE (shop_id, slug),
  CONSTRAINT pages_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT pages_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT pages_shop_id_link_id_fkey FOREIGN KEY (shop_id, link_id) REFERENCES links(shop_id, id),
  CONSTRAINT pages_influencer_edits_check CHECK ((influencer_edits = ANY (ARRAY['none'::text, 'propose'::text, 'publish'::text]))),
  CONSTRAINT pages_public_id_check CHECK ((public_id ~ '^[a-z2-7]{10}$'::text)),
  CONSTRAINT pages_slug_check CHECK ((slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'::text)),
  CONSTRAINT pages_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'scheduled'::text, 'published'::text, 'unpublished'::text]))),
  CONSTRAINT pages_store_state_check CHECK ((store_state = ANY (ARRAY[''::text, 'shown'::text, 'hidden'::text, 'absent'::text, 'failed'::text])))
);
CREATE INDEX pages_agreement ON pages USING btree (shop_id, agreement_id);
CREATE INDEX pages_changed ON pages USING btree (changed);
CREATE INDEX pages_due ON pages USING btree (due_at) WHERE (due_at IS NOT NULL);

-- Table payout_batches
CREATE TABLE payout_batches (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  period text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  cut_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  rail text DEFAULT 'csv'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  created_by text DEFAULT ''::text NOT NULL,
  approved_at timestamp with time zone,
  approved_by text,
  CONSTRAINT payout_batches_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT payout_batches_shop_id_period_key UNIQUE (shop_id, period),
  CONSTRAINT payout_batches_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT payout_batches_period_check CHECK ((period ~ '^\d{4}-\d{2}$'::text)),
  CONSTRAINT payout_batches_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'approved'::text, 'paying'::text, 'paid'::text, 'failed'::text])))
);

-- Table payout_items
CREATE TABLE payout_items (
  shop_id bigint NOT NULL,
  line_id bigint NOT NULL,
  journal_id bigint NOT NULL,
  earning_id bigint NOT NULL,
  minor bigint NOT NULL,
  CONSTRAINT payout_items_pkey PRIMARY KEY (shop_id, line_id, journal_id)
);

-- Table payout_lines
CREATE TABLE payout_lines (
  shop_id bigint NOT NULL,
  id bigint NOT NULL,
  batch_id bigint NOT NULL,
  influencer_id bigint NOT NULL,
  currency text NOT NULL,
  opening bigint NOT NULL,
  movement bigint NOT NULL,
  pay bigint NOT NULL,
  carry_reason text DEFAULT ''::text NOT NULL,
  state text NOT NULL,
  payout_key text NOT NULL,
  provider_ref text DEFAULT ''::text NOT NULL,
  error text DEFAULT ''::text NOT NULL,
  settled_at timestamp with time zone,
  CONSTRAINT payout_lines_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT payout_lines_shop_id_batch_id_influencer_id_currency_key UNIQUE (shop_id, batch_id, influencer_id, currency),
  CONSTRAINT payout_lines_pay_check CHECK ((pay >= 0)),
  CONSTRAINT payout_lines_state_check CHECK ((state = ANY (ARRAY['carried'::text, 'draft'::text, 'paying'::text, 'paid'::text, 'failed'::text, 'in_doubt'::text])))
);
CREATE INDEX payout_lines_influencer ON payout_lines USING btree (shop_id, influencer_id, currency, batch_id);

-- Table people
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  email text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT people_pkey PRIMARY KEY (id),
  CONSTRAINT people_email_key UNIQUE (email),
  CONSTRAINT people_email_check CHECK (((email = lower(btrim(email))) AND (email <> ''::text)))
);

-- Table plugin_links
CREATE TABLE plugin_links (
  shop_id bigint NOT NULL,
  kid text NOT NULL,
  home_url text NOT NULL,
  version text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT plugin_links_pkey PRIMARY KEY (shop_id),
  CONSTRAINT plugin_links_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table post_snapshots
CREATE TABLE post_snapshots (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  post_id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  source text NOT NULL,
  status text DEFAULT ''::text NOT NULL,
  verified boolean NOT NULL,
  likes bigint,
  comments bigint,
  shares bigint,
  saves bigint,
  views bigint,
  followers bigint,
  evidence text DEFAULT ''::text NOT NULL,
  digest bytea NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT post_snapshots_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT post_snapshots_shop_id_post_id_digest_key UNIQUE (shop_id, post_id, digest),
  CONSTRAINT post_snapshots_shop_id_post_id_fkey FOREIGN KEY (shop_id, post_id) REFERENCES posts(shop_id, id),
  CONSTRAINT post_snapshots_comments_check CHECK ((comments >= 0)),
  CONSTRAINT post_snapshots_followers_check CHECK ((followers >= 0)),
  CONSTRAINT post_snapshots_likes_check CHECK ((likes >= 0)),
  CONSTRAINT post_snapshots_saves_check CHECK ((saves >= 0)),
  CONSTRAINT post_snapshots_shares_check CHECK ((shares >= 0)),
  CONSTRAINT post_snapshots_source_check CHECK ((source = ANY (ARRAY['api'::text, 'manual'::text, 'csv'::text, 'connector'::text]))),
  CONSTRAINT post_snapshots_status_check CHECK ((status = ANY (ARRAY[''::text, 'deleted'::text, 'private'::text]))),
  CONSTRAINT post_snapshots_views_check CHECK ((views >= 0))
);

-- Table posts
CREATE TABLE posts (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  platform text NOT NULL,
  url text NOT NULL,
  external_id text DEFAULT ''::text NOT NULL,
  author text DEFAULT ''::text NOT NULL,
  published_at timestamp with time zone NOT NULL,
  caption text DEFAULT ''::text NOT NULL,
  hashtags text[] DEFAULT '{}'::text[] NOT NULL,
  paid_partnership boolean DEFAULT false NOT NULL,
  origin text NOT NULL,
  state text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  decide_by timestamp with time zone NOT NULL,
  on_deadline text NOT NULL,
  decided_at timestamp with time zone,
  decided_by text DEFAULT ''::text NOT NULL,
  disclosure text DEFAULT ''::text NOT NULL,
  disclosure_detail text DEFAULT ''::text NOT NULL,
  disclosure_at timestamp with time zone,
  anomaly text DEFAULT ''::text NOT NULL,
  anomaly_by timestamp with time zone,
  anomaly_decision text DEFAULT ''::text NOT NULL,
  anomaly_reason text DEFAULT ''::text NOT NULL,
  anomaly_decided_at timestamp with time zone,
  anomaly_decided_by text DEFAULT ''::text NOT NULL,
  next_at timestamp with time zone,
  note text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  kpi bytea,
  CONSTRAINT posts_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT posts_shop_id_platform_url_key UNIQUE (shop_id, platform, url),
  CONSTRAINT posts_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT posts_anomaly_decision_check CHECK ((anomaly_decision = ANY (ARRAY[''::text, 'released'::text, 'rejected'::text]))),
  CONSTRAINT posts_on_deadline_check CHECK ((on_deadline = ANY (ARRAY['approve'::text, 'reject'::text]))),
  CONSTRAINT posts_origin_check CHECK ((origin = ANY (ARRAY['api'::text, 'hashtag'::text]))),
  CONSTRAINT posts_platform_check CHECK ((platform = ANY (ARRAY['youtube'::text, 'instagram'::text, 'tiktok'::text, 'x'::text, 'other'::text]))),
  CONSTRAINT posts_state_check CHECK ((state = ANY (ARRAY['submitted'::text, 'approved'::text, 'rejected'::text])))
);
CREATE INDEX posts_agreement ON posts USING btree (shop_id, agreement_id, published_at);
CREATE INDEX posts_due ON posts USING btree (next_at) WHERE (next_at IS NOT NULL);

-- Table privacy_requests
CREATE TABLE privacy_requests (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  topic text NOT NULL,
  delivery_id uuid NOT NULL,
  customer_id bigint DEFAULT 0 NOT NULL,
  due_at timestamp with time zone NOT NULL,
  done_at timestamp with time zone,
  subject bytea,
  report bytea,
  requested_at timestamp with time zone,
  note text DEFAULT ''::text NOT NULL,
  CONSTRAINT privacy_requests_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT privacy_requests_shop_id_delivery_id_key UNIQUE (shop_id, delivery_id)
);
CREATE INDEX privacy_requests_open ON privacy_requests USING btree (shop_id) WHERE (done_at IS NULL);

-- Table proposals
CREATE TABLE proposals (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  agreement_id bigint NOT NULL,
  number integer NOT NULL,
  terms text NOT NULL,
  text text NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  CONSTRAINT proposals_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT proposals_shop_id_agreement_id_fkey FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements(shop_id, id),
  CONSTRAINT proposals_state_check CHECK ((state = ANY (ARRAY['open'::text, 'taken'::text, 'declined'::text, 'replaced'::text])))
);
CREATE INDEX proposals_agreement ON proposals USING btree (shop_id, agreement_id, id);
CREATE UNIQUE INDEX proposals_open ON proposals USING btree (shop_id, agreement_id) WHERE (state = 'open'::text);

-- Table rereads
CREATE TABLE rereads (
  shop_id bigint NOT NULL,
  order_id bigint NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_at timestamp with time zone NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  CONSTRAINT rereads_pkey PRIMARY KEY (shop_id, order_id),
  CONSTRAINT rereads_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX rereads_due ON rereads USING btree (shop_id, next_at);

-- Table saved_reports
CREATE TABLE saved_reports (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  query text NOT NULL,
  author text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT saved_reports_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT saved_reports_shop_id_name_key UNIQUE (shop_id, name),
  CONSTRAINT saved_reports_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table sessions
CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  person_id bigint NOT NULL,
  token_hash bytea NOT NULL,
  previous_hash bytea,
  device text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  rotated_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_previous_hash_key UNIQUE (previous_hash),
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT sessions_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id) ON DELETE CASCADE
);
CREATE INDEX sessions_person ON sessions USING btree (person_id, id);

-- Table shopify_access
CREATE TABLE shopify_access (
  shop_id bigint NOT NULL,
  generation bigint NOT NULL,
  access_token bytea NOT NULL,
  refresh_token bytea NOT NULL,
  scopes text NOT NULL,
  access_until timestamp with time zone NOT NULL,
  refresh_until timestamp with time zone NOT NULL,
  granted_at timestamp with time zone NOT NULL,
  renewing_until timestamp with time zone,
  renew_at timestamp with time zone NOT NULL,
  health text DEFAULT 'ok'::text NOT NULL,
  dead boolean DEFAULT false NOT NULL,
  health_at timestamp with time zone,
  CONSTRAINT shopify_access_pkey PRIMARY KEY (shop_id),
  CONSTRAINT shopify_access_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);
CREATE INDEX shopify_access_renew ON shopify_access USING btree (renew_at) WHERE (NOT dead);

-- Table shops
CREATE TABLE shops (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  platform smallint NOT NULL,
  domain text NOT NULL,
  name text NOT NULL,
  currency text NOT NULL,
  time_zone text NOT NULL,
  hash_key bytea NOT NULL,
  open_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  installed_at timestamp with time zone NOT NULL,
  uninstalled_at timestamp with time zone,
  health text DEFAULT 'ok'::text NOT NULL,
  health_at timestamp with time zone,
  described_at timestamp with time zone,
  consent_required boolean DEFAULT false NOT NULL,
  changed xid8 DEFAULT pg_current_xact_id() NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (id),
  CONSTRAINT shops_platform_domain_key UNIQUE (platform, domain),
  CONSTRAINT shops_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT shops_platform_check CHECK ((platform = ANY (ARRAY[1, 2])))
);
CREATE INDEX shops_changed ON shops USING btree (changed);

-- Table sign_ins
CREATE TABLE sign_ins (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  email text NOT NULL,
  token_hash bytea NOT NULL,
  code_hash bytea NOT NULL,
  browser_hash bytea NOT NULL,
  tries smallint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT sign_ins_pkey PRIMARY KEY (id),
  CONSTRAINT sign_ins_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sign_ins_browser ON sign_ins USING btree (browser_hash, id);
CREATE INDEX sign_ins_email ON sign_ins USING btree (email, created_at);
CREATE INDEX sign_ins_old ON sign_ins USING btree (expires_at);

-- Table signatures
CREATE TABLE signatures (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  version_id bigint NOT NULL,
  party text NOT NULL,
  signer text NOT NULL,
  email text NOT NULL,
  ip text NOT NULL,
  method text NOT NULL,
  hash text NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  CONSTRAINT signatures_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT signatures_shop_id_version_id_party_key UNIQUE (shop_id, version_id, party),
  CONSTRAINT signatures_shop_id_version_id_fkey FOREIGN KEY (shop_id, version_id) REFERENCES agreement_versions(shop_id, id),
  CONSTRAINT signatures_party_check CHECK ((party = ANY (ARRAY['merchant'::text, 'influencer'::text])))
);

-- Table social_accounts
CREATE TABLE social_accounts (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  platform text NOT NULL,
  account_id text DEFAULT ''::text NOT NULL,
  token bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  health text DEFAULT 'ok'::text NOT NULL,
  health_at timestamp with time zone,
  CONSTRAINT social_accounts_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT social_accounts_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT social_accounts_platform_check CHECK ((platform = ANY (ARRAY['youtube'::text, 'instagram'::text])))
);
CREATE UNIQUE INDEX social_accounts_one ON social_accounts USING btree (shop_id, platform) WHERE (revoked_at IS NULL);

-- Table store_hooks
CREATE TABLE store_hooks (
  shop_id bigint NOT NULL,
  connection_id bigint NOT NULL,
  topic text NOT NULL,
  remote_id bigint NOT NULL,
  state text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  repairs integer DEFAULT 0 NOT NULL,
  repaired_at timestamp with time zone,
  checked_at timestamp with time zone NOT NULL,
  CONSTRAINT store_hooks_pkey PRIMARY KEY (shop_id, connection_id, topic),
  CONSTRAINT store_hooks_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT store_hooks_state_check CHECK ((state = ANY (ARRAY['active'::text, 'missing'::text, 'disabled'::text, 'changed'::text])))
);

-- Table sweep_days
CREATE TABLE sweep_days (
  shop_id bigint NOT NULL,
  day date NOT NULL,
  seen bigint DEFAULT 0 NOT NULL,
  missing bigint DEFAULT 0 NOT NULL,
  healed bigint DEFAULT 0 NOT NULL,
  orders bigint,
  store_orders bigint,
  total bigint,
  store_total bigint,
  unknown text DEFAULT '[]'::text NOT NULL,
  compared_at timestamp with time zone,
  CONSTRAINT sweep_days_pkey PRIMARY KEY (shop_id, day),
  CONSTRAINT sweep_days_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table sweeps
CREATE TABLE sweeps (
  shop_id bigint NOT NULL,
  cursor timestamp with time zone NOT NULL,
  next_at timestamp with time zone NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  nightly_on date,
  nightly_id bigint DEFAULT 0 NOT NULL,
  CONSTRAINT sweeps_pkey PRIMARY KEY (shop_id),
  CONSTRAINT sweeps_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id)
);

-- Table tax_forms
CREATE TABLE tax_forms (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  influencer_id bigint NOT NULL,
  kind text NOT NULL,
  data bytea NOT NULL,
  signed_at timestamp with time zone NOT NULL,
  valid_until timestamp with time zone,
  CONSTRAINT tax_forms_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT tax_forms_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT tax_forms_kind_check CHECK ((kind = ANY (ARRAY['w9'::text, 'w8ben'::text, 'w8bene'::text])))
);
CREATE INDEX tax_forms_influencer ON tax_forms USING btree (shop_id, influencer_id, id);

-- Table woo_installs
CREATE TABLE woo_installs (
  shop_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  base_url text NOT NULL,
  ticket_hash bytea NOT NULL,
  state_hash bytea,
  session_hash bytea,
  step text DEFAULT 'begun'::text NOT NULL,
  keys bytea,
  rights text DEFAULT ''::text NOT NULL,
  returned_at timestamp with time zone,
  connection_id bigint DEFAULT 0 NOT NULL,
  found text DEFAULT ''::text NOT NULL,
  problems text DEFAULT '[]'::text NOT NULL,
  begun_at timestamp with time zone NOT NULL,
  until timestamp with time zone NOT NULL,
  CONSTRAINT woo_installs_pkey PRIMARY KEY (shop_id, id),
  CONSTRAINT woo_installs_state_hash_key UNIQUE (state_hash),
  CONSTRAINT woo_installs_ticket_hash_key UNIQUE (ticket_hash),
  CONSTRAINT woo_installs_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(id),
  CONSTRAINT woo_installs_step_check CHECK ((step = ANY (ARRAY['begun'::text, 'opened'::text, 'received'::text, 'verified'::text, 'connected'::text, 'denied'::text, 'failed'::text, 'expired'::text])))
);

-- Table write_offs
CREATE TABLE write_offs (
  shop_id bigint NOT NULL,
  journal_id bigint NOT NULL,
  influencer_id bigint NOT NULL,
  currency text NOT NULL,
  minor bigint NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  approved_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT write_offs_pkey PRIMARY KEY (shop_id, journal_id),
  CONSTRAINT write_offs_shop_id_influencer_id_fkey FOREIGN KEY (shop_id, influencer_id) REFERENCES influencers(shop_id, id),
  CONSTRAINT write_offs_approved_by_check CHECK ((approved_by <> ''::text)),
  CONSTRAINT write_offs_check CHECK ((lower(requested_by) <> lower(approved_by))),
  CONSTRAINT write_offs_minor_check CHECK ((minor > 0)),
  CONSTRAINT write_offs_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT write_offs_requested_by_check CHECK ((requested_by <> ''::text))
);
CREATE INDEX write_offs_influencer ON write_offs USING btree (shop_id, influencer_id, currency);

-- Functions
CREATE OR REPLACE FUNCTION audit_append(at timestamp with time zone, actor text, action text, target text, detail text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$
DECLARE shop bigint := current_shop(); n bigint; before bytea; line bytea;
BEGIN
  INSERT INTO audit_heads (shop_id, seq, hash) VALUES (shop, 0, '') ON CONFLICT DO NOTHING;
  SELECT h.seq + 1, h.hash INTO n, before FROM audit_heads h WHERE h.shop_id = shop FOR UPDATE;
  line := sha256(before || convert_to(format('%s|%s|%s:%s|%s:%s|%s:%s|%s:%s', n, (extract(epoch FROM at) * 1000000)::bigint,
    octet_length(actor), actor, octet_length(action), action, octet_length(target), target, octet_length(detail), detail), 'UTF8'));
  INSERT INTO audit_log VALUES (shop, n, at, actor, action, target, detail, before, line);
  UPDATE audit_heads h SET seq = n, hash = line WHERE h.shop_id = shop;
  RETURN n;
END $function$
;
CREATE OR REPLACE FUNCTION current_influencer()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(current_setting('app.influencer_id', true), '')::bigint $function$
;
CREATE OR REPLACE FUNCTION current_shop()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(current_setting('app.shop_id', true), '')::bigint $function$
;
CREATE OR REPLACE FUNCTION door_activity_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT d.shop_id FROM activity_due d WHERE d.due_at <= at ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_add_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ INSERT INTO shops (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE SET installed_at = excluded.installed_at, uninstalled_at = NULL
          WHERE shops.uninstalled_at IS NOT NULL
        RETURNING id $function$
;
CREATE OR REPLACE FUNCTION door_api_key(h bytea)
 RETURNS TABLE(shop_id bigint, id bigint, scope text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT k.shop_id, k.id, k.scope FROM api_keys k WHERE k.hash = h AND k.revoked_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_backlog(at timestamp with time zone)
 RETURNS TABLE(waiting bigint, oldest_seconds double precision, parked bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT w.n, w.age, p.n
        FROM (SELECT count(*) AS n, coalesce(extract(epoch FROM at - min(d.next_at)), 0)::double precision AS age
                FROM deliveries d WHERE d.state < 2 AND d.next_at <= at AND d.shop_id IN (SELECT s.id FROM shops s)) w,
             (SELECT count(*) AS n FROM deliveries d WHERE d.state = 3) p $function$
;
CREATE OR REPLACE FUNCTION door_clicks_due()
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id FROM shops s WHERE EXISTS (SELECT FROM clicks c WHERE c.shop_id = s.id AND c.state = 0) ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_connection(h bytea)
 RETURNS TABLE(shop_id bigint, id bigint, secret bytea, domain text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT c.shop_id, c.id, c.secret, s.domain FROM connections c JOIN shops s ON s.id = c.shop_id
        WHERE c.token_hash = h AND c.revoked_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_crm_hook(p text)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT h.shop_id FROM crm_hooks h JOIN shops s ON s.id = h.shop_id WHERE h.public_id = p AND s.uninstalled_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_disputes_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT d.shop_id FROM disputes d WHERE d.state IN ('open', 'asked') AND NOT d.overdue AND d.answer_by <= at ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_domain_token(h text, t text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT EXISTS (SELECT FROM domains d WHERE d.host = h AND d.token = t AND d.removed_at IS NULL) $function$
;
CREATE OR REPLACE FUNCTION door_due_backfills(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT b.shop_id FROM backfills b JOIN shops s ON s.id = b.shop_id
        WHERE b.state IN ('waiting', 'running', 'reading') AND b.next_at <= at AND s.uninstalled_at IS NULL ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_due_code_checks(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT d.shop_id FROM discounts d JOIN shops s ON s.id = d.shop_id
        WHERE d.state IN ('active', 'paused') AND d.wanted <> 'deleted' AND d.checked_at < at AND s.uninstalled_at IS NULL ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_due_hooks(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT c.shop_id FROM connections c JOIN shops s ON s.id = c.shop_id
        WHERE c.hooks_next_at <= at AND c.revoked_at IS NULL AND c.rest_keys IS NOT NULL AND s.uninstalled_at IS NULL ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_due_renewals(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT a.shop_id FROM shopify_access a WHERE NOT a.dead AND a.renew_at <= at ORDER BY a.renew_at LIMIT 1000 $function$
;
CREATE OR REPLACE FUNCTION door_due_rereads(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id FROM shops s
        WHERE EXISTS (SELECT 1 FROM connections c WHERE c.shop_id = s.id AND c.rest_keys IS NOT NULL AND c.revoked_at IS NULL)
          AND EXISTS (SELECT 1 FROM rereads r WHERE r.shop_id = s.id AND r.next_at <= at) ORDER BY s.id $function$
;
CREATE OR REPLACE FUNCTION door_due_shops(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM deliveries d WHERE d.shop_id = s.id AND d.state < 2 AND d.next_at <= at)
          OR EXISTS (SELECT 1 FROM orders_due o WHERE o.shop_id = s.id AND o.due_at <= at) ORDER BY s.id $function$
;
CREATE OR REPLACE FUNCTION door_due_sweeps(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id FROM shops s LEFT JOIN sweeps w ON w.shop_id = s.id
        WHERE s.uninstalled_at IS NULL AND (w.next_at IS NULL OR w.next_at <= at)
          AND (EXISTS (SELECT 1 FROM shopify_access a WHERE a.shop_id = s.id AND NOT a.dead)
            OR EXISTS (SELECT 1 FROM connections c WHERE c.shop_id = s.id AND c.rest_keys IS NOT NULL AND c.revoked_at IS NULL)) ORDER BY s.id $function$
;
CREATE OR REPLACE FUNCTION door_giveaway(g bigint)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT w.shop_id FROM giveaways w JOIN shops s ON s.id = w.shop_id AND s.uninstalled_at IS NULL WHERE w.id = g $function$
;
CREATE OR REPLACE FUNCTION door_holds_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id FROM shops s WHERE EXISTS (
          SELECT 1 FROM earnings e WHERE e.shop_id = s.id AND e.locked_at IS NULL AND e.release_at <= at AND e.state <> 'held'
            AND NOT EXISTS (SELECT FROM disputes d WHERE d.shop_id = e.shop_id AND d.earning_id = e.id AND d.state IN ('open', 'asked'))) ORDER BY s.id $function$
;
CREATE OR REPLACE FUNCTION door_host(h text)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT d.shop_id FROM domains d JOIN shops p ON p.id = d.shop_id
        WHERE d.host = h AND d.purpose = 'links' AND d.verified_at IS NOT NULL AND d.removed_at IS NULL AND p.uninstalled_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_install_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamp with time zone)
 RETURNS TABLE(id bigint, fresh boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ INSERT INTO shops AS s (platform, domain, name, currency, time_zone, hash_key, installed_at)
        VALUES (p, lower(d), n, c, z, k, at)
        ON CONFLICT (platform, domain) DO UPDATE
          SET installed_at = CASE WHEN s.uninstalled_at IS NULL THEN s.installed_at ELSE excluded.installed_at END, uninstalled_at = NULL,
            hash_key = CASE s.hash_key WHEN '' THEN excluded.hash_key ELSE s.hash_key END
        RETURNING s.id, s.xmax = 0 $function$
;
CREATE OR REPLACE FUNCTION door_lead_form(p text)
 RETURNS TABLE(shop_id bigint, id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT f.shop_id, f.id FROM lead_forms f JOIN shops s ON s.id = f.shop_id WHERE f.public_id = p AND s.uninstalled_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_lead_token(h bytea)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT t.shop_id FROM lead_tokens t JOIN shops s ON s.id = t.shop_id WHERE t.hash = h AND s.uninstalled_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_leads_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT l.shop_id FROM leads l WHERE l.next_at <= at ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_link(h text, s text)
 RETURNS TABLE(shop_id bigint, id bigint, slug text, agreement_id bigint, destination text, products text, disabled_at timestamp with time zone, handle text, campaign_id bigint, code text, valid_from timestamp with time zone, valid_to timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT l.shop_id, l.id, l.slug, l.agreement_id, l.destination, l.products, l.disabled_at, i.handle, a.campaign_id, coalesce(c.code, ''), c.valid_from, c.valid_to
        FROM links l JOIN shops p ON p.id = l.shop_id
        JOIN agreements a ON a.shop_id = l.shop_id AND a.id = l.agreement_id
        JOIN influencers i ON i.shop_id = l.shop_id AND i.id = a.influencer_id
        LEFT JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id
        WHERE h = '' AND l.public = s AND p.uninstalled_at IS NULL
        UNION ALL
        SELECT l.shop_id, l.id, l.slug, l.agreement_id, l.destination, l.products, l.disabled_at, i.handle, a.campaign_id, coalesce(c.code, ''), c.valid_from, c.valid_to
        FROM domains d JOIN links l ON l.shop_id = d.shop_id AND l.slug = s JOIN shops p ON p.id = l.shop_id
        JOIN agreements a ON a.shop_id = l.shop_id AND a.id = l.agreement_id
        JOIN influencers i ON i.shop_id = l.shop_id AND i.id = a.influencer_id
        LEFT JOIN codes c ON c.shop_id = l.shop_id AND c.id = l.code_id
        WHERE h <> '' AND d.host = h AND d.purpose = 'links' AND d.verified_at IS NOT NULL AND d.removed_at IS NULL AND p.uninstalled_at IS NULL $function$
;
CREATE OR REPLACE FUNCTION door_links_changed(since xid8)
 RETURNS TABLE(shop_id bigint, link_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT shop_id, link_id FROM (
          SELECT shop_id, id AS link_id, changed FROM links WHERE changed >= since
          UNION ALL SELECT l.shop_id, l.id, c.changed FROM codes c JOIN links l ON l.shop_id = c.shop_id AND l.code_id = c.id WHERE c.changed >= since
          UNION ALL SELECT shop_id, 0, changed FROM domains WHERE changed >= since
          UNION ALL SELECT id, 0, changed FROM shops WHERE changed >= since) c
        WHERE changed < pg_snapshot_xmax(pg_current_snapshot()) $function$
;
CREATE OR REPLACE FUNCTION door_memberships(address text)
 RETURNS TABLE(shop_id bigint, shop text, domain text, currency text, time_zone text, influencer_id bigint, name text, handle text, banned boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id, s.name, s.domain, s.currency, s.time_zone, i.id, i.name, i.handle, i.banned_at IS NOT NULL
        FROM influencers i JOIN shops s ON s.id = i.shop_id
        WHERE lower(btrim(i.email)) = address AND address <> '' ORDER BY s.id, i.id $function$
;
CREATE OR REPLACE FUNCTION door_notices_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT n.shop_id FROM notices n WHERE n.queued_at IS NULL AND n.due_at <= $1 ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_open_campaigns(public text)
 RETURNS TABLE(shop_id bigint, shop text, campaign_id bigint, name text, goal text, pitch text, questions text[], open_id text, ends_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id, s.name, c.id, c.name, c.goal, c.pitch, c.questions, c.open_id, c.ends_at FROM campaigns c JOIN shops s ON s.id = c.shop_id
        WHERE c.open_id IS NOT NULL AND (public = '' OR c.open_id = public) AND c.state = 'active' AND s.uninstalled_at IS NULL
        ORDER BY c.shop_id, c.id LIMIT 500 $function$
;
CREATE OR REPLACE FUNCTION door_outbox_due(at timestamp with time zone, kinds text[])
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT o.shop_id FROM outbox o WHERE o.state = 'ready' AND o.next_at <= at AND o.kind = ANY(kinds) ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_pages(since xid8)
 RETURNS TABLE(public_id text, shop_id bigint, id bigint, changed xid8)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT p.public_id, p.shop_id, p.id, p.changed FROM pages p WHERE p.changed >= since $function$
;
CREATE OR REPLACE FUNCTION door_pages_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT p.shop_id FROM pages p WHERE p.due_at <= at ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_posts_due(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT a.shop_id FROM social_accounts a JOIN shops s ON s.id = a.shop_id AND s.uninstalled_at IS NULL
        WHERE a.revoked_at IS NULL AND (
          EXISTS (SELECT FROM posts p WHERE p.shop_id = a.shop_id AND p.platform = a.platform AND p.next_at <= at) OR
          EXISTS (SELECT FROM hashtags h WHERE h.shop_id = a.shop_id AND h.platform = a.platform AND h.ended_at IS NULL AND h.next_at <= at))
        GROUP BY 1 ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_privacy_open(at timestamp with time zone)
 RETURNS TABLE(shop_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT DISTINCT p.shop_id FROM privacy_requests p WHERE p.done_at IS NULL AND coalesce(p.requested_at, '-infinity') <= at ORDER BY 1 $function$
;
CREATE OR REPLACE FUNCTION door_shop_by_domain(p smallint, d text)
 RETURNS TABLE(id bigint, uninstalled boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id, s.uninstalled_at IS NOT NULL FROM shops s WHERE s.platform = p AND s.domain = lower(d) $function$
;
CREATE OR REPLACE FUNCTION door_shops()
 RETURNS TABLE(id bigint, domain text, time_zone text, open_from timestamp with time zone, uninstalled boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT s.id, s.domain, s.time_zone, s.open_from, s.uninstalled_at IS NOT NULL FROM shops s ORDER BY s.id $function$
;
CREATE OR REPLACE FUNCTION door_woo_state(h bytea)
 RETURNS TABLE(shop_id bigint, id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT w.shop_id, w.id FROM woo_installs w WHERE w.state_hash = h $function$
;
CREATE OR REPLACE FUNCTION door_woo_ticket(h bytea)
 RETURNS TABLE(shop_id bigint, id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ SELECT w.shop_id, w.id FROM woo_installs w WHERE w.ticket_hash = h $function$
;
CREATE OR REPLACE FUNCTION drop_deliveries_before(keep_from date)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION expire_woo_installs(at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ UPDATE woo_installs SET step = 'expired', keys = NULL WHERE until < at AND step IN ('begun', 'opened', 'received', 'verified') $function$
;
CREATE OR REPLACE FUNCTION ledger_balanced()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE bad record;
BEGIN
  SELECT shop_id, journal_id, currency, sum(minor) AS off INTO bad
    FROM posted GROUP BY shop_id, journal_id, currency HAVING sum(minor) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % of shop % is off by % % (minor units): every journal must sum to zero per currency',
      bad.journal_id, bad.shop_id, bad.off, bad.currency USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION make_partitions(from_month date, to_month date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION note_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$BEGIN NEW.changed := pg_current_xact_id(); RETURN NEW; END$function$
;
CREATE OR REPLACE FUNCTION prune_feed(before timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$ DELETE FROM feed WHERE at < before $function$
;
CREATE OR REPLACE FUNCTION reseal_tax_form(influencer bigint, fresh bytea, old bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path FROM CURRENT
AS $function$
BEGIN
  UPDATE tax_forms SET data = fresh WHERE shop_id = current_shop() AND influencer_id = influencer AND data = old;
  RETURN FOUND;
END $function$
;

-- Triggers
CREATE TRIGGER note_change BEFORE UPDATE ON codes FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE ON domains FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER ledger_balanced AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_balanced();
CREATE TRIGGER note_change BEFORE UPDATE ON links FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE OF domain, time_zone, hash_key, uninstalled_at, consent_required ON shops FOR EACH ROW EXECUTE FUNCTION note_change();

-- Row-level security
ALTER TABLE activity_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreements ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE applications ENABLE ROW LEVEL SECURITY;
ALTER TABLE assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE attributions ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE awaited_clicks ENABLE ROW LEVEL SECURITY;
ALTER TABLE backfills ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE click_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE clicks ENABLE ROW LEVEL SECURITY;
ALTER TABLE codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm_hooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE discounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispute_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispute_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE disputes ENABLE ROW LEVEL SECURITY;
ALTER TABLE domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE earnings ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE giveaway_agreements ENABLE ROW LEVEL SECURITY;
ALTER TABLE giveaway_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE giveaway_forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE giveaway_purchases ENABLE ROW LEVEL SECURITY;
ALTER TABLE giveaways ENABLE ROW LEVEL SECURITY;
ALTER TABLE hashtags ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE influencer_spans ENABLE ROW LEVEL SECURITY;
ALTER TABLE influencers ENABLE ROW LEVEL SECURITY;
ALTER TABLE kpi_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE kpi_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE page_drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE page_releases ENABLE ROW LEVEL SECURITY;
ALTER TABLE page_variants ENABLE ROW LEVEL SECURITY;
ALTER TABLE page_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE privacy_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE rereads ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE shopify_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE shops ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE signatures ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_hooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE sweep_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE sweeps ENABLE ROW LEVEL SECURITY;
ALTER TABLE tax_forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE woo_installs ENABLE ROW LEVEL SECURITY;
ALTER TABLE write_offs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON activity_due FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON agreement_versions FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND ((state <> 'draft'::text) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop)))))));
CREATE POLICY tenant ON agreement_versions FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON agreements FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON agreements FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON api_keys FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON applications FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON assets FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND ((influencer_id = ( SELECT current_influencer() AS current_influencer)) OR ((influencer_id IS NULL) AND ((campaign_id IS NULL) OR (campaign_id IN ( SELECT c.id
   FROM campaigns c
  WHERE (c.shop_id = ( SELECT current_shop() AS current_shop)))))))));
CREATE POLICY tenant ON assets FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON attributions FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (EXISTS ( SELECT
   FROM earnings e
  WHERE ((e.shop_id = attributions.shop_id) AND (e.kind = 1) AND (e.source = attributions.order_id))))));
CREATE POLICY tenant ON attributions FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON audit_heads FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON audit_log FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON awaited_clicks FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON backfills FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON campaigns FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (id IN ( SELECT a.campaign_id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON campaigns FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON click_days FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON click_days FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY recorder ON clicks FOR INSERT TO tributary_app WITH CHECK (true);
CREATE POLICY tenant ON clicks FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON codes FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON codes FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON connections FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON crm_events FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON crm_hooks FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY inbox ON deliveries FOR INSERT TO tributary_app WITH CHECK (true);
CREATE POLICY tenant ON deliveries FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON discounts FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON dispute_messages FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (dispute_id IN ( SELECT d.id
   FROM disputes d
  WHERE (d.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON dispute_messages FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON dispute_settings FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON disputes FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON disputes FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON domains FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON earnings FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON earnings FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON evidence FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON feed FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON giveaway_agreements FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON giveaway_agreements FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON giveaway_entries FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON giveaway_forms FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON giveaway_purchases FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON giveaways FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (id IN ( SELECT g.giveaway_id
   FROM giveaway_agreements g
  WHERE (g.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON giveaways FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON hashtags FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON idempotency_keys FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON influencer_spans FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON influencer_spans FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON influencers FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON influencers FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON kpi_days FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND ((dim = 2) AND (id = ( SELECT current_influencer() AS current_influencer)))));
CREATE POLICY tenant ON kpi_days FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON kpi_hours FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON lead_decisions FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON lead_forms FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON lead_tokens FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON leads FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON leads FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON ledger_entries FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON ledger_entries FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON links FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON links FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON live_codes FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (session_id IN ( SELECT l.id
   FROM live_sessions l
  WHERE (l.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON live_codes FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON live_sessions FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON live_sessions FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON mail_settings FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON mail_settings FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON notices FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON orders FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (EXISTS ( SELECT
   FROM earnings e
  WHERE ((e.shop_id = orders.shop_id) AND (e.kind = 1) AND (e.source = orders.id))))));
CREATE POLICY tenant ON orders FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON orders_due FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON outbox FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON page_drafts FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON page_releases FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (page_id IN ( SELECT p.id
   FROM pages p
  WHERE (p.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON page_releases FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON page_variants FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (page_id IN ( SELECT p.id
   FROM pages p
  WHERE (p.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON page_variants FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON page_versions FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (page_id IN ( SELECT p.id
   FROM pages p
  WHERE (p.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON page_versions FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON pages FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON pages FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON payout_batches FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND true));
CREATE POLICY tenant ON payout_batches FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON payout_items FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (line_id IN ( SELECT l.id
   FROM payout_lines l
  WHERE (l.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON payout_items FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON payout_lines FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON payout_lines FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY nobodys ON people FOR ALL TO tributary_app USING ((( SELECT current_shop() AS current_shop) = 0)) WITH CHECK ((( SELECT current_shop() AS current_shop) = 0));
CREATE POLICY tenant ON plugin_links FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON post_snapshots FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (post_id IN ( SELECT p.id
   FROM posts p
  WHERE (p.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON post_snapshots FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON posts FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON posts FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON privacy_requests FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON proposals FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (agreement_id IN ( SELECT a.id
   FROM agreements a
  WHERE (a.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON proposals FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON rereads FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON saved_reports FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY nobodys ON sessions FOR ALL TO tributary_app USING ((( SELECT current_shop() AS current_shop) = 0)) WITH CHECK ((( SELECT current_shop() AS current_shop) = 0));
CREATE POLICY tenant ON shopify_access FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON shops FOR SELECT TO tributary_portal USING (((id = ( SELECT current_shop() AS current_shop)) AND true));
CREATE POLICY tenant ON shops FOR ALL TO tributary_app USING ((id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY nobodys ON sign_ins FOR ALL TO tributary_app USING ((( SELECT current_shop() AS current_shop) = 0)) WITH CHECK ((( SELECT current_shop() AS current_shop) = 0));
CREATE POLICY portal ON signatures FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (version_id IN ( SELECT v.id
   FROM agreement_versions v
  WHERE (v.shop_id = ( SELECT current_shop() AS current_shop))))));
CREATE POLICY tenant ON signatures FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON social_accounts FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON store_hooks FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON sweep_days FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON sweeps FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON tax_forms FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON tax_forms FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY tenant ON woo_installs FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));
CREATE POLICY portal ON write_offs FOR SELECT TO tributary_portal USING (((shop_id = ( SELECT current_shop() AS current_shop)) AND (influencer_id = ( SELECT current_influencer() AS current_influencer))));
CREATE POLICY tenant ON write_offs FOR ALL TO tributary_app USING ((shop_id = ( SELECT current_shop() AS current_shop))) WITH CHECK ((shop_id = ( SELECT current_shop() AS current_shop)));

-- Grants
GRANT DELETE, INSERT, SELECT, UPDATE ON activity_due TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON agreement_versions TO tributary_app;
GRANT SELECT ON agreement_versions TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON agreements TO tributary_app;
GRANT SELECT ON agreements TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON api_keys TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON applications TO tributary_app;
GRANT DELETE, INSERT, SELECT ON assets TO tributary_app;
GRANT SELECT ON assets TO tributary_portal;
GRANT INSERT, SELECT ON attributions TO tributary_app;
GRANT SELECT ON attributions TO tributary_portal;
GRANT SELECT ON audit_heads TO tributary_app;
GRANT SELECT ON audit_log TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON awaited_clicks TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON backfills TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON campaigns TO tributary_app;
GRANT SELECT ON campaigns TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON click_days TO tributary_app;
GRANT SELECT ON click_days TO tributary_portal;
GRANT INSERT, SELECT ON clicks TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON codes TO tributary_app;
GRANT SELECT ON codes TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON connections TO tributary_app;
GRANT INSERT, SELECT ON crm_events TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON crm_hooks TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON deliveries TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON discounts TO tributary_app;
GRANT INSERT, SELECT ON dispute_messages TO tributary_app;
GRANT SELECT ON dispute_messages TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON dispute_settings TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON disputes TO tributary_app;
GRANT SELECT ON disputes TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON domains TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON earnings TO tributary_app;
GRANT SELECT ON earnings TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON evidence TO tributary_app;
GRANT INSERT, SELECT ON feed TO tributary_app;
GRANT DELETE, INSERT, SELECT ON giveaway_agreements TO tributary_app;
GRANT SELECT ON giveaway_agreements TO tributary_portal;
GRANT INSERT, SELECT ON giveaway_entries TO tributary_app;
GRANT INSERT, SELECT ON giveaway_forms TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON giveaway_purchases TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON giveaways TO tributary_app;
GRANT SELECT ON giveaways TO tributary_portal;
GRANT SELECT ON goose_db_version TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON hashtags TO tributary_app;
GRANT USAGE ON id_block TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_keys TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON influencer_spans TO tributary_app;
GRANT SELECT ON influencer_spans TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON influencers TO tributary_app;
GRANT SELECT ON influencers TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON kpi_days TO tributary_app;
GRANT SELECT ON kpi_days TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON kpi_hours TO tributary_app;
GRANT INSERT, SELECT ON lead_decisions TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON lead_forms TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON lead_tokens TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON leads TO tributary_app;
GRANT SELECT ON leads TO tributary_portal;
GRANT INSERT, SELECT ON ledger_entries TO tributary_app;
GRANT SELECT ON ledger_entries TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON links TO tributary_app;
GRANT SELECT ON links TO tributary_portal;
GRANT INSERT, SELECT ON live_codes TO tributary_app;
GRANT SELECT ON live_codes TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON live_sessions TO tributary_app;
GRANT SELECT ON live_sessions TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON mail_settings TO tributary_app;
GRANT SELECT ON mail_settings TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON notices TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON orders TO tributary_app;
GRANT SELECT ON orders TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON orders_due TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON outbox TO tributary_app;
GRANT DELETE, INSERT, SELECT ON page_drafts TO tributary_app;
GRANT INSERT, SELECT ON page_releases TO tributary_app;
GRANT SELECT ON page_releases TO tributary_portal;
GRANT INSERT, SELECT ON page_variants TO tributary_app;
GRANT SELECT ON page_variants TO tributary_portal;
GRANT INSERT, SELECT ON page_versions TO tributary_app;
GRANT SELECT ON page_versions TO tributary_portal;
GRANT INSERT, SELECT ON pages TO tributary_app;
GRANT SELECT ON pages TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON payout_batches TO tributary_app;
GRANT SELECT ON payout_batches TO tributary_portal;
GRANT INSERT, SELECT ON payout_items TO tributary_app;
GRANT SELECT ON payout_items TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON payout_lines TO tributary_app;
GRANT SELECT ON payout_lines TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON people TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON plugin_links TO tributary_app;
GRANT INSERT, SELECT ON post_snapshots TO tributary_app;
GRANT SELECT ON post_snapshots TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON posts TO tributary_app;
GRANT SELECT ON posts TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON privacy_requests TO tributary_app;
GRANT INSERT, SELECT ON proposals TO tributary_app;
GRANT SELECT ON proposals TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON rereads TO tributary_app;
GRANT DELETE, INSERT, SELECT ON saved_reports TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sessions TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON shopify_access TO tributary_app;
GRANT INSERT, SELECT, UPDATE ON shops TO tributary_app;
GRANT SELECT ON shops TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_ins TO tributary_app;
GRANT INSERT, SELECT ON signatures TO tributary_app;
GRANT SELECT ON signatures TO tributary_portal;
GRANT INSERT, SELECT, UPDATE ON social_accounts TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON store_hooks TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sweep_days TO tributary_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sweeps TO tributary_app;
GRANT DELETE, INSERT, SELECT ON tax_forms TO tributary_app;
GRANT SELECT ON tax_forms TO tributary_portal;
GRANT DELETE, INSERT, SELECT, UPDATE ON woo_installs TO tributary_app;
GRANT INSERT, SELECT ON write_offs TO tributary_app;
GRANT SELECT ON write_offs TO tributary_portal;
GRANT EXECUTE ON FUNCTION audit_append(at timestamp with time zone, actor text, action text, target text, detail text) TO tributary_app;
GRANT EXECUTE ON FUNCTION current_influencer() TO PUBLIC;
GRANT EXECUTE ON FUNCTION current_shop() TO PUBLIC;
GRANT EXECUTE ON FUNCTION door_activity_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_add_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_api_key(h bytea) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_backlog(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_clicks_due() TO tributary_app;
GRANT EXECUTE ON FUNCTION door_connection(h bytea) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_crm_hook(p text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_disputes_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_domain_token(h text, t text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_backfills(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_code_checks(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_hooks(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_renewals(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_rereads(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_shops(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_due_sweeps(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_giveaway(g bigint) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_holds_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_host(h text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_install_shop(p smallint, d text, n text, c text, z text, k bytea, at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_lead_form(p text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_lead_token(h bytea) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_leads_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_link(h text, s text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_links_changed(since xid8) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_memberships(address text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_notices_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_open_campaigns(public text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_outbox_due(at timestamp with time zone, kinds text[]) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_pages(since xid8) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_pages_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_posts_due(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_privacy_open(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_shop_by_domain(p smallint, d text) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_shops() TO tributary_app;
GRANT EXECUTE ON FUNCTION door_woo_state(h bytea) TO tributary_app;
GRANT EXECUTE ON FUNCTION door_woo_ticket(h bytea) TO tributary_app;
GRANT EXECUTE ON FUNCTION drop_deliveries_before(keep_from date) TO tributary_app;
GRANT EXECUTE ON FUNCTION expire_woo_installs(at timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION ledger_balanced() TO PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions(from_month date, to_month date) TO tributary_app;
GRANT EXECUTE ON FUNCTION note_change() TO PUBLIC;
GRANT EXECUTE ON FUNCTION prune_feed(before timestamp with time zone) TO tributary_app;
GRANT EXECUTE ON FUNCTION reseal_tax_form(influencer bigint, fresh bytea, old bytea) TO tributary_app;
