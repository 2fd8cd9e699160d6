#!/bin/bash
# sqlite3: tables, indices, joins, transactions, triggers, full-text and JSON
# functions in a file and in memory, a dump, and a restore from the dump.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    cat >fill.sql <<'SQL'
PRAGMA cache_size = 200;
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born INTEGER);
CREATE TABLE visit (person INTEGER, place TEXT, length REAL);
CREATE TABLE seen (n INTEGER);
CREATE TRIGGER note AFTER INSERT ON visit BEGIN
  INSERT INTO seen VALUES (new.person); END;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
  INSERT INTO person SELECT i, 'name ' || (i * 7919 % 20011), 1900 + i % 120
  FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000)
  INSERT INTO visit SELECT 1 + i * 31 % 8000, 'place ' || (i % 211),
  i * 0.25 FROM n;
COMMIT;
CREATE INDEX by_person ON visit (person);
CREATE INDEX by_name ON person (name, born);
ANALYZE;
SELECT count(*), sum(length), max(place) FROM visit;
SELECT p.born, count(*), round(avg(v.length), 3) FROM person p
  JOIN visit v ON v.person = p.id GROUP BY p.born ORDER BY 2 DESC, 1 LIMIT 20;
SELECT place, group_concat(person, '-') FROM
  (SELECT * FROM visit ORDER BY place, person, length LIMIT 500)
  GROUP BY place ORDER BY place;
SELECT name, row_number() OVER (PARTITION BY born ORDER BY name)
  FROM person ORDER BY name, born LIMIT 50;
DELETE FROM person WHERE id % 3 = 0;
UPDATE person SET name = upper(name) || hex(name) WHERE id % 5 = 0;
SELECT json_group_array(json_object('id', id, 'name', name))
  FROM (SELECT id, name FROM person ORDER BY id LIMIT 100);
VACUUM;
PRAGMA integrity_check;
SELECT no_such_function(1);
SQL
    under sqlite3 -batch file.db <fill.sql
    echo "status $?"
    under sqlite3 -batch :memory: <fill.sql | cksum
    under sqlite3 file.db .dump >dump.sql || return 1
    cksum <dump.sql
    under sqlite3 again.db <dump.sql || return 1
    under sqlite3 again.db 'SELECT count(*), sum(born) FROM person' || return 1
    echo "work done"
}

# shellcheck disable=SC2034 # For real_test.
real_modes="bare default medium high"
real_test sqlite3 sqlite3
