-- +goose Up

-- What somebody is writing on a page: not a version yet, and it may have mistakes.
CREATE TABLE page_drafts (
  shop_id  bigint NOT NULL,
  page_id  bigint NOT NULL,
  document text NOT NULL,                    -- JSON as it was typed
  author   text NOT NULL,
  saved_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, page_id),
  FOREIGN KEY (shop_id, page_id) REFERENCES pages
);

-- What a report asks for, under a name.
CREATE TABLE saved_reports (
  shop_id    bigint NOT NULL REFERENCES shops,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  query      text NOT NULL,                  -- of the report's address
  author     text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (shop_id, id),
  UNIQUE (shop_id, name)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['page_drafts', 'saved_reports'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tributary_app USING (shop_id = (SELECT current_shop())) WITH CHECK (shop_id = (SELECT current_shop()))', t);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO tributary_app', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT UPDATE (document, author, saved_at) ON page_drafts TO tributary_app;

-- +goose Down
DROP TABLE saved_reports, page_drafts;
