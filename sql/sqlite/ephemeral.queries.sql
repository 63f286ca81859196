-- SPDX-License-Identifier: Apache-2.0
-- What the ephemeral store's verbs run. Parameters are numbered in the order in which the verb binds them.

-- name: ping
UPDATE ping SET count = count + 1 WHERE id = 1;

-- name: room
SELECT rows, bytes FROM room WHERE kind = ?1;

-- name: put
INSERT INTO record (kind, id, value, owner, expires, version) VALUES (?1, ?2, ?3, ?4, ?5, 1);

-- name: get
SELECT kind, id, value, owner, expires, version FROM record WHERE kind = ?1 AND id = ?2 AND expires > ?3;

-- name: replace
UPDATE record SET value = ?3, owner = ?4, expires = ?5, version = version + 1
WHERE kind = ?1 AND id = ?2 AND version = ?6 AND expires > ?7;

-- name: exists
SELECT 1 FROM record WHERE kind = ?1 AND id = ?2 AND expires > ?3;

-- name: remove
DELETE FROM record WHERE kind = ?1 AND id = ?2;

-- name: remove_expired
DELETE FROM record WHERE kind = ?1 AND id = ?2 AND expires <= ?3;

-- name: list
SELECT kind, id, value, owner, expires, version FROM record
WHERE kind = ?1 AND owner = ?2 AND owner <> x'' AND expires > ?3 ORDER BY seq DESC LIMIT ?4;

-- name: page
SELECT kind, id, value, owner, expires, version FROM record WHERE kind = ?1 AND id > ?2 AND expires > ?3 ORDER BY id LIMIT ?4;

-- name: counter_get
SELECT sum, expires FROM counter WHERE id = ?1 AND expires > ?2;

-- name: counter_add
INSERT INTO counter (id, sum, expires, kind, party) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: counter_set
UPDATE counter SET sum = ?2 WHERE id = ?1;

-- name: counter_remove
DELETE FROM counter WHERE id = ?1;

-- name: purge_records
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE kind = ?1 AND expires <= ?2 LIMIT ?3);

-- name: purge_counters
DELETE FROM counter WHERE id IN (SELECT id FROM counter WHERE kind = ?1 AND expires <= ?2 LIMIT ?3);

-- name: displace_records
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE kind = ?1 ORDER BY expires LIMIT ?2);

-- name: displace_counters
DELETE FROM counter WHERE id IN (SELECT id FROM counter WHERE kind = ?1 ORDER BY expires LIMIT ?2);

-- name: lowest_counter
SELECT id, sum FROM counter WHERE kind = ?1 ORDER BY sum LIMIT 1;

-- name: displace_of_party
DELETE FROM record WHERE seq = (SELECT seq FROM record WHERE kind = ?1 AND owner = ?2 AND owner <> x'' ORDER BY seq DESC
LIMIT 1 OFFSET ?3);

-- name: origin
SELECT at FROM origin;
-- name: displace_counter_of_party
DELETE FROM counter WHERE id IN (SELECT id FROM counter WHERE kind = ?1 AND party = ?2 AND party <> 0 ORDER BY expires DESC
LIMIT ?4 OFFSET ?3);
