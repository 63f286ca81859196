// SPDX-License-Identifier: Apache-2.0
// Tests in TAP for Node: test(name, async fn) registers one, main() runs all, the named ones, or lists them.
import process from 'node:process';
import { isDeepStrictEqual, inspect } from 'node:util';

const tests = [];
let checks = 0;

class Skip extends Error {}

export function test(name, fn, { long = false } = {}) {
	tests.push({ name, fn, long });
}

export function check(condition, what) {
	checks++;
	if (!condition)
		throw new Error(what);
}

export function equal(got, want, what) {
	checks++;
	if (!isDeepStrictEqual(got, want))
		throw new Error(`${what}: got ${inspect(got)}, want ${inspect(want)}`);
}

/** Checks that fn rejects or throws, and returns the error. */
export async function fails(fn, what) {
	checks++;
	try {
		await fn();
	} catch (error) {
		return error;
	}
	throw new Error(`${what}: nothing was thrown`);
}

export function skip(reason) {
	throw new Skip(reason);
}

export function note(text) {
	for (const line of String(text).split('\n'))
		console.log('# ' + line);
}

async function runOne(number, { name, fn }) {
	checks = 0;
	const start = performance.now();
	let result = 'ok', tail = '';
	try {
		await fn();
		if (checks === 0)
			throw new Error('a test without an assertion');
	} catch (error) {
		if (error instanceof Skip) {
			tail = ` # SKIP ${error.message}`;
		} else {
			result = 'not ok';
			note(inspect(error));
		}
	}
	const spent = (performance.now() - start) / 1000;
	if (!tail && spent > 1)
		tail = ` # ${spent.toFixed(1)} s`;
	console.log(`${result} ${number} - ${name}${tail}`);
	return result === 'ok';
}

/** Runs the tests named in argv and exits: 0 when each was ok. setup runs once before them, teardown after. */
export async function main({ setup, teardown } = {}) {
	const args = process.argv.slice(2);
	if (args.length === 1 && args[0] === '--list') {
		console.log(tests.map((t) => t.name).join('\n'));
		process.exit(0);
	}
	const unknown = args.find((a) => !tests.some((t) => t.name === a));
	if (unknown) {
		console.log(`Bail out! no test named ${unknown}`);
		process.exit(2);
	}
	const wanted = tests.filter((t) =>
		args.length ? args.includes(t.name) : process.env.OSTIARY_LONG === '1' || !t.long);
	let bad = 0;
	try {
		if (setup)
			await setup();
		for (const [index, one] of wanted.entries())
			bad += !(await runOne(index + 1, one));
	} catch (error) {
		bad++;
		note(inspect(error));
		console.log('Bail out! the setup failed');
	} finally {
		if (teardown)
			await teardown();
	}
	console.log(`1..${wanted.length}`);
	process.exit(bad || !wanted.length ? 1 : 0);
}
