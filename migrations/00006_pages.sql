-- +goose Up

-- Landing pages. public_id is in a page's address, /p/{public_id}/{slug}, and
-- unique everywhere; the slug is for people. A page's buttons count as clicks on
-- its link.
CREATE TABLE pages (
  shop_id      bigint NOT NULL REFERENCES shops,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  public_id    text NOT NULL UNIQUE CHECK (public_id ~ '^[a-z2-7]{10}$'),
  agreement_id bigint NOT NULL,
  link_id      bigint NOT NULL,
  slug         text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  -- Of the releases at the time it was written; the clock moves on without it.
  state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'scheduled', 'published', 'unpublished')),
  due_at       timestamptz,                  -- when state changes by itself
  created_at   timestamptz NOT NULL,
  changed      xid8 NOT NULL DEFAULT pg_current_xact_id(), -- the last transaction that did; servers ask for it
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, slug),
  FOREIGN KEY (shop_id, agreement_id) REFERENCES agreements,
  FOREIGN KEY (shop_id, link_id) REFERENCES links
);
CREATE INDEX pages_agreement ON pages (shop_id, agreement_id);
CREATE INDEX pages_changed ON pages (changed);
CREATE INDEX pages_due ON pages (due_at) WHERE due_at IS NOT NULL;

-- What was on a page, never changed.
CREATE TABLE page_versions (
  shop_id    bigint NOT NULL,
  page_id    bigint NOT NULL,
  number     integer NOT NULL,
  document   text NOT NULL,                  -- RFC 8785 canonical JSON
  hash       text NOT NULL,                  -- hex sha256 of document
  author     text NOT NULL,
  note       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, page_id, number),
  FOREIGN KEY (shop_id, page_id) REFERENCES pages
);

-- What was to be shown, and when. Of those that have begun, the last one by
-- (starts_at, id) counts; when it has ended the page is down.
CREATE TABLE page_releases (
  shop_id      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  page_id      bigint NOT NULL,
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz,
  withdrawn_at timestamptz,                  -- taken back before it began
  author       text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  FOREIGN KEY (shop_id, page_id) REFERENCES pages,
  CHECK (ends_at IS NULL OR ends_at >= starts_at)
);
CREATE INDEX page_releases_page ON page_releases (shop_id, page_id, starts_at);

CREATE TABLE page_variants (
  shop_id    bigint NOT NULL,
  release_id bigint NOT NULL,
  name       text NOT NULL CHECK (name IN ('a', 'b', 'c', 'd')),
  page_id    bigint NOT NULL,
  number     integer NOT NULL,               -- the version it shows
  weight     integer NOT NULL CHECK (weight BETWEEN 1 AND 100),
  PRIMARY KEY (shop_id, release_id, name),
  FOREIGN KEY (shop_id, release_id) REFERENCES page_releases,
  FOREIGN KEY (shop_id, page_id, number) REFERENCES page_versions
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['pages', 'page_versions', 'page_releases', 'page_variants'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd
-- Its views and clicks, for counting.
CREATE INDEX clicks_page ON clicks (shop_id, page_id, at) WHERE page_id <> 0;

GRANT UPDATE (slug, state, due_at, changed) ON pages TO tributary_app;
GRANT UPDATE (ends_at, withdrawn_at) ON page_releases TO tributary_app;

-- Doors: which pages there are, and have changed; in which shops a page's state
-- is due to change.
CREATE FUNCTION door_pages(since xid8) RETURNS TABLE (public_id text, shop_id bigint, id bigint, changed xid8)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT p.public_id, p.shop_id, p.id, p.changed FROM pages p WHERE p.changed >= since $$;
CREATE FUNCTION door_pages_due(at timestamptz) RETURNS TABLE (shop_id bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT p.shop_id FROM pages p WHERE p.due_at <= at ORDER BY 1 $$;
REVOKE ALL ON FUNCTION door_pages, door_pages_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door_pages, door_pages_due TO tributary_app;

-- +goose Down
DROP FUNCTION door_pages_due, door_pages;
DROP INDEX clicks_page;
DROP TABLE page_variants, page_releases, page_versions, pages;
