-- What PostGraphile serves in the differential tests: tables that refer to each other, an enum, arrays, ranges, JSON,
-- computed columns, functions that are queries, and one that is a mutation and changes nothing.
CREATE SCHEMA app;
CREATE TYPE app.kind AS ENUM ('small', 'large');
CREATE TABLE app.makers (id int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE app.items (
  id int PRIMARY KEY,
  maker_id int NOT NULL REFERENCES app.makers,
  parent_id int REFERENCES app.items,
  name text NOT NULL,
  kind app.kind,
  price numeric,
  weight double precision,
  made_at timestamptz NOT NULL DEFAULT '2026-01-01T00:00:00Z',
  tags text[] NOT NULL DEFAULT '{}',
  sizes int4range,
  about jsonb
);
CREATE INDEX ON app.items (maker_id);
CREATE INDEX ON app.items (parent_id);
CREATE INDEX ON app.items (name);
CREATE INDEX ON app.items (kind);
CREATE VIEW app.names AS SELECT name FROM app.items;
CREATE FUNCTION app.items_label(item app.items, upper boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT CASE WHEN upper THEN upper(item.name) ELSE item.name END $$;
CREATE FUNCTION app.search(text text) RETURNS SETOF app.items LANGUAGE sql STABLE
  AS $$ SELECT * FROM app.items WHERE position(text IN name) > 0 ORDER BY id $$;
CREATE FUNCTION app.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql STABLE AS $$ SELECT a + b $$;
CREATE FUNCTION app.failing() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'failed, as it always does'; END $$;
CREATE FUNCTION app.touch(a int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT a * 2 $$;
INSERT INTO app.makers SELECT n, 'Maker ' || n FROM generate_series(1, 3) AS n;
INSERT INTO app.items SELECT n, 1 + n % 3, nullif(n / 2, 0), 'Item ' || n || ' ü 🏊', CASE n % 3 WHEN 0 THEN 'small'::app.kind WHEN 1 THEN 'large' END,
  n / 3.0, n / 7.0, '2026-01-01T00:00:00Z', ARRAY['a', 't' || n], int4range(n, n + 5), jsonb_build_object('n', n)
  FROM generate_series(1, 9) AS n;
