-- +goose Up

-- Clicks and visits of landing pages, as they came: the raw record that money is
-- counted from. What stands after "verdict" is settling's and can be computed
-- again from the rest.
ALTER TABLE clicks
  ADD COLUMN kind         smallint NOT NULL DEFAULT 1,  -- 1 a link was clicked, 2 a landing page was visited
  ADD COLUMN agreement_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN page_id      bigint NOT NULL DEFAULT 0,
  ADD COLUMN variant      text NOT NULL DEFAULT '',     -- of the landing page
  ADD COLUMN visitor      text NOT NULL DEFAULT '',     -- keyed hash; '' without consent
  ADD COLUMN agent        text NOT NULL DEFAULT '',     -- what kind of program came: mobile, desktop, bot, …
  ADD COLUMN referrer     text NOT NULL DEFAULT '',     -- host that led here
  ADD COLUMN refused      text NOT NULL DEFAULT '',     -- why it can never be paid for, known when it came
  ADD COLUMN withdrawn    text NOT NULL DEFAULT '',     -- why a person took it out later (R-45)
  ADD COLUMN state        smallint NOT NULL DEFAULT 0,  -- 0 to be judged, 1 judged
  -- verdict; invalid is one of its columns
  ADD COLUMN version_id   bigint NOT NULL DEFAULT 0,    -- the agreement version it falls under; 0 none
  ADD COLUMN day          timestamptz;                  -- start of its day in the shop; null: not counted yet
UPDATE clicks c SET agreement_id = l.agreement_id FROM links l WHERE l.shop_id = c.shop_id AND l.id = c.link_id;
CREATE INDEX clicks_new ON clicks (shop_id, at) WHERE state = 0;
CREATE INDEX clicks_visitor ON clicks (shop_id, visitor, at) WHERE visitor <> '';
GRANT UPDATE (state, invalid, withdrawn, version_id, day) ON clicks TO tributary_app;
-- One insert takes the clicks of many shops; each row's shop was found by its
-- link or page. Reading stays with the tenant.
CREATE POLICY recorder ON clicks FOR INSERT TO tributary_app WITH CHECK (true);

-- How many there were, per version, link or page, and day of the shop.
CREATE TABLE click_days (
  shop_id      bigint NOT NULL REFERENCES shops,
  agreement_id bigint NOT NULL,
  version_id   bigint NOT NULL,              -- 0: under no signed version
  link_id      bigint NOT NULL,              -- 0: a visit
  page_id      bigint NOT NULL,              -- 0: a click
  day          timestamptz NOT NULL,         -- its start in the shop's zone
  raw          bigint NOT NULL,
  valid        bigint NOT NULL CHECK (valid BETWEEN 0 AND raw),
  PRIMARY KEY (shop_id, agreement_id, version_id, link_id, page_id, day)
);
CREATE INDEX click_days_day ON click_days (shop_id, day);

