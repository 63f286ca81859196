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

-- migration: 2
-- The APIs that a person allowed a client; what was allowed before names none.
ALTER TABLE consent ADD COLUMN resources TEXT NOT NULL DEFAULT '';

-- migration: 3
-- A thing is ended once: a repeat writes nothing. Of a single token `party` says whose it is, so that those of one are counted.
DELETE FROM ending WHERE seq NOT IN (SELECT max(seq) FROM ending GROUP BY kind, id);
ALTER TABLE ending ADD COLUMN party_kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ending ADD COLUMN party TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX ending_thing ON ending (kind, id);
CREATE INDEX ending_party ON ending (party_kind, party, expires) WHERE party <> '';

-- migration: 4
-- A refresh token names its family and generation under a MAC, so that of its family only the current one and, for the grace, the
-- one before have rows. Tokens of earlier versions are generation 0 and keep theirs: nothing else tells their reuse.
ALTER TABLE refresh_token ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
CREATE INDEX refresh_token_sealed ON refresh_token (family) WHERE successor IS NOT NULL;
CREATE INDEX refresh_token_spent ON refresh_token (family) WHERE rotated IS NOT NULL AND generation > 0;
CREATE INDEX refresh_token_idle ON refresh_token (expires) WHERE rotated IS NULL;

-- Keys that every node has, made by the first: a copy of the store gives them away too, so they open nothing alone.
CREATE TABLE shared_key (
	name TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- migration: 5
-- What is done once in the life of a directory.
CREATE TABLE once (
	name TEXT PRIMARY KEY,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- migration: 6
-- What the configuration file wrote: clients (0) and users (1). `gone`: the file lacks it since, and it is disabled.
CREATE TABLE owned (
	kind INTEGER NOT NULL,
	id TEXT NOT NULL,
	gone INTEGER NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- migration: 7
-- A verified e-mail as a login is written, or ''. It signs in where it is nobody else's login or verified e-mail: logins and these
-- are one namespace. Of what is double today neither signs in. Addresses beyond ASCII are folded when they are next written.
ALTER TABLE user ADD COLUMN email_name TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN email_signs_in INTEGER NOT NULL DEFAULT 0;
CREATE INDEX user_email_name ON user (tenant, email_name);
UPDATE user SET email_name = lower(email) WHERE email_verified <> 0 AND email NOT GLOB '*[^!-~]*';
UPDATE user SET email_signs_in = 1 WHERE email_name <> ''
	AND NOT EXISTS (SELECT 1 FROM user o WHERE o.tenant = user.tenant AND o.login = user.email_name AND o.id <> user.id)
	AND NOT EXISTS (SELECT 1 FROM user o WHERE o.tenant = user.tenant AND o.email_name = user.email_name AND o.id <> user.id);
CREATE UNIQUE INDEX user_email_signs_in ON user (tenant, email_name) WHERE email_signs_in = 1;

-- migration: 8
-- Whose a single end is, so that one person's are counted.
ALTER TABLE ending ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX ending_owner ON ending (owner, expires) WHERE owner <> '';

-- How long tokens lived that were issued not long ago, by this configuration or an earlier one: all of that life are over at `until`.
CREATE TABLE token_life (
	seconds INTEGER PRIMARY KEY,
	until INTEGER NOT NULL
) STRICT;

-- migration: 9
-- Who of several nodes may do what only one may do at a time, and until when.
CREATE TABLE lease (
	name TEXT PRIMARY KEY,
	holder BLOB NOT NULL,
	until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- migration: 10
-- What people sign in with, a row each: the first type is `password`, of which a user has one, without an id.
CREATE TABLE credential (
	user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	type TEXT NOT NULL,
	id BLOB NOT NULL,
	data BLOB NOT NULL,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (user, type, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credential_type ON credential (type, user, id);
INSERT INTO credential (user, type, id, data, created, changed, version)
SELECT id, 'password', x'', CAST(password AS BLOB), created, password_changed, 1 FROM user WHERE password <> '';
ALTER TABLE user DROP COLUMN password;
ALTER TABLE user RENAME COLUMN password_changed TO credentials_changed;

-- migration: 11
-- The key that a family's refresh tokens are bound to: the number of a binding (0 for none) and the SHA-256 of the key.
ALTER TABLE refresh_family ADD COLUMN binding INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refresh_family ADD COLUMN thumbprint BLOB NOT NULL DEFAULT x'';

-- migration: 12
-- Jobs for other parties. A payload is sealed with a key that is not in here; `sealer` names that key.
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	type TEXT NOT NULL,
	party TEXT NOT NULL,
	key BLOB NOT NULL,
	sealer BLOB NOT NULL,
	sealed BLOB NOT NULL,
	due INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	leased INTEGER NOT NULL,
	UNIQUE (type, key)
) STRICT;
CREATE INDEX outbox_due ON outbox (due);
CREATE INDEX outbox_expires ON outbox (expires);
CREATE INDEX outbox_party ON outbox (type, party);

-- migration: 13
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (due, tries);
