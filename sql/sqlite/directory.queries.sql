-- SPDX-License-Identifier: Apache-2.0
-- What the directory's verbs run. Parameters are numbered in the order in which the verb binds them.

-- name: ping
UPDATE ping SET count = count + 1 WHERE id = 1;

-- name: tenant_put
INSERT INTO tenant (id, name, disabled) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, disabled = excluded.disabled;

-- name: tenant_get
SELECT id, name, disabled FROM tenant WHERE id = ?1;

-- name: tenant_list
SELECT id, name, disabled FROM tenant WHERE id > ?1 ORDER BY id LIMIT ?2;

-- name: user_add
INSERT INTO user (id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed,
	version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1);

-- name: user_get
SELECT id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed, version
FROM user WHERE id = ?1;

-- name: user_by_login
SELECT id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed, version
FROM user WHERE tenant = ?1 AND login = ?2;

-- name: user_update
UPDATE user SET tenant = ?2, login = ?3, password = ?4, name = ?5, email = ?6, email_verified = ?7, disabled = ?8,
	roles = ?9, created = ?10, password_changed = ?11, version = version + 1
WHERE id = ?1 AND version = ?12;

-- name: user_exists
SELECT 1 FROM user WHERE id = ?1;

-- name: user_delete
DELETE FROM user WHERE id = ?1;

-- name: user_list
SELECT id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed, version
FROM user WHERE tenant = ?1 AND login > ?2 ORDER BY login LIMIT ?3;

-- name: client_put
INSERT INTO client (id, tenant, metadata, secret_hash, disabled, created, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, metadata = excluded.metadata, secret_hash = excluded.secret_hash,
	disabled = excluded.disabled, version = version + 1;

-- name: client_get
SELECT id, tenant, metadata, secret_hash, disabled, created, version FROM client WHERE id = ?1;

-- name: client_delete
DELETE FROM client WHERE id = ?1;

-- name: client_list
SELECT id, tenant, metadata, secret_hash, disabled, created, version FROM client WHERE id > ?1 ORDER BY id LIMIT ?2;

-- name: key_list
SELECT kid, alg, public_jwk, private_blob, state, created, changed FROM signing_key ORDER BY created, kid;

-- name: key_put
-- 3 is DIR_KEY_RETIRED: the private part goes with it.
INSERT INTO signing_key (kid, alg, public_jwk, private_blob, state, created, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (kid) DO UPDATE SET state = excluded.state, changed = excluded.changed,
	private_blob = CASE excluded.state WHEN 3 THEN x'' ELSE private_blob END;

-- name: consent_get
SELECT user, client, scopes, given FROM consent WHERE user = ?1 AND client = ?2;

-- name: consent_put
INSERT INTO consent (user, client, scopes, given) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (user, client) DO UPDATE SET scopes = excluded.scopes, given = excluded.given;

-- name: consent_delete
DELETE FROM consent WHERE user = ?1 AND client = ?2;

-- name: consent_list
SELECT user, client, scopes, given FROM consent WHERE user = ?1 ORDER BY client LIMIT ?2;

-- name: family_list
SELECT id FROM refresh_family WHERE user = ?1 AND client = ?2 AND revoked = 0 AND expires > ?3 LIMIT ?4;

-- name: family_add
INSERT INTO refresh_family (id, user, client, sid, scopes, context, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: token_add
INSERT INTO refresh_token (hash, family, issued, expires) VALUES (?1, ?2, ?3, ?4);

-- name: family_by_token
-- The family with its current token, then how the presented token stands.
SELECT c.hash, f.id, f.user, f.client, f.sid, f.scopes, f.context, c.issued, c.expires, f.expires,
	t.rotated, t.successor, t.successor_until
FROM refresh_token t
JOIN refresh_family f ON f.id = t.family
JOIN refresh_token c ON c.family = f.id AND c.rotated IS NULL
WHERE t.hash = ?1 AND f.revoked = 0 AND f.expires > ?2 AND c.expires > ?2;

-- name: token_rotate
UPDATE refresh_token SET rotated = ?2, successor = ?3, successor_until = ?4 WHERE hash = ?1 AND rotated IS NULL;

-- name: token_forget_successors
UPDATE refresh_token SET successor = NULL WHERE family = ?1 AND successor IS NOT NULL;

-- name: family_revoke
UPDATE refresh_family SET revoked = 1 WHERE id = ?1;

-- name: family_revoke_sid
UPDATE refresh_family SET revoked = 1 WHERE (id = ?1 OR (sid = ?1 AND sid <> '')) AND revoked = 0;

-- name: family_revoke_user
UPDATE refresh_family SET revoked = 1 WHERE user = ?1 AND revoked = 0;

-- name: family_revoke_client
UPDATE refresh_family SET revoked = 1 WHERE client = ?1 AND revoked = 0;

-- name: end_add
INSERT INTO ending (kind, id, at, expires) VALUES (?1, ?2, ?3, ?4);

-- name: end_list
SELECT seq, kind, id, at, expires FROM ending WHERE seq > ?1 AND expires > ?2 ORDER BY seq LIMIT ?3;

-- name: replay_mark
INSERT INTO replay (scope, hash, expires) VALUES (?1, ?2, ?3)
ON CONFLICT (scope, hash) DO UPDATE SET expires = excluded.expires WHERE replay.expires <= ?4;

-- name: audit_add
INSERT INTO audit (at, event, actor, subject, client, session, remote, request_id, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: audit_list
SELECT seq, at, event, actor, subject, client, session, remote, request_id, detail
FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2;

-- name: purge_families
DELETE FROM refresh_family WHERE id IN (SELECT id FROM refresh_family WHERE expires <= ?1 LIMIT ?2);

-- name: purge_successors
UPDATE refresh_token SET successor = NULL WHERE hash IN (
	SELECT hash FROM refresh_token WHERE successor IS NOT NULL AND successor_until <= ?1 LIMIT ?2);

-- name: purge_ends
DELETE FROM ending WHERE seq IN (SELECT seq FROM ending WHERE expires <= ?1 LIMIT ?2);

-- name: purge_replays
DELETE FROM replay WHERE (scope, hash) IN (SELECT scope, hash FROM replay WHERE expires <= ?1 LIMIT ?2);
