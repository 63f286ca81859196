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
INSERT INTO user (id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed,
	email_name, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1);

-- name: user_get
SELECT id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id))
FROM user WHERE id = ?1;

-- name: user_by_login
SELECT id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id))
FROM user WHERE tenant = ?1 AND login = ?2;

-- name: user_by_name
SELECT id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id))
FROM user WHERE tenant = ?1 AND login = ?2
UNION ALL SELECT id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id))
FROM user WHERE tenant = ?1 AND email_name = ?2 AND email_signs_in = 1 LIMIT 1;

-- name: user_update
UPDATE user SET tenant = ?2, login = ?3, name = ?4, email = ?5, email_verified = ?6, disabled = ?7, roles = ?8,
	created = ?9, credentials_changed = ?10, email_name = ?11, version = version + 1,
	email_signs_in = email_signs_in AND ?13 AND tenant = ?2 AND email_name = ?11
WHERE id = ?1 AND version = ?12;

-- name: user_name_taken
SELECT 1 FROM user WHERE tenant = ?1 AND email_name = ?2 AND email_signs_in = 1 AND id <> ?3;

-- name: user_name_claim
UPDATE user SET email_signs_in = 1 WHERE id = ?1 AND email_signs_in = 0 AND email_name <> ''
	AND NOT EXISTS (SELECT 1 FROM user o WHERE o.tenant = user.tenant AND o.login = user.email_name AND o.id <> user.id)
	AND NOT EXISTS (SELECT 1 FROM user o WHERE o.tenant = user.tenant AND o.email_name = user.email_name AND o.id <> user.id);

-- name: user_email_idle
SELECT tenant, login, email FROM user WHERE email_verified <> 0 AND email <> '' AND email_signs_in = 0 ORDER BY tenant, login LIMIT ?1;

-- name: user_exists
SELECT 1 FROM user WHERE id = ?1;

-- name: user_delete
DELETE FROM user WHERE id = ?1;

-- name: user_list
SELECT id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id))
FROM user WHERE tenant = ?1 AND login > ?2 ORDER BY login LIMIT ?3;

-- name: credential_add
INSERT INTO credential (user, type, id, data, created, changed, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1);

-- name: credential_replace
UPDATE credential SET data = ?4, changed = ?5, version = version + 1
WHERE user = ?1 AND type = ?2 AND id = ?3 AND (?6 < 0 OR version = ?6);

-- name: credential_full
SELECT 1 FROM credential WHERE user = ?1 LIMIT 1 OFFSET ?2;

-- name: credential_get
SELECT user, type, id, data, created, changed, version FROM credential WHERE user = ?1 AND type = ?2 AND id = ?3;

-- name: credential_by_name
-- As user_by_name.
SELECT user.id, tenant, login, name, email, email_verified, disabled, roles, user.created, credentials_changed, user.version,
	email_name, email_signs_in, (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT c.type AS t FROM credential c WHERE c.user = user.id)),
	p.user, p.type, p.id, p.data, p.created, p.changed, p.version
FROM (SELECT * FROM user WHERE tenant = ?1 AND login = ?2
	UNION ALL SELECT * FROM user WHERE tenant = ?1 AND email_name = ?2 AND email_signs_in = 1 LIMIT 1) user
LEFT JOIN credential p ON p.user = user.id AND p.type = ?3 AND p.id = x'';

-- name: credential_data_from
SELECT data FROM credential WHERE type = ?1 AND user >= ?2 ORDER BY user, id LIMIT 1;

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
SELECT user, client, scopes, resources, given FROM consent WHERE user = ?1 AND client = ?2;

-- name: consent_put
INSERT INTO consent (user, client, scopes, resources, given) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (user, client) DO UPDATE SET scopes = excluded.scopes, resources = excluded.resources, given = excluded.given;

-- name: consent_delete
DELETE FROM consent WHERE user = ?1 AND client = ?2;

-- name: consent_list
SELECT user, client, scopes, resources, given FROM consent WHERE user = ?1 AND client > ?2 ORDER BY client LIMIT ?3;

-- name: family_list
SELECT id FROM refresh_family WHERE user = ?1 AND client = ?2 AND revoked = 0 AND expires > ?3 LIMIT ?4;

-- name: family_held
-- Older versions wrote one `resource`, this one `resources`.
SELECT DISTINCT f.client, c.metadata,
	coalesce(json_extract(f.context, '$.resources'), json_extract(f.context, '$.resource')) AS held
