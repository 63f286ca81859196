// SPDX-License-Identifier: Apache-2.0
// tests/interop/driver.c as an object: one process, a request a line.
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';

export class Driver {
	constructor(build) {
		this.process = spawn(path.join(build, 'tests/interop/jose_driver'), { stdio: ['pipe', 'pipe', 'inherit'] });
		this.lines = readline.createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
	}

	/** The answer's object; throws where it names an error. */
	async ask(request) {
		this.process.stdin.write(JSON.stringify(request) + '\n');
		const { value, done } = await this.lines.next();
		if (done)
			throw new Error('the driver has ended');
		const answer = JSON.parse(value);
		if (answer.error)
			throw new Error(`${request.op}: ${answer.error}`);
		return answer;
	}

	end() {
		this.process.stdin.end();
	}
}
