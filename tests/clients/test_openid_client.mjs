#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// openid-client, unmodified, through everything that a relying party does here. All of its own validation stays on.
import { check, equal, fails, main, test } from '../lib/tap.mjs';
import { load, World } from '../lib/world.mjs';

const client = await load('openid-client');
const jose = await load('jose');
const secret = jose.base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
const redirect = 'https://app.example/callback';
const insecure = { execute: [client.allowInsecureRequests] };
const rows = `
  - client_id: app
    client_name: An app with a secret
    client_secret_file: app.secret
    redirect_uris: ["${redirect}"]
    post_logout_redirect_uris: ["https://app.example/bye"]
    token_endpoint_auth_method: client_secret_basic
    grant_types: [authorization_code, refresh_token, client_credentials]
    scope: openid profile email offline_access orders:read orders:write
  - client_id: poster
    client_name: An app that posts its secret
    client_secret_file: app.secret
    token_endpoint_auth_method: client_secret_post
    grant_types: [client_credentials]
    scope: orders:read
  - client_id: signer-app
    client_name: An app with a key
    jwks_file: app.jwks
    redirect_uris: ["${redirect}"]
    token_endpoint_auth_method: private_key_jwt
    grant_types: [authorization_code, client_credentials]
    id_token_signed_response_alg: ES256
    scope: openid orders:read`;

let world, keys;

async function setup() {
	keys = await jose.generateKeyPair('ES256', { extractable: true });
	const jwk = { ...await jose.exportJWK(keys.publicKey), kid: 'app-1', alg: 'ES256', use: 'sig' };
	world = await World.start({ clients: rows.slice(1),
		files: { 'app.secret': secret + '\n', 'app.jwks': JSON.stringify({ keys: [jwk] }) } });
}

const withSecret = (id = 'app', auth = client.ClientSecretBasic(secret)) =>
	client.discovery(new URL(world.issuer), id, {}, auth, insecure);

