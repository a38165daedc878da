-- Semblance in the sqlite3 shell:
--   sqlite3 -cmd '.load /path/to/semblance' notes.db < notes.sql
-- or, where the command line is installed:  semblance shell notes.db < notes.sql
.bail on

-- Text in: the column marked EMBED gets its vector when the row is written. One transaction, so that all
-- are embedded together.
CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, year INTEGER);
BEGIN;
INSERT INTO notes(body, year) VALUES
  ('A man is playing the guitar on the street.', 2019),
  ('The central bank raised its interest rates.', 2021),
  ('Two dogs run across the snowy field.', 2021),
  ('How to bake rye bread at home.', 2023),
  ('The orchestra rehearses a symphony.', 2024);
COMMIT;

-- The nearest, and the nearest among those that meet a condition.
SELECT body FROM notes WHERE body MATCH 'people making music' AND k = 2;
SELECT body FROM notes WHERE body MATCH 'people making music' AND year > 2020 AND k = 1;

-- Vectors in and out: JSON or BLOBs of 32-bit floats.
CREATE VIRTUAL TABLE points USING semblance(v FLOAT[3] distance_metric=l2, name TEXT);
INSERT INTO points(v, name) VALUES ('[1, 0, 0]', 'east'), ('[0, 1, 0]', 'north'), ('[0, 0, 1]', 'up');
SELECT name, vec_to_json(v), distance FROM points WHERE v MATCH '[0, 0.5, 0]' AND k = 1;

-- What is rolled back is out of searches too.
BEGIN;
DELETE FROM points WHERE name = 'north';
SELECT group_concat(name, ' ') FROM points WHERE v MATCH '[0, 0.5, 0]' AND k = 2;
ROLLBACK;
SELECT count(*) FROM points WHERE v MATCH '[0, 0.5, 0]' AND k = 3;
