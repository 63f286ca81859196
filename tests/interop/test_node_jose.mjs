#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The npm package jose, unmodified, and libostiary: what either makes the other opens, for every pair of algorithms that
// both have.
import process from 'node:process';
import { Driver } from '../lib/driver.mjs';
import { equal, fails, main, note, test } from '../lib/tap.mjs';
import { load, root } from '../lib/world.mjs';

const jose = await load('jose');
let driver;
const plain = 'Any text: größer als ein Block, “quoted”, and with \n a line.';
const bytes = new TextEncoder().encode(plain);
const encs = { 'A128CBC-HS256': 32, 'A192CBC-HS384': 48, 'A256CBC-HS512': 64, A128GCM: 16, A192GCM: 24, A256GCM: 32 };
const curves = ['P-256', 'P-384', 'P-521', 'X25519'];
const wrapped = { A128KW: 16, A192KW: 24, A256KW: 32, A128GCMKW: 16, A192GCMKW: 24, A256GCMKW: 32 };
const text = (b) => new TextDecoder().decode(b);

function oct(length) {
	return { kty: 'oct', k: jose.base64url.encode(crypto.getRandomValues(new Uint8Array(length))) };
}

async function pair(alg, options) {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true, ...options });
	return { public: await jose.exportJWK(publicKey), private: await jose.exportJWK(privateKey) };
}

