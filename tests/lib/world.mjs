// SPDX-License-Identifier: Apache-2.0
// The running system for tests in Node, by way of serve.py; and the one help that Node needs: where *.localhost is.
import { spawn } from 'node:child_process';
import dns from 'node:dns';
import path from 'node:path';
import process from 'node:process';
import readline from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = process.env.OSTIARY_ROOT ?? path.resolve(here, '../..');
export const artefacts = process.env.OSTIARY_ARTEFACTS ?? path.join(root, 'build/artefacts');

// Node does not resolve *.localhost (RFC 6761 6.3); nothing else of any client is touched.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);

const { load } = await import(pathToFileURL(path.join(root, 'build/node/load.mjs')));
export { load };

export class World {
	static async start(wish = {}) {
		const w = new World();
		w.process = spawn('/usr/bin/python3', ['-B', path.join(here, 'serve.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
		w.lines = readline.createInterface({ input: w.process.stdout })[Symbol.asyncIterator]();
		w.process.stdin.write(JSON.stringify(wish) + '\n');
		Object.assign(w, await w.line());
		return w;
	}

	async line() {
		const { value, done } = await this.lines.next();
		if (done)
			throw new Error('the system did not start or has ended; see the lines above');
		return value.startsWith('{') ? JSON.parse(value) : (console.log(value), this.line());
	}

	async order(command) {
		this.process.stdin.write(JSON.stringify(command) + '\n');
		const answer = await this.line();
		if (answer.error)
			throw new Error(answer.error);
		return answer;
	}

	/** Walks sign-in and consent as a browser; gives the URL that it is sent back to. */
	async visit(url, until, user = 'alice', more = {}) {
		const { url: back } = await this.order({ visit: String(url), until, user, ...more });
		return new URL(back);
	}

	cli(...words) {
		return this.order({ cli: words });
	}

	async stop() {
		const ended = new Promise((done) => this.process.once('exit', done));
		this.process.stdin.end();
		await ended;
	}
}