async function signIn(config, scope = 'openid profile email offline_access orders:read', more = {}) {
	const pkceCodeVerifier = client.randomPKCECodeVerifier();
	const expectedState = client.randomState(), expectedNonce = client.randomNonce();
	const url = client.buildAuthorizationUrl(config, { redirect_uri: more.redirect ?? redirect, scope, state: expectedState,
		nonce: expectedNonce, code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' });
	const back = await world.visit(url, more.redirect ?? redirect, 'alice', { browser: more.browser ?? client.randomState() });
	return client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
}

test('discovery_by_openid_and_by_rfc_8414', async () => {
	const oidc = await withSecret();
	equal(oidc.serverMetadata().issuer, world.issuer, 'issuer');
	equal(oidc.serverMetadata().supportsPKCE('S256'), true, 'PKCE is announced');
	const oauth = await client.discovery(new URL(world.issuer), 'app', {}, undefined, { ...insecure, algorithm: 'oauth2' });
	equal(oauth.serverMetadata().token_endpoint, oidc.serverMetadata().token_endpoint, 'both name the same endpoint');
});

test('code_with_pkce_and_secret', async () => {
	const config = await withSecret();
	const tokens = await signIn(config);
	equal(tokens.claims().aud, 'app', 'the audience of the ID token');
	const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
	equal(info.email, 'alice@example.com', 'UserInfo');
	check(tokens.refresh_token, 'a refresh token');
});

test('code_of_a_public_client', async () => {
	const config = await client.discovery(new URL(world.issuer), 'shop', {}, client.None(), insecure);
	const tokens = await signIn(config, 'openid profile', { redirect: `${world.shop}/` });
	equal(tokens.claims().iss, world.issuer, 'issuer of the ID token');
});

test('a_wrong_code_verifier_is_invalid_grant', async () => {
	const config = await withSecret();
	const state = client.randomState();
	const url = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid', state,
		code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256' });
	const back = await world.visit(url, redirect);
	const error = await fails(() => client.authorizationCodeGrant(config, back,
		{ pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: state }), 'another verifier');
	equal(error.error, 'invalid_grant', 'the error');
});

test('refresh_rotates_and_narrows', async () => {
	const config = await withSecret();
	const tokens = await signIn(config);
	const next = await client.refreshTokenGrant(config, tokens.refresh_token, { scope: 'openid orders:read' });
	check(next.refresh_token !== tokens.refresh_token, 'the refresh token rotates');
	equal(jose.decodeJwt(next.access_token).scope, 'openid orders:read', 'the scope is narrower');
	const wider = await fails(() => client.refreshTokenGrant(config, next.refresh_token, { scope: 'openid orders:write' }), 'wider');
	equal(wider.error, 'invalid_scope', 'wider than granted');
});

test('introspection_and_revocation', async () => {
	const config = await withSecret();
	const tokens = await signIn(config);
	const before = await client.tokenIntrospection(config, tokens.access_token);
	equal([before.active, before.client_id], [true, 'app'], 'active before');
	await client.tokenRevocation(config, tokens.refresh_token);
	const error = await fails(() => client.refreshTokenGrant(config, tokens.refresh_token), 'refresh after revocation');
	equal(error.error, 'invalid_grant', 'the refresh token is gone');
	await client.tokenRevocation(config, tokens.access_token);
	const after = await client.tokenIntrospection(config, tokens.access_token);
	equal(after.active, false, 'not active after');
});

test('client_credentials_by_basic_and_post', async () => {
	for (const [id, auth] of [['app', client.ClientSecretBasic(secret)], ['poster', client.ClientSecretPost(secret)]]) {
		const tokens = await client.clientCredentialsGrant(await withSecret(id, auth), { scope: 'orders:read' });
		equal(jose.decodeJwt(tokens.access_token).client_id, id, `${id}: client_id`);
		equal(jose.decodeProtectedHeader(tokens.access_token).typ, 'at+jwt', `${id}: typ`);
	}
	const bad = await withSecret('app', client.ClientSecretBasic('x'.repeat(43)));
	const error = await fails(() => client.clientCredentialsGrant(bad, { scope: 'orders:read' }), 'a wrong secret');
	equal(error.error ?? error.cause?.[0]?.scheme, error.error ? 'invalid_client' : 'basic', 'a wrong secret');
});

test('private_key_jwt', async () => {
	const auth = client.PrivateKeyJwt({ key: keys.privateKey, kid: 'app-1' });
	const config = await client.discovery(new URL(world.issuer), 'signer-app', { id_token_signed_response_alg: 'ES256' }, auth, insecure);
	const machine = await client.clientCredentialsGrant(config, { scope: 'orders:read' });
	equal(jose.decodeJwt(machine.access_token).client_id, 'signer-app', 'client credentials');
	const tokens = await signIn(config, 'openid orders:read');
	equal(jose.decodeProtectedHeader(tokens.id_token).alg, 'ES256', 'the ID token as registered');
	const stranger = await jose.generateKeyPair('ES256');
	const other = await client.discovery(new URL(world.issuer), 'signer-app', {},
		client.PrivateKeyJwt({ key: stranger.privateKey, kid: 'app-1' }), insecure);
	await fails(() => client.clientCredentialsGrant(other, { scope: 'orders:read' }), 'another key');
});

test('access_tokens_verify_with_the_published_keys', async () => {
	const config = await withSecret();
	const tokens = await client.clientCredentialsGrant(config, { scope: 'orders:read' });
	const set = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
	const { payload } = await jose.jwtVerify(tokens.access_token, set, { issuer: world.issuer, audience: world.api, typ: 'at+jwt' });
	equal(payload.scope, 'orders:read', 'scope');
});

test('logout_ends_the_session_at_the_provider', async () => {
	const config = await withSecret();
	const tokens = await signIn(config, 'openid', { browser: 'leaving' });
	const url = client.buildEndSessionUrl(config, { post_logout_redirect_uri: 'https://app.example/bye',
		id_token_hint: tokens.id_token, state: 's1' });
	const back = await world.visit(url, 'https://app.example/bye', 'alice', { browser: 'leaving', press: true });
	equal(back.searchParams.get('state'), 's1', 'the state comes back');
	const silent = client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid', prompt: 'none', state: 's2',
		code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' });
	const answer = await world.visit(silent, redirect, 'alice', { browser: 'leaving' });
	equal(answer.searchParams.get('error'), 'login_required', 'nobody is signed in any more');
});

await main({ setup, teardown: () => world?.stop() });
