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
