-- SPDX-License-Identifier: Apache-2.0
-- The directory's tables. Blocks are applied in order, each once; a block that was released is never edited.
-- tools/mksql ends each with the update of schema_version. The application_id says whose file it is.

-- migration: 1
PRAGMA application_id = 1330861124;

CREATE TABLE schema_version (
	version INTEGER NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (0);

CREATE TABLE tenant (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL REFERENCES tenant (id),
	login TEXT NOT NULL,
	password TEXT NOT NULL,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	email_verified INTEGER NOT NULL,
	disabled INTEGER NOT NULL,
	roles TEXT NOT NULL,
	created INTEGER NOT NULL,
	password_changed INTEGER NOT NULL,
	version INTEGER NOT NULL,
	UNIQUE (tenant, login)
) STRICT;

CREATE TABLE client (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL REFERENCES tenant (id),
	metadata TEXT NOT NULL,
	secret_hash BLOB,
	disabled INTEGER NOT NULL,
	created INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_key (
	kid TEXT PRIMARY KEY,
	alg TEXT NOT NULL,
	public_jwk TEXT NOT NULL,
	private_blob BLOB NOT NULL,
	state INTEGER NOT NULL,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL
) STRICT;

CREATE TABLE consent (
	user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	client TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
	scopes TEXT NOT NULL,
	given INTEGER NOT NULL,
	PRIMARY KEY (user, client)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_client ON consent (client);

CREATE TABLE refresh_family (
	id TEXT PRIMARY KEY,
	user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	client TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
	sid TEXT NOT NULL,
	scopes TEXT NOT NULL,
	context TEXT NOT NULL,
	expires INTEGER NOT NULL,
	revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_family_user ON refresh_family (user);
CREATE INDEX refresh_family_client ON refresh_family (client);
CREATE INDEX refresh_family_sid ON refresh_family (sid) WHERE sid <> '';
CREATE INDEX refresh_family_expires ON refresh_family (expires);

-- Every token that a family ever had, by its hash, so that reuse is always recognised. `rotated` is NULL for the current one.
CREATE TABLE refresh_token (
	hash BLOB PRIMARY KEY,
	family TEXT NOT NULL REFERENCES refresh_family (id) ON DELETE CASCADE,
	issued INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	rotated INTEGER,
	successor BLOB,
	successor_until INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE UNIQUE INDEX refresh_token_current ON refresh_token (family) WHERE rotated IS NULL;
CREATE INDEX refresh_token_successor ON refresh_token (successor_until) WHERE successor IS NOT NULL;

CREATE TABLE ending (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	kind INTEGER NOT NULL,
	id TEXT NOT NULL,
	at INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
CREATE INDEX ending_expires ON ending (expires);

CREATE TABLE replay (
	scope TEXT NOT NULL,
	hash BLOB NOT NULL,
	expires INTEGER NOT NULL,
	PRIMARY KEY (scope, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_expires ON replay (expires);

CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	event TEXT NOT NULL,
	actor TEXT NOT NULL,
	subject TEXT NOT NULL,
	client TEXT NOT NULL,
	session TEXT NOT NULL,
	remote TEXT NOT NULL,
	request_id TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;

CREATE TABLE ping (
	id INTEGER PRIMARY KEY,
	count INTEGER NOT NULL
) STRICT;
INSERT INTO ping VALUES (1, 0);
