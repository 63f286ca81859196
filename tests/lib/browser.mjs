// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium under playwright-core, with browser defaults and nothing but loopback reachable.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { artefacts, load } from './world.mjs';

const { chromium } = await load('playwright-core');
const axe = (await load('axe-core')).default;

const running = new Map();

/** The program, started once for each authority that it is to trust. It ends with the tests. */
function program(ca) {
	if (!running.has(ca)) {
		const args = ['--no-sandbox', '--disable-features=HttpsUpgrades,PaintHolding',
			'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE localhost, EXCLUDE 127.0.0.1'];
		if (ca)
			args.push(`--ignore-certificate-errors-spki-list=${spki(ca)}`);
		running.set(ca, chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args }));
	}
	return running.get(ca);
}

/** A fresh profile, which knows nothing of others. options: playwright's context options; world: for the authority under --tls. */
export async function openBrowser(world, options = {}) {
	const context = await (await program(world.ca)).newContext(options);
	context.setDefaultTimeout(15000);
	return context;
}

/** Where a sign-in to the shop begins. */
export function authorizeUrl(world, more = {}) {
	const query = new URLSearchParams({ client_id: 'shop', response_type: 'code', redirect_uri: `${world.shop}/`, scope: 'openid profile',
		state: 's', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', ...more });
	return `${world.issuer}/authorize?${query}`;
}

export async function typeSignIn(page, password, user = 'alice') {
	await page.getByLabel('Username or email').fill(user);
	await page.getByLabel('Password').fill(password);
}

export async function signIn(page, password, user = 'alice') {
	await typeSignIn(page, password, user);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function closeBrowsers() {
	for (const one of running.values())
		await (await one).close();
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

/** Gives a function that says which accessibility rules the page breaks as it is, as texts. axe runs in an isolated world: the page's CSP
 * stays as it is. */
async function accessibility(page) {
	const session = await page.context().newCDPSession(page);
	const { frameTree } = await session.send('Page.getFrameTree');
	const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
	const run = (expression) => session.send('Runtime.evaluate',
		{ expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
	await run(axe.source);
	return async () => {
		const { result } = await run('axe.run(document).then((r) => JSON.stringify(r.violations))');
		return JSON.parse(result.value).map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`);
	};
}

const looks = { 'narrow-light': [320, 720, 'light'], 'phone-light': [390, 844, 'light'], 'phone-dark': [390, 844, 'dark'],
	'desktop-light': [1280, 860, 'light'], 'desktop-dark': [1280, 860, 'dark'] };

/** WCAG 2.2 1.4.10 and 2.5.8: at 320 px, which is 1280 px at 400 %, nothing scrolls sideways; whatever is pressed is 24 px large. */
async function inspectSizes(page) {
	await page.setViewportSize({ width: 320, height: 256 });
	return page.evaluate(() => {
		const small = [...document.querySelectorAll('a[href], button, input:not([type=hidden])')].map((e) => [e, e.getBoundingClientRect()])
			.filter(([, r]) => r.width > 0 && (r.width < 24 || r.height < 24)).map(([e, r]) => `${e.outerHTML} is ${r.width} by ${r.height}`);
		return document.documentElement.scrollWidth > window.innerWidth ? [...small, 'scrolls sideways at 320 px'] : small;
	});
}

/** What is in several lines and should be in one: buttons, request ids and dates. */
function brokenLines() {
	const lines = (node) => {
		const range = document.createRange();
		range.selectNodeContents(node);
		return new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size;
	};
	const found = [...document.querySelectorAll('button, .button, .facts code')].filter((e) => lines(e) > 1).map((e) => e.textContent);
	for (const e of document.querySelectorAll('.choices > *'))
		if (e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right + 1)
			found.push(`${e.textContent} is wider than its place`);
	for (const e of document.querySelectorAll('.links'))
		if (e.childElementCount === 0 && e.getClientRects().length > 0)
			found.push('an empty band');
	for (const e of document.querySelectorAll('li')) {
		const text = e.firstChild, at = text?.nodeType === 3 ? text.data.search(/\d{4}\D\d\d\D\d\d/) : -1;
		if (at < 0)
			continue;
		const range = document.createRange();
		range.setStart(text, at);
		range.setEnd(text, at + 10);
		if (range.getClientRects().length > 1)
			found.push(text.data);
	}
	return found.map((s) => `broken: ${s}`);
}

/** A picture of the page in each look, kept as artefacts; in each: no accessibility violation, no sideways scrolling, nothing broken. */
export async function inspectLooks(page, name) {
	const broken = [];
	const before = page.viewportSize(), violations = await accessibility(page);
	fs.mkdirSync(path.join(artefacts, 'screenshots'), { recursive: true });
	for (const [look, [width, height, colorScheme]] of Object.entries(looks)) {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
		await page.screenshot({ path: path.join(artefacts, 'screenshots', `${name}-${look}.png`), fullPage: true, animations: 'disabled' });
		broken.push(...(await violations()).map((v) => `${name} ${look}: ${v}`));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
		if (wide)
			broken.push(`${name} ${look}: scrolls sideways`);
		broken.push(...(await page.evaluate(brokenLines)).map((v) => `${name} ${look}: ${v}`));
	}
	broken.push(...(await inspectSizes(page)).map((v) => `${name}: ${v}`));
	await page.emulateMedia({ colorScheme: null, reducedMotion: null });
	if (before)
		await page.setViewportSize(before);
	return broken;
}
