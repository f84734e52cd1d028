-- +goose Up

-- Forms that take leads in for an agreement, or for a campaign whose agreement
-- is found by code, click or link (R-51). public_id is in the form's address.
CREATE TABLE lead_forms (
  shop_id       bigint NOT NULL REFERENCES shops,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  public_id     text NOT NULL UNIQUE,
  agreement_id  bigint,
  campaign_id   bigint,
  title         text NOT NULL,
  intro         text NOT NULL DEFAULT '',
  button        text NOT NULL DEFAULT '',
  fields        jsonb NOT NULL,                 -- [{name, label, type, required, options}] beside the e-mail address
  consent       text NOT NULL,                  -- what the person agrees to; '' asks nothing
  double_opt_in boolean NOT NULL,
  redirect_url  text NOT NULL DEFAULT '',
  active        boolean NOT NULL,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements,
  FOREIGN KEY (shop_id, campaign_id) REFERENCES campaigns,
  CHECK ((agreement_id IS NULL) <> (campaign_id IS NULL))
);

-- Leads as they came, and the verdict on each. What came never changes but for
-- confirmed_at and redaction; state … next_at are the verdict, a function of all
-- leads of one mailbox and the decisions about them.
CREATE TABLE leads (
  shop_id      bigint NOT NULL REFERENCES shops,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  form_id      bigint,
  agreement_id bigint,                          -- null: nobody brought it
  version_id   bigint,                          -- in force when it was submitted
  via          text NOT NULL,                   -- how the agreement was found: form, code, click, link, import
  email_hash   text NOT NULL,                   -- keyed, of the normalised address
  email        bytea,                           -- sealed; null once redacted
  answers      bytea,                           -- sealed JSON of the other fields
  consent      text NOT NULL DEFAULT '',        -- the words that were agreed to
  click_id     text NOT NULL DEFAULT '',
  ref          text NOT NULL DEFAULT '',
  code         text NOT NULL DEFAULT '',        -- folded
  ip_hash      text NOT NULL DEFAULT '',
  import_key   text,                            -- names the row of a file that it came from
  invalid      text NOT NULL DEFAULT '',        -- why it cannot count, known when it came
  submitted_at timestamptz NOT NULL,
  received_at  timestamptz NOT NULL,
  confirm_by   timestamptz,                     -- double opt-in: null asks for none
  confirmed_at timestamptz,
  state        text NOT NULL DEFAULT 'submitted'
    CHECK (state IN ('submitted', 'duplicate', 'invalid', 'pending_confirmation', 'pending_vetting', 'qualified', 'rejected', 'expired')),
  reason       text NOT NULL DEFAULT '',
  duplicate_of bigint,
  vet_from     timestamptz,                     -- when vetting began
  vet_by       timestamptz,                     -- when the agreed default happens (R-34)
  qualified_at timestamptz,
  next_at      timestamptz,                     -- when time alone may change the verdict; null: never
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, form_id) REFERENCES lead_forms,
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements,
  FOREIGN KEY (shop_id, version_id) REFERENCES agreement_versions
);
CREATE INDEX leads_mailbox ON leads (shop_id, email_hash);
CREATE INDEX leads_version ON leads (shop_id, agreement_id, version_id);
CREATE INDEX leads_queue ON leads (shop_id, state, submitted_at, id);
CREATE INDEX leads_click ON leads (shop_id, click_id) WHERE click_id <> '';
CREATE INDEX leads_due ON leads (next_at) WHERE next_at IS NOT NULL;
CREATE UNIQUE INDEX leads_import ON leads (shop_id, import_key) WHERE import_key IS NOT NULL;

-- What people, files and the CRM have said about leads; never changed.
CREATE TABLE lead_decisions (
  shop_id bigint NOT NULL,
  id      bigint GENERATED ALWAYS AS IDENTITY,
  lead_id bigint NOT NULL,
  at      timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('qualified', 'rejected')),
  reason  text NOT NULL,
  source  text NOT NULL,                        -- api, import, crm
  key     text NOT NULL,                        -- names it in its source, so that it is taken once
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, lead_id, source, key),
  FOREIGN KEY (shop_id, lead_id) REFERENCES leads
);

-- Single-use tokens of confirmation mails, hashed.
CREATE TABLE lead_tokens (
  shop_id    bigint NOT NULL,
  hash       bytea NOT NULL UNIQUE,
  lead_id    bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  used_at    timestamptz,
  PRIMARY KEY (shop_id, hash),
  FOREIGN KEY (shop_id, lead_id) REFERENCES leads
);
CREATE INDEX lead_tokens_lead ON lead_tokens (shop_id, lead_id, created_at);