FROM refresh_family f JOIN client c ON c.id = f.client
WHERE f.revoked = 0 AND f.expires > ?1 AND json_valid(f.context) AND held <> '' ORDER BY f.client, held LIMIT ?2;

-- name: owned_put
INSERT INTO owned (kind, id, gone) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET gone = excluded.gone;

-- name: owned_due
INSERT INTO owned (kind, id, gone) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET gone = gone | excluded.gone;

-- name: owned_list
SELECT kind, id, gone FROM owned WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3;

-- name: once_put
INSERT INTO once (name, at) VALUES (?1, ?2);

-- name: family_add
INSERT INTO refresh_family (id, user, client, sid, scopes, context, expires, binding, thumbprint)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: token_add
INSERT INTO refresh_token (hash, family, issued, expires, generation) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: family_by_token
-- The family with its current token, then how the presented token stands.
SELECT c.hash, f.id, f.user, f.client, f.sid, f.scopes, f.context, c.issued, c.expires, f.expires, c.generation,
	f.binding, f.thumbprint, t.rotated, t.successor, t.successor_until
FROM refresh_token t
JOIN refresh_family f ON f.id = t.family
JOIN refresh_token c ON c.family = f.id AND c.rotated IS NULL
WHERE t.hash = ?1 AND f.revoked = 0 AND f.expires > ?2 AND c.expires > ?2;

-- name: family_by_generation
-- The same for a token that has no row any more: an earlier one than the current.
SELECT c.hash, f.id, f.user, f.client, f.sid, f.scopes, f.context, c.issued, c.expires, f.expires, c.generation,
	f.binding, f.thumbprint, c.issued, NULL, 0
FROM refresh_family f
JOIN refresh_token c ON c.family = f.id AND c.rotated IS NULL
WHERE f.id = ?1 AND c.generation > ?2 AND f.revoked = 0 AND f.expires > ?3 AND c.expires > ?3;

-- name: token_rotate
UPDATE refresh_token SET rotated = ?2, successor = ?3, successor_until = ?4 WHERE hash = ?1 AND rotated IS NULL;

-- name: token_forget_successors
UPDATE refresh_token SET successor = NULL WHERE family = ?1 AND successor IS NOT NULL;

-- name: token_forget_spent
DELETE FROM refresh_token WHERE family = ?1 AND rotated IS NOT NULL AND generation > 0;

-- name: family_revoke
-- What is revoked is not waited for: the next purge takes it.
UPDATE refresh_family SET revoked = 1, expires = min(expires, ?2) WHERE id = ?1;

-- name: family_revoke_sid
UPDATE refresh_family SET revoked = 1, expires = min(expires, ?2)
WHERE (id = ?1 OR (sid = ?1 AND sid <> '')) AND revoked = 0;

-- name: family_revoke_user
UPDATE refresh_family SET revoked = 1, expires = min(expires, ?2) WHERE user = ?1 AND revoked = 0;

-- name: family_revoke_client
UPDATE refresh_family SET revoked = 1, expires = min(expires, ?2) WHERE client = ?1 AND revoked = 0;

-- name: family_revoke_user_client
-- ?1 is dir_pair's: user, space, client.
UPDATE refresh_family SET revoked = 1, expires = min(expires, ?2)
WHERE user = substr(?1, 1, instr(?1, ' ') - 1) AND client = substr(?1, instr(?1, ' ') + 1) AND revoked = 0;
-- name: revocation_get
SELECT at, expires FROM ending WHERE kind = ?1 AND id = ?2;

-- name: revocation_remove
DELETE FROM ending WHERE kind = ?1 AND id = ?2;

-- name: revocation_add
INSERT INTO ending (kind, id, at, expires, party_kind, party, owner) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: revocation_singles
-- How many single tokens of a party are ended, as far as ?4, and when the last of these expires.
SELECT count(*), max(expires) FROM (
	SELECT expires FROM ending WHERE party_kind = ?1 AND party = ?2 AND party <> '' AND expires > ?3 LIMIT ?4);

-- name: revocation_owned
-- How many tokens and grants of a person at a client, or sessions of a person, are ended one by one, as far as ?3.
SELECT count(*) FROM (SELECT 1 FROM ending WHERE owner = ?1 AND owner <> '' AND expires > ?2 LIMIT ?3);

-- name: life_put
INSERT INTO token_life (seconds, until) VALUES (?1, ?2) ON CONFLICT (seconds) DO UPDATE SET until = max(until, excluded.until);

-- name: life_forget
DELETE FROM token_life WHERE until <= ?1;

