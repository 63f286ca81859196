// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium under playwright-core, with browser defaults and nothing but loopback reachable.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { artefacts, load } from './world.mjs';

const { chromium } = await load('playwright-core');
const axe = (await load('axe-core')).default;

/** A fresh profile. options: playwright's context options; world: for the certificate authority under --tls. */
export async function openBrowser(world, options = {}) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostiary-browser-'));
	const args = ['--no-sandbox', '--disable-features=HttpsUpgrades,PaintHolding',
		'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE localhost, EXCLUDE 127.0.0.1'];
	if (world.ca)
		args.push(`--ignore-certificate-errors-spki-list=${spki(world.ca)}`);
	const context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args, ...options });
	context.setDefaultTimeout(15000);
	const close = context.close.bind(context);
	context.close = async () => {
		await close();
		fs.rmSync(folder, { recursive: true, force: true });
	};
	return context;
}

function spki(pem) {
	const key = execFileSync('openssl', ['x509', '-in', pem, '-noout', '-pubkey']);
	const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'der'], { input: key });
	return createHash('sha256').update(der).digest('base64');
}

/** Whatever a page complains about: errors, refused content (CSP), failed requests. */
export function complaints(page) {
	const found = [];
	page.on('console', (m) => { if (m.type() === 'error') found.push(m.text()); });
	page.on('pageerror', (e) => found.push(String(e)));
	return found;
}

/** The accessibility rules that a page breaks, as texts. axe runs in an isolated world: the page's CSP stays as it is. */
export async function accessibility(page) {
	const session = await page.context().newCDPSession(page);
	const { frameTree } = await session.send('Page.getFrameTree');
	const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
	const run = (expression) => session.send('Runtime.evaluate',
		{ expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
	await run(axe.source);
	const { result } = await run('axe.run(document).then((r) => JSON.stringify(r.violations))');
	await session.detach();
	return JSON.parse(result.value).map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`);
}

const looks = { 'phone-light': [390, 844, 'light'], 'phone-dark': [390, 844, 'dark'],
	'desktop-light': [1280, 860, 'light'], 'desktop-dark': [1280, 860, 'dark'] };

/** A picture of the page in each look, kept as artefacts; in each: no accessibility violation, no sideways scrolling. */
export async function inspectLooks(page, name) {
	const broken = [];
	const before = page.viewportSize();
	fs.mkdirSync(path.join(artefacts, 'screenshots'), { recursive: true });
	for (const [look, [width, height, colorScheme]] of Object.entries(looks)) {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
		await page.screenshot({ path: path.join(artefacts, 'screenshots', `${name}-${look}.png`), fullPage: true, animations: 'disabled' });
		broken.push(...(await accessibility(page)).map((v) => `${name} ${look}: ${v}`));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
		if (wide)
			broken.push(`${name} ${look}: scrolls sideways`);
	}
	await page.emulateMedia({ colorScheme: null, reducedMotion: null });
	if (before)
		await page.setViewportSize(before);
	return broken;
}