-- Hosts that the shop has shown to be its own. 'links': it points here and
-- serves the shop's links and pages. 'store': links may lead to it.
CREATE TABLE domains (
  shop_id     bigint NOT NULL REFERENCES shops,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  host        text NOT NULL CHECK (host = lower(host) AND host <> ''),
  purpose     text NOT NULL CHECK (purpose IN ('links', 'store')),
  token       text NOT NULL,                 -- what a check must find there
  verified_at timestamptz,
  checked_at  timestamptz,
  problem     text NOT NULL DEFAULT '',      -- what the last check said
  removed_at  timestamptz,
  created_at  timestamptz NOT NULL,
  changed     xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX domains_host ON domains (shop_id, host, purpose) WHERE removed_at IS NULL;
-- Of those who claim a host, one can prove it.
CREATE UNIQUE INDEX domains_verified ON domains (host) WHERE purpose = 'links' AND verified_at IS NOT NULL AND removed_at IS NULL;

-- Slugs are unique in a shop; public is unique everywhere: /r/{public} needs no
-- host to find the shop.
ALTER TABLE links
  ADD COLUMN public   text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
  ADD COLUMN code_id  bigint NOT NULL DEFAULT 0,     -- discount applied on the way; 0 none
  ADD COLUMN products text NOT NULL DEFAULT '',      -- "10:2,11:1": put into the cart on the way
  ADD COLUMN changed  xid8 NOT NULL DEFAULT pg_current_xact_id();
UPDATE links l SET public = CASE WHEN EXISTS (SELECT FROM links o WHERE o.slug = l.slug AND o.shop_id < l.shop_id) THEN slug || '-' || id ELSE slug END;
ALTER TABLE links ADD CHECK (public ~ '^[A-Za-z0-9_-]{1,80}$');
CREATE UNIQUE INDEX links_public ON links (public);
CREATE INDEX links_changed ON links (changed);
CREATE INDEX domains_changed ON domains (changed);

-- Servers keep links in memory and ask what has changed since they last asked.
ALTER TABLE shops
  ADD COLUMN consent_required boolean NOT NULL DEFAULT false, -- no visitor key unless the visitor agreed (R-62)
  ADD COLUMN changed xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE codes ADD COLUMN changed xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX codes_changed ON codes (changed);
CREATE INDEX shops_changed ON shops (changed);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN NEW.changed := pg_current_xact_id(); RETURN NEW; END';
CREATE TRIGGER note_change BEFORE UPDATE ON links FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE ON codes FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE ON domains FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE OF domain, time_zone, hash_key, uninstalled_at, consent_required ON shops FOR EACH ROW EXECUTE FUNCTION note_change();

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['click_days', 'domains'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- Doors: a link by its public slug, or by the host it was asked of; the shop of
-- a host; which shops have changed; which have clicks to be judged.
CREATE FUNCTION door_link(h text, s text) RETURNS TABLE (shop_id bigint, id bigint, slug text, agreement_id bigint, destination text, products text,
    disabled_at timestamptz, handle text, campaign_id bigint, code text, valid_from timestamptz, valid_to timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT l.shop_id, l.id, l.slug, l.agreement_id, l.destination, l.products, l.disabled_at, i.handle, a.campaign_id, coalesce(c.code, ''), c.valid_from, c.valid_to
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
        WHERE h <> '' AND d.host = h AND d.purpose = 'links' AND d.verified_at IS NOT NULL AND d.removed_at IS NULL AND p.uninstalled_at IS NULL $$;
CREATE FUNCTION door_host(h text) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT d.shop_id FROM domains d JOIN shops p ON p.id = d.shop_id
        WHERE d.host = h AND d.purpose = 'links' AND d.verified_at IS NOT NULL AND d.removed_at IS NULL AND p.uninstalled_at IS NULL $$;
CREATE FUNCTION door_domain_token(h text, t text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT EXISTS (SELECT FROM domains d WHERE d.host = h AND d.token = t AND d.removed_at IS NULL) $$;
CREATE FUNCTION door_links_changed(since xid8) RETURNS TABLE (shop_id bigint, link_id bigint) -- link 0: all of the shop's
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT shop_id, link_id FROM (
          SELECT shop_id, id AS link_id, changed FROM links WHERE changed >= since
          UNION ALL SELECT l.shop_id, l.id, c.changed FROM codes c JOIN links l ON l.shop_id = c.shop_id AND l.code_id = c.id WHERE c.changed >= since
          UNION ALL SELECT shop_id, 0, changed FROM domains WHERE changed >= since
          UNION ALL SELECT id, 0, changed FROM shops WHERE changed >= since) c
        WHERE changed < pg_snapshot_xmax(pg_current_snapshot()) $$; -- a restored dump may hold marks of a cluster that was further
CREATE FUNCTION door_clicks_due() RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.id FROM shops s WHERE EXISTS (SELECT FROM clicks c WHERE c.shop_id = s.id AND c.state = 0) ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_link, door_host, door_domain_token, door_links_changed, door_clicks_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_link, door_host, door_domain_token, door_links_changed, door_clicks_due TO tributary_app;

-- +goose Down
DROP FUNCTION door_clicks_due, door_links_changed, door_domain_token, door_host, door_link;
DROP TRIGGER note_change ON shops;
DROP TRIGGER note_change ON codes;
DROP TRIGGER note_change ON links;
ALTER TABLE codes DROP COLUMN changed;
ALTER TABLE shops DROP COLUMN consent_required, DROP COLUMN changed;
ALTER TABLE links DROP COLUMN public, DROP COLUMN code_id, DROP COLUMN products, DROP COLUMN changed;
DROP TABLE domains, click_days;
DROP FUNCTION note_change;
DROP POLICY recorder ON clicks;
DROP INDEX clicks_visitor, clicks_new;
REVOKE UPDATE ON clicks FROM tributary_app;
ALTER TABLE clicks DROP COLUMN kind, DROP COLUMN agreement_id, DROP COLUMN page_id, DROP COLUMN variant, DROP COLUMN visitor, DROP COLUMN agent,
  DROP COLUMN referrer, DROP COLUMN refused, DROP COLUMN withdrawn, DROP COLUMN state, DROP COLUMN version_id, DROP COLUMN day;