-- Where a shop's CRM may send stage changes.
CREATE TABLE crm_hooks (
  shop_id    bigint NOT NULL REFERENCES shops,
  public_id  text NOT NULL UNIQUE,
  secret     bytea NOT NULL,                    -- sealed
  mapping    jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id)
);

-- What the CRM has told, without the e-mail addresses: which contact is which
-- mailbox or click, and which stages it reached. Stages are kept for leads that
-- become known later.
CREATE TABLE crm_events (
  shop_id     bigint NOT NULL REFERENCES shops,
  key         text NOT NULL,                    -- hash of what makes the event itself
  object_id   text NOT NULL,
  email_hash  text NOT NULL DEFAULT '',
  click_id    text NOT NULL DEFAULT '',
  property    text NOT NULL DEFAULT '',
  value       text NOT NULL DEFAULT '',
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, key)
);
CREATE INDEX crm_events_object ON crm_events (shop_id, object_id);
CREATE INDEX crm_events_mailbox ON crm_events (shop_id, email_hash) WHERE email_hash <> '';
CREATE INDEX crm_events_click ON crm_events (shop_id, click_id) WHERE click_id <> '';

-- Live selling (R-52). settle_from … settle_to holds every order that the
-- session, as it is or as it once was, can have a say in.
CREATE TABLE live_sessions (
  shop_id       bigint NOT NULL REFERENCES shops,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  agreement_id  bigint NOT NULL,
  title         text NOT NULL,
  platform      text NOT NULL,
  starts_at     timestamptz NOT NULL,
  ends_at       timestamptz NOT NULL,
  grace_minutes integer NOT NULL CHECK (grace_minutes BETWEEN 0 AND 1440),
  link_id       bigint,
  cancelled_at  timestamptz,
  settle_from   timestamptz NOT NULL,
  settle_to     timestamptz NOT NULL,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements,
  FOREIGN KEY (shop_id, link_id) REFERENCES links,
  CHECK (ends_at > starts_at)
);
CREATE INDEX live_sessions_agreement ON live_sessions (shop_id, agreement_id, starts_at);

-- The codes of a session. One that follows is valid from the session's start
-- until the end of its grace, wherever they move.
CREATE TABLE live_codes (
  shop_id    bigint NOT NULL,
  session_id bigint NOT NULL,
  code_id    bigint NOT NULL,
  follows    boolean NOT NULL,
  PRIMARY KEY (shop_id, session_id, code_id),
  UNIQUE (shop_id, code_id),
  FOREIGN KEY (shop_id, session_id) REFERENCES live_sessions,
  FOREIGN KEY (shop_id, code_id) REFERENCES codes
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['lead_forms', 'leads', 'lead_decisions', 'lead_tokens', 'crm_hooks', 'crm_events', 'live_sessions', 'live_codes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
    IF t IN ('lead_forms', 'leads', 'lead_tokens', 'crm_hooks', 'live_sessions') THEN
      EXECUTE format('GRANT UPDATE ON %I TO tributary_app', t);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

-- Doors: whose form, token or CRM it is, and where leads wait for a verdict.
CREATE FUNCTION door_lead_form(p text) RETURNS TABLE (shop_id bigint, id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT f.shop_id, f.id FROM lead_forms f JOIN shops s ON s.id = f.shop_id WHERE f.public_id = p AND s.uninstalled_at IS NULL $$;
CREATE FUNCTION door_lead_token(h bytea) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.shop_id FROM lead_tokens t JOIN shops s ON s.id = t.shop_id WHERE t.hash = h AND s.uninstalled_at IS NULL $$;
CREATE FUNCTION door_crm_hook(p text) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT h.shop_id FROM crm_hooks h JOIN shops s ON s.id = h.shop_id WHERE h.public_id = p AND s.uninstalled_at IS NULL $$;
CREATE FUNCTION door_leads_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT l.shop_id FROM leads l WHERE l.next_at <= at ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_lead_form, door_lead_token, door_crm_hook, door_leads_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_lead_form, door_lead_token, door_crm_hook, door_leads_due TO tributary_app;

-- +goose Down
DROP FUNCTION door_leads_due, door_crm_hook, door_lead_token, door_lead_form;
DROP TABLE live_codes, live_sessions, crm_events, crm_hooks, lead_tokens, lead_decisions, leads, lead_forms;
