-- Work for sqlite3 in memory: fills, joins, groups, sorts, deletes.
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born INTEGER);
CREATE TABLE visit (person INTEGER, place TEXT, length REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO person SELECT i, 'name ' || (i * 7919 % 60011), 1900 + i % 120
  FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
  INSERT INTO visit SELECT 1 + i * 31 % 60000, 'place ' || (i % 211), i * 0.25
  FROM n;
COMMIT;
CREATE INDEX by_person ON visit (person);
CREATE INDEX by_name ON person (name, born);
SELECT p.born, count(*), avg(v.length), group_concat(v.place) FROM person p
  JOIN visit v ON v.person = p.id GROUP BY p.born ORDER BY 2 DESC, 1;
SELECT place, length(group_concat(upper(place) || person, '-'))
  FROM visit GROUP BY place ORDER BY 2;
SELECT sum(length(json_object('id', id, 'name', name))) FROM person;
DELETE FROM person WHERE id % 3 = 0;
UPDATE person SET name = upper(name) || hex(name) WHERE id % 2 = 0;
SELECT count(DISTINCT name) FROM person;
