-- SPDX-License-Identifier: Apache-2.0
-- What expires. Blocks are applied in order, each once; a block that was released is never edited.
-- tools/mksql ends each with the update of schema_version. The application_id says whose file it is.

-- migration: 1
PRAGMA application_id = 1330861125;

CREATE TABLE schema_version (
	version INTEGER NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (0);

CREATE TABLE record (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	kind INTEGER NOT NULL,
	id BLOB NOT NULL,
	value BLOB NOT NULL,
	owner BLOB NOT NULL,
	expires INTEGER NOT NULL,
	version INTEGER NOT NULL,
	UNIQUE (kind, id)
) STRICT;
CREATE INDEX record_owner ON record (kind, owner, seq) WHERE owner <> x'';
CREATE INDEX record_expires ON record (expires);

CREATE TABLE counter (
	id BLOB PRIMARY KEY,
	sum INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counter_expires ON counter (expires);

-- How many rows both have: asked before each new one.
CREATE TABLE size (
	id INTEGER PRIMARY KEY,
	rows INTEGER NOT NULL
) STRICT;
INSERT INTO size VALUES (1, 0);
CREATE TRIGGER record_added AFTER INSERT ON record BEGIN UPDATE size SET rows = rows + 1; END;
CREATE TRIGGER record_gone AFTER DELETE ON record BEGIN UPDATE size SET rows = rows - 1; END;
CREATE TRIGGER counter_added AFTER INSERT ON counter BEGIN UPDATE size SET rows = rows + 1; END;
CREATE TRIGGER counter_gone AFTER DELETE ON counter BEGIN UPDATE size SET rows = rows - 1; END;

CREATE TABLE ping (
	id INTEGER PRIMARY KEY,
	count INTEGER NOT NULL
) STRICT;
INSERT INTO ping VALUES (1, 0);

-- migration: 2
-- A room of its own for each kind of record (counters are kind 6): what one holds is never another's place.
CREATE TABLE room (
	kind INTEGER PRIMARY KEY,
	rows INTEGER NOT NULL,
	bytes INTEGER NOT NULL
) STRICT;
INSERT INTO room VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0), (5, 0, 0), (6, 0, 0);
INSERT OR REPLACE INTO room SELECT kind, count(*), sum(length(value) + length(owner) + 160) FROM record GROUP BY kind;
INSERT OR REPLACE INTO room SELECT 6, count(*), count(*) * 128 FROM counter;
DROP TRIGGER record_added;
DROP TRIGGER record_gone;
DROP TRIGGER counter_added;
DROP TRIGGER counter_gone;
DROP TABLE size;
CREATE TRIGGER record_added AFTER INSERT ON record BEGIN
	UPDATE room SET rows = rows + 1, bytes = bytes + length(NEW.value) + length(NEW.owner) + 160 WHERE kind = NEW.kind;
END;
CREATE TRIGGER record_changed AFTER UPDATE OF value, owner ON record BEGIN
	UPDATE room SET bytes = bytes + length(NEW.value) + length(NEW.owner) - length(OLD.value) - length(OLD.owner)
	WHERE kind = NEW.kind;
END;
CREATE TRIGGER record_gone AFTER DELETE ON record BEGIN
	UPDATE room SET rows = rows - 1, bytes = bytes - length(OLD.value) - length(OLD.owner) - 160 WHERE kind = OLD.kind;
END;
CREATE TRIGGER counter_added AFTER INSERT ON counter BEGIN
	UPDATE room SET rows = rows + 1, bytes = bytes + 128 WHERE kind = 6;
END;
CREATE TRIGGER counter_gone AFTER DELETE ON counter BEGIN
	UPDATE room SET rows = rows - 1, bytes = bytes - 128 WHERE kind = 6;
END;
DROP INDEX record_expires;
CREATE INDEX record_room ON record (kind, expires);

-- migration: 3
-- Counters are of several kinds (6 to 12), each with a room of its own. Those that are there already stay of kind 6.
ALTER TABLE counter ADD COLUMN kind INTEGER NOT NULL DEFAULT 6;
INSERT INTO room VALUES (7, 0, 0), (8, 0, 0), (9, 0, 0), (10, 0, 0), (11, 0, 0), (12, 0, 0);
DROP TRIGGER counter_added;
DROP TRIGGER counter_gone;
CREATE TRIGGER counter_added AFTER INSERT ON counter BEGIN
	UPDATE room SET rows = rows + 1, bytes = bytes + 128 WHERE kind = NEW.kind;
END;
CREATE TRIGGER counter_gone AFTER DELETE ON counter BEGIN
	UPDATE room SET rows = rows - 1, bytes = bytes - 128 WHERE kind = OLD.kind;
END;
DROP INDEX counter_expires;
CREATE INDEX counter_room ON counter (kind, expires);
CREATE INDEX counter_lowest ON counter (kind, sum);

-- migration: 4
-- What the nodes share (13) and used markers (14) have rooms of their own. `origin`: whatever was put before is lost, with the file
-- that was here.
INSERT INTO room VALUES (13, 0, 0), (14, 0, 0);
CREATE TABLE origin (
	at INTEGER NOT NULL
) STRICT;
INSERT INTO origin VALUES (CAST(strftime('%s', 'now') AS INTEGER));

-- migration: 5
-- Whose counter it is, so that one network's make place for its own.
ALTER TABLE counter ADD COLUMN party INTEGER NOT NULL DEFAULT 0;
CREATE INDEX counter_party ON counter (kind, party, expires) WHERE party <> 0;
