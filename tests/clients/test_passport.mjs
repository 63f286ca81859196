#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// passport-openidconnect, unmodified: it knows no PKCE, posts its secret and reads the ID token alone, so its client says so.
import http from 'node:http';
import { check, equal, main, test } from '../lib/tap.mjs';
import { load, World } from '../lib/world.mjs';

const { default: passport } = await load('passport');
const { default: OpenIDConnectStrategy } = await load('passport-openidconnect');
const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');

let world, server, origin;
const sessions = new Map();

/** The least that passport asks of a framework: sessions, query, redirect. */
function answer(strategy, request, response) {
	const url = new URL(request.url, origin);
	const id = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? crypto.randomUUID().replaceAll('-', '');
	const session = sessions.get(id) ?? {};
	sessions.set(id, session);
	Object.assign(request, { session, query: Object.fromEntries(url.searchParams), originalUrl: request.url });
	const say = (status, body, headers = {}) => response.writeHead(status, { 'Set-Cookie': `sid=${id}; Path=/`, ...headers }).end(JSON.stringify(body));
	const one = Object.create(strategy);
	Object.assign(one, {
		success: (user) => say(200, user),
		fail: (why) => say(401, why ?? {}),
		error: (error) => say(500, { error: String(error), inner: String(error.oauthError?.data ?? '') }),
		redirect: (place) => say(302, {}, { Location: place }),
	});
	one.authenticate(request, {});
}

async function setup() {
	server = http.createServer((request, response) => answer(server.strategy, request, response));
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	origin = `http://app.localhost:${server.address().port}`;
	world = await World.start({ files: { 'app.secret': secret + '\n' }, clients: `
  - client_id: passport
    client_name: An app with passport
    client_secret_file: app.secret
    redirect_uris: ["${origin}/callback"]
    token_endpoint_auth_method: client_secret_post
    require_pkce: false
    id_token_claims: true
    scope: openid profile email
    trusted: true`.slice(1) });
	server.strategy = new OpenIDConnectStrategy({ issuer: world.issuer, authorizationURL: `${world.issuer}/authorize`,
		tokenURL: `${world.issuer}/token`, userInfoURL: `${world.issuer}/userinfo`, clientID: 'passport', clientSecret: secret,
		callbackURL: `${origin}/callback`, scope: ['profile', 'email'] },
	(issuer, profile, done) => done(null, { issuer, profile }));
	check(passport, 'passport itself loads');
}

test('passport_openidconnect_signs_in', async () => {
	const start = await fetch(`${origin}/login`, { redirect: 'manual' });
	equal(start.status, 302, 'it redirects to the provider');
	const back = await world.visit(start.headers.get('location'), origin, 'alice');
	const done = await fetch(back, { headers: { Cookie: start.headers.get('set-cookie').split(';')[0] }, redirect: 'manual' });
	const body = await done.json();
	equal(done.status, 200, `signed in: ${JSON.stringify(body)}`);
	equal([body.issuer, body.profile.emails?.[0]?.value ?? body.profile.email], [world.issuer, 'alice@example.com'], 'whom it got');
});

test('passport_openidconnect_refuses_another_session', async () => {
	const start = await fetch(`${origin}/login`, { redirect: 'manual' });
	const back = await world.visit(start.headers.get('location'), origin, 'alice');
	equal((await fetch(back, { redirect: 'manual' })).status, 401, 'the state is not of this session');
});

await main({ setup, teardown: async () => { await world?.stop(); server?.close(); } });