/** Rows of [alg, key to encrypt to, key to decrypt with], as JWKs; a password as a string. */
async function rowsOf(enc) {
	const rows = [];
	const rsa = await (rowsOf.rsa ??= pair('RSA-OAEP-256', { modulusLength: 2048 }));
	for (const alg of ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'])
		rows.push([alg, rsa.public, rsa.private]);
	for (const crv of curves) {
		const key = await pair('ECDH-ES', { crv });
		for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'])
			rows.push([alg, key.public, key.private]);
	}
	for (const [alg, length] of [...Object.entries(wrapped), ['dir', encs[enc]]]) {
		const key = oct(length);
		rows.push([alg, key, key]);
	}
	for (const alg of ['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'])
		rows.push([alg, 'pässword', 'pässword']);
	return rows;
}

const foreign = async (alg, key) => typeof key === 'string' ? new TextEncoder().encode(key) : jose.importJWK(key, alg);
const ours = (key) => typeof key === 'string' ? { password: key } : { keys: { keys: [key] } };
const options = { maxPBES2Count: 100000, keyManagementAlgorithms: [] };

function allowing(alg) {
	return { ...options, keyManagementAlgorithms: [alg] };
}

async function eachRow(fn) {
	let count = 0;
	for (const enc of Object.keys(encs))
		for (const [alg, to, from] of await rowsOf(enc)) {
			try {
				await fn(alg, enc, to, from);
			} catch (error) {
				throw new Error(`${alg} ${enc} ${to.crv ?? ''}: ${error.message}`, { cause: error });
			}
			count++;
		}
	note(`${count} pairs`);
}

test('compact_theirs_is_opened', () => eachRow(async (alg, enc, to, from) => {
	const maker = new jose.CompactEncrypt(bytes).setProtectedHeader({ alg, enc });
	if (alg.startsWith('PBES2'))
		maker.setKeyManagementParameters({ p2c: 2000 });
	const jwe = await maker.encrypt(await foreign(alg, to));
	equal((await driver.ask({ op: 'decrypt', text: jwe, ...ours(from) })).plain, plain, `${alg} ${enc}`);
}));

test('compact_ours_is_opened', () => eachRow(async (alg, enc, to, from) => {
	const { text: jwe } = await driver.ask({ op: 'encrypt', enc, plain, recipients: [{ alg, ...ours(to) }] });
	const opened = await jose.compactDecrypt(jwe, await foreign(alg, from), allowing(alg));
	equal(text(opened.plaintext), plain, `${alg} ${enc}`);
}));

test('flattened_with_aad_and_zip_both_ways', () => eachRow(async (alg, enc, to, from) => {
	const aad = 'beside it';
	const maker = new jose.FlattenedEncrypt(bytes).setProtectedHeader({ alg, enc, zip: 'DEF' })
		.setAdditionalAuthenticatedData(new TextEncoder().encode(aad)).setSharedUnprotectedHeader({ note: 'x' });
	if (alg.startsWith('PBES2'))
		maker.setKeyManagementParameters({ p2c: 2000 });
	const jwe = await maker.encrypt(await foreign(alg, to));
	const opened = await driver.ask({ op: 'decrypt', text: JSON.stringify(jwe), ...ours(from) });
	equal([opened.plain, opened.aad], [plain, aad], `theirs ${alg} ${enc}`);
	const made = await driver.ask({ op: 'encrypt', enc, plain, aad, zip: true, form: 'flattened', recipients: [{ alg, ...ours(to) }] });
	const theirs = await jose.flattenedDecrypt(JSON.parse(made.text), await foreign(alg, from), allowing(alg));
	equal([text(theirs.plaintext), text(theirs.additionalAuthenticatedData)], [plain, aad], `ours ${alg} ${enc}`);
}));

test('party_information_both_ways', async () => {
	for (const crv of curves) {
		const key = await pair('ECDH-ES', { crv }), alg = 'ECDH-ES', enc = 'A256GCM';
		const jwe = await new jose.CompactEncrypt(bytes).setProtectedHeader({ alg, enc }).setKeyManagementParameters(
			{ apu: new TextEncoder().encode('Alice'), apv: new TextEncoder().encode('Bob') })
			.encrypt(await foreign(alg, key.public));
		equal((await driver.ask({ op: 'decrypt', text: jwe, ...ours(key.private) })).plain, plain, `theirs ${crv}`);
		const made = await driver.ask({ op: 'encrypt', enc, plain, recipients: [{ alg, apu: 'Alice', apv: 'Bob', ...ours(key.public) }] });
		equal(text((await jose.compactDecrypt(made.text, await foreign(alg, key.private))).plaintext), plain, `ours ${crv}`);
	}
});

/* Every enc for three recipients of different kinds: each side opens as each of them. */
test('general_for_several_both_ways', async () => {
	for (const enc of Object.keys(encs)) {
		const all = (await rowsOf(enc)).filter(([alg, to]) => ['RSA-OAEP-512', 'ECDH-ES+A256KW', 'A192GCMKW', 'A256KW'].includes(alg) &&
			(to.crv ?? 'P-521') === 'P-521').map(([alg, to, from], i) => [alg, { ...to, kid: `k${i}` }, { ...from, kid: `k${i}` }]);
		const maker = new jose.GeneralEncrypt(bytes).setProtectedHeader({ enc });
		for (const [alg, to] of all)
			maker.addRecipient(await foreign(alg, to)).setUnprotectedHeader({ alg, kid: to.kid });
		const jwe = await maker.encrypt();
		const made = await driver.ask({ op: 'encrypt', enc, plain, form: 'general', recipients: all.map(([alg, to]) => ({ alg, ...ours(to) })) });
		for (const [alg, , from] of all) {
			equal((await driver.ask({ op: 'decrypt', text: JSON.stringify(jwe), ...ours(from) })).plain, plain, `theirs ${enc} ${alg}`);
			const opened = await jose.generalDecrypt(JSON.parse(made.text), async (_, { header }) =>
				foreign(header.alg, all.find(([, , key]) => key.kid === header.kid && key.kid === from.kid)?.[2]));
			equal(text(opened.plaintext), plain, `ours ${enc} ${alg}`);
		}
	}
});

test('a_changed_message_is_refused_by_both', async () => {
	const key = oct(32);
	const { text: jwe } = await driver.ask({ op: 'encrypt', enc: 'A256GCM', plain, recipients: [{ alg: 'dir', ...ours(key) }] });
	const changed = jwe.slice(0, -4) + (jwe.endsWith('AAAA') ? 'BBBA' : 'AAAA');
	const error = await fails(() => driver.ask({ op: 'decrypt', text: changed, ...ours(key) }), 'ours');
	equal(error.message, 'decrypt: decrypt', 'one result');
	await fails(async () => jose.compactDecrypt(changed, await foreign('dir', key)), 'theirs');
});

const signatures = [['HS256', 32], ['HS384', 48], ['HS512', 64], ['RS256'], ['RS384'], ['RS512'], ['PS256'], ['PS384'], ['PS512'],
	['ES256'], ['ES384'], ['ES512'], ['EdDSA'], ['Ed25519']];

async function signerOf(alg, length) {
	if (length)
		return (({ ...key }) => ({ public: key, private: key }))(oct(length));
	if (alg.endsWith('S256') || alg.endsWith('S384') || alg.endsWith('S512'))
		return alg.startsWith('ES') ? pair(alg) : pair(alg, { modulusLength: 2048 });
	return pair(alg, { crv: 'Ed25519' });
}

test('signatures_both_ways', async () => {
	const payload = JSON.stringify({ iss: 'a', text: plain });
	for (const [alg, length] of signatures) {
		const key = await signerOf(alg, length);
		const jws = await new jose.CompactSign(new TextEncoder().encode(payload)).setProtectedHeader({ alg }).sign(await foreign(alg, key.private));
		equal((await driver.ask({ op: 'verify', text: jws, key: key.public })).plain, payload, `theirs ${alg}`);
		const made = await driver.ask({ op: 'sign', alg, payload, key: key.private });
		const verified = await jose.compactVerify(made.text, await foreign(alg, key.public));
		equal([text(verified.payload), verified.protectedHeader.alg], [payload, alg], `ours ${alg}`);
	}
});

test('signatures_as_json_both_ways', async () => {
	const signers = [];
	for (const [alg, length] of signatures.filter(([a]) => ['HS256', 'RS256', 'PS384', 'ES512', 'Ed25519'].includes(a))) {
		const key = await signerOf(alg, length);
		signers.push([alg, ...[key.private, key.public].map((k) => ({ ...k, kid: `k-${alg}` }))]);
	}
	const payload = '{"any":"text"}', bytes = new TextEncoder().encode(payload);
	const maker = new jose.GeneralSign(bytes);
	for (const [alg, own] of signers)
		maker.addSignature(await foreign(alg, own)).setProtectedHeader({ alg, kid: own.kid }).setUnprotectedHeader({ note: 'x' });
	const theirs = JSON.stringify(await maker.sign());
	const made = await driver.ask({ op: 'sign_json', form: 'general', payload, signers: signers.map(([alg, key]) => ({ alg, key })) });
	for (const [alg, own, other] of signers) {
		equal((await driver.ask({ op: 'verify_json', alg, text: theirs, key: other })).plain, payload, `theirs general ${alg}`);
		const opened = await jose.generalVerify(JSON.parse(made.text), async (header) => foreign(header.alg, signers.find(([a]) => a === header.alg && a === alg)?.[2]));
		equal(text(opened.payload), payload, `ours general ${alg}`);
		const flat = await new jose.FlattenedSign(bytes).setProtectedHeader({ alg, b64: false, crit: ['b64'] }).sign(await foreign(alg, own));
		delete flat.payload; // it stands apart: that package writes it empty
		equal((await driver.ask({ op: 'verify_json', alg, text: JSON.stringify(flat), key: { ...other, kid: undefined }, payload })).plain, payload, `theirs b64 ${alg}`);
		const one = await driver.ask({ op: 'sign_json', form: 'flattened', payload, detached: true, unencoded: true, signers: [{ alg, key: own }] });
		const flatOurs = { ...JSON.parse(one.text), payload };
		equal(text((await jose.flattenedVerify(flatOurs, await foreign(alg, other))).payload), payload, `ours b64 ${alg}`);
	}
});

test('nested_both_ways', async () => {
	const signer = await pair('ES256'), reader = await pair('ECDH-ES', { crv: 'X25519' });
	const token = await new jose.SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(await foreign('ES256', signer.private));
	const jwe = await new jose.CompactEncrypt(new TextEncoder().encode(token)).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM', cty: 'JWT' })
		.encrypt(await foreign('ECDH-ES', reader.public));
	const inner = await driver.ask({ op: 'decrypt', text: jwe, ...ours(reader.private) });
	equal(JSON.parse((await driver.ask({ op: 'verify', text: inner.plain, key: signer.public })).plain).sub, 'alice', 'theirs');
	const signed = await driver.ask({ op: 'sign', alg: 'ES256', payload: '{"sub":"bob"}', key: signer.private });
	const made = await driver.ask({ op: 'encrypt', enc: 'A128GCM', cty: 'JWT', plain: signed.text, recipients: [{ alg: 'ECDH-ES', ...ours(reader.public) }] });
	const opened = await jose.compactDecrypt(made.text, await foreign('ECDH-ES', reader.private));
	equal(opened.protectedHeader.cty, 'JWT', 'cty');
	equal((await jose.jwtVerify(text(opened.plaintext), await foreign('ES256', signer.public))).payload.sub, 'bob', 'ours');
});

await main({
	setup: () => { driver = new Driver(process.env.OSTIARY_BUILD ?? `${root}/build`); },
	teardown: () => driver.end(),
});