-- name: life_longer
-- When the last token is over that lives longer than ?1.
SELECT coalesce(max(until), 0) FROM token_life WHERE seconds > ?1;

-- name: revocation_list
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

-- name: audit_edge
SELECT seq, at FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT 1;

-- name: audit_find
SELECT seq, at, event, actor, subject, client, session, remote, request_id, detail
FROM audit WHERE seq <= ?1 AND seq >= ?2 AND at >= ?3 AND (?4 = '' OR subject = ?4) AND (?5 = '' OR event = ?5)
ORDER BY seq DESC LIMIT ?6;

-- name: shared_key_add
INSERT INTO shared_key (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING;

-- name: shared_key_get
SELECT value FROM shared_key WHERE name = ?1;

-- name: purge_idle
-- Each looks at ?2 rows at most, so that none takes long however much there is to do. A family whose current token expired is dead.
UPDATE refresh_family SET expires = ?1 WHERE expires > ?1 AND id IN (
	SELECT family FROM refresh_token WHERE rotated IS NULL AND expires <= ?1 ORDER BY expires LIMIT ?2);

-- name: purge_tokens
DELETE FROM refresh_token WHERE hash IN (
	SELECT t.hash FROM (SELECT id FROM refresh_family WHERE expires <= ?1 ORDER BY expires LIMIT ?2) f
	JOIN refresh_token t ON t.family = f.id LIMIT ?2);

-- name: purge_families
DELETE FROM refresh_family WHERE id IN (
	SELECT f.id FROM (SELECT id FROM refresh_family WHERE expires <= ?1 ORDER BY expires LIMIT ?2) f
	WHERE NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.family = f.id));

-- name: purge_spent
DELETE FROM refresh_token WHERE hash IN (
	SELECT hash FROM refresh_token WHERE successor IS NOT NULL AND successor_until <= ?1 ORDER BY successor_until LIMIT ?2)
	AND generation > 0;

-- name: purge_successors
UPDATE refresh_token SET successor = NULL WHERE hash IN (
	SELECT hash FROM refresh_token WHERE successor IS NOT NULL AND successor_until <= ?1 ORDER BY successor_until LIMIT ?2);

-- name: purge_revocations
DELETE FROM ending WHERE seq IN (SELECT seq FROM ending WHERE expires <= ?1 ORDER BY expires LIMIT ?2);

-- name: purge_replays
DELETE FROM replay WHERE (scope, hash) IN (SELECT scope, hash FROM replay WHERE expires <= ?1 ORDER BY expires LIMIT ?2);

-- name: purge_audit
DELETE FROM audit WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT ?2) WHERE at <= ?1);

-- name: sizes
SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size),
	(SELECT count(*) FROM refresh_family), (SELECT count(*) FROM refresh_token), (SELECT count(*) FROM ending),
	(SELECT count(*) FROM replay), (SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM audit), (SELECT count(*) FROM outbox);

-- name: lease_take
INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,
until = excluded.until WHERE lease.holder = excluded.holder OR lease.until <= ?4;

-- name: lease_drop
DELETE FROM lease WHERE name = ?1 AND holder = ?2;

-- name: outbox_put
INSERT INTO outbox (type, party, key, sealer, sealed, due, expires, tries, leased)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0
WHERE (SELECT count(*) FROM outbox WHERE type = ?1) < ?8 AND (SELECT count(*) FROM outbox WHERE type = ?1 AND party = ?2) < ?9;

-- name: outbox_due
-- Of those that were delayed together the ones that failed least are first.
SELECT id, type, party, key, sealer, sealed, due, expires, tries FROM outbox
WHERE due <= ?2 AND leased <= ?2 AND sealer = ?1 ORDER BY due, tries, id LIMIT 1;

-- name: outbox_expired
SELECT id, type, party, key, sealer, sealed, due, expires, tries FROM outbox
WHERE expires <= ?1 AND leased <= ?1 ORDER BY expires, id LIMIT 1;

-- name: outbox_lease
UPDATE outbox SET leased = ?3, tries = tries + 1 WHERE id = ?1 AND tries = ?2;

-- name: outbox_remove
DELETE FROM outbox WHERE id = ?1 AND tries = ?2;

-- name: outbox_retry
UPDATE outbox SET due = ?3, leased = 0 WHERE id = ?1 AND tries = ?2;

-- name: outbox_delay
UPDATE outbox SET due = ?2 WHERE due < ?2 AND (type, party) = (SELECT type, party FROM outbox WHERE id = ?1);
