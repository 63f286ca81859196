#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Session mode in Chromium: the gateway signs in, the browser holds a cookie that scripts cannot read, the cart is kept.
import { check, equal, main, test } from '../lib/tap.mjs';
import { closeBrowsers, complaints, openBrowser, signIn } from '../lib/browser.mjs';
import { World } from '../lib/world.mjs';

let world, browser;

async function fresh() {
	await browser?.close();
	browser = await openBrowser(world);
	return browser.newPage();
}

const fill = (page, where = world) => signIn(page, where.passwords.alice);

async function signedIn(page, where = world) {
	await page.goto(where.web + '/');
	await fill(page, where);
	await page.getByRole('heading', { name: 'Your cart' }).waitFor();
}

async function add(page, item) {
	await page.getByLabel('Add something').fill(item);
	await page.getByRole('button', { name: 'Add' }).click();
	await page.getByRole('listitem').filter({ hasText: item }).waitFor();
}

test('cart_survives_a_reload_and_a_second_tab', async () => {
	const page = await fresh();
	const said = complaints(page);
	await signedIn(page);
	await add(page, 'umbrella');
	await page.reload();
	await page.getByRole('listitem').filter({ hasText: 'umbrella' }).waitFor();
	await page.getByText('Alice Example').waitFor();
	const tab = await browser.newPage();
	await tab.goto(world.web + '/');
	await tab.getByRole('listitem').filter({ hasText: 'umbrella' }).waitFor();
	await add(tab, 'coffee');
	await page.reload();
	await page.getByRole('listitem').filter({ hasText: 'coffee' }).waitFor();
	equal(await page.getByRole('listitem').allTextContents(), ['umbrella', 'coffee'], 'both items in both tabs');
	equal(said, [], 'nothing in the console');
});

test('no_token_and_no_readable_cookie_in_the_browser', async () => {
	const page = await fresh();
	await signedIn(page);
	equal(await page.evaluate(() => document.cookie), '', 'scripts see no cookie');
	const cookies = await browser.cookies(world.web);
	const gate = cookies.find((c) => c.name === '__Host-ostiary-gate');
	equal([gate.httpOnly, gate.secure, gate.path], [true, true, '/'], 'how the cookie is set');
	check(cookies.every((c) => !c.value.includes('eyJ')), 'no token in a cookie');
	equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0, 'nothing stored');
});

test('two_tabs_sign_in_at_once', async () => {
	const one = await fresh();
	const two = await browser.newPage();
	await Promise.all([one.goto(world.web + '/'), two.goto(world.web + '/')]);
	await fill(one);
	await one.getByRole('heading', { name: 'Your cart' }).waitFor();
	await fill(two);
	await two.getByRole('heading', { name: 'Your cart' }).waitFor();
	await add(one, 'from one');
	await two.reload();
	await two.getByRole('listitem').filter({ hasText: 'from one' }).waitFor();
	check(true, 'both tabs are in one session');
});

test('sign_out_ends_both_sessions', async () => {
	const page = await fresh();
	await signedIn(page);
	await page.getByRole('button', { name: 'Sign out' }).click();
	// By way of the provider back to the cart, which nobody may see now. Going elsewhere before would call the sign-out off.
	await page.getByLabel('Password').waitFor();
	await page.goto(world.web + '/');
	await page.getByLabel('Password').waitFor();
	equal(new URL(page.url()).hostname, 'id.localhost', 'the provider asks for the password');
});

test('over_https_and_http2', async () => {
	const secure = await World.start({ tls: true });
	const own = await openBrowser(secure);
	try {
		const page = await own.newPage();
		const said = complaints(page);
		await signedIn(page, secure);
		await own.addCookies([{ name: 'another', value: '1', url: secure.web }]);
		await add(page, 'umbrella');
		await page.reload();
		await page.getByRole('listitem').filter({ hasText: 'umbrella' }).waitFor();
		equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2', 'the protocol');
		equal(said, [], 'nothing in the console');
	} finally {
		await own.close();
		await secure.stop();
	}
});

await main({ setup: async () => { world = await World.start(); }, teardown: async () => { await closeBrowsers(); await world?.stop(); } });
