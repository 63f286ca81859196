// SPDX-License-Identifier: Apache-2.0
// usage: peer_node.mjs DIR MODULES. `jose` and `fast-jwt` in slices (slices.h), with the CPU time of all of Node's threads.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [dir, modules] = process.argv.slice(2);
const find = createRequire(pathToFileURL(modules + "/x.js"));
const jose = await import(pathToFileURL(find.resolve("jose")));
const { createVerifier } = find("fast-jwt");
const issuer = "https://id.example.com", audience = "https://api.example.com";
const algs = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"];
const read = (alg, kind) => readFileSync(`${dir}/${alg}.${kind}`);
const operations = new Map();

async function addJose(alg) {
	const token = read(alg, "token").toString(), jwk = JSON.parse(read(alg, "jwk"));
	const key = await jose.importJWK(jwk, alg);
	const options = { issuer, audience, typ: "at+jwt", algorithms: [alg] };
	operations.set(`jose:verify.${alg}`, () => jose.jwtVerify(token, key, options));
	if (!alg.startsWith("HS"))
		operations.set(`jose:import.${alg}`, () => jose.importJWK({ ...jwk }, alg));
}

function addFast(alg) {
	const name = alg === "Ed25519" ? "EdDSA" : alg;
	const token = read(alg, alg === "Ed25519" ? "eddsa.token" : "token").toString(), jwk = JSON.parse(read(alg, "jwk"));
	const key = jwk.kty === "oct" ? Buffer.from(jwk.k, "base64url") : createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
	operations.set(`fast-jwt:verify.${alg}`, createVerifier({ key, algorithms: [name], allowedIss: issuer, allowedAud: audience, cache: false })
		.bind(null, token));
}

/* bench_jwe's messages; the name begins with the `alg`. */
async function addEncryption(name) {
	const jwe = read(name, "jwe").toString(), alg = name.split("_")[0];
	const key = await jose.importJWK(JSON.parse(read(name, "jwe.jwk")), alg);
	operations.set(`jose:decrypt.${name}`, () => jose.compactDecrypt(jwe, key));
}

for (const name of ["dir", "dir_A128CBC-HS256", "A256KW", "ECDH-ES_P-256", "ECDH-ES_X25519", "RSA-OAEP-256"])
	await addEncryption(name);
for (const alg of algs) {
	await addJose(alg);
	addFast(alg);
}
for (const operation of operations.values())
	await operation();

function cpuMicroseconds() {
	const { user, system } = process.cpuUsage();
	return user + system;
}

console.log([...operations.keys()].join(" "));
for await (const line of createInterface({ input: process.stdin })) {
	const [name, milliseconds] = line.split(" "), operation = operations.get(name);
	const start = cpuMicroseconds(), asynchronous = name.startsWith("jose:");
	let count = 0, batch = 1, before = start, now = start;
	while (now - start < milliseconds * 1000) {
		for (let i = 0; i < batch; i++)
			asynchronous ? await operation() : operation();
		count += batch;
		now = cpuMicroseconds();
		if (now - before < 200)
			batch *= 2;
		before = now;
	}
	console.log(`${count} ${(now - start) * 1000}`);
}
