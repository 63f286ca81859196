#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Each page that a person sees: by keyboard alone, without an accessibility violation, light and dark, phone and desktop.
import { check, equal, main, test } from '../lib/tap.mjs';
import { authorizeUrl, closeBrowsers, complaints, inspectLooks, openBrowser, signIn } from '../lib/browser.mjs';
import { World } from '../lib/world.mjs';

let world, browser;

async function fresh() {
	await browser?.close();
	browser = await openBrowser(world);
	return browser.newPage();
}

const authorize = (more) => authorizeUrl(world, { scope: 'openid profile orders:read', ...more });
const fill = (page, password = world.passwords.alice) => signIn(page, password);

test('sign_in_by_keyboard_alone', async () => {
	const page = await fresh();
	await page.goto(authorize());
	// A page that has loaded gives the focus when it is first painted.
	await page.waitForFunction(() => document.activeElement !== document.body);
	equal(await page.evaluate(() => document.activeElement.name), 'login', 'the first field has the focus');
	await page.keyboard.type('alice');
	await page.keyboard.press('Tab');
	await page.keyboard.type(world.passwords.alice);
	await page.keyboard.press('Enter');
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	for (let i = 0; i < 12; i++) {
		await page.keyboard.press('Tab');
		if (await page.evaluate(() => document.activeElement.value === 'allow'))
			break;
	}
	equal(await page.evaluate(() => document.activeElement.value), 'allow', 'Tab reaches the button');
	const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
	check(outline !== 'none', 'the focus shows');
	await page.keyboard.press('Enter');
	await page.waitForURL((url) => url.hostname === 'shop.localhost');
	check(true, 'signed in');
});

test('sign_in_page', async () => {
	const page = await fresh();
	const said = complaints(page);
	await page.goto(authorize());
	equal(await inspectLooks(page, 'sign-in'), [], 'violations');
	equal(said, [], 'nothing in the console: the policy allows all that the page needs');
	await fill(page, 'not her password');
	await page.getByRole('alert').waitFor();
	equal(await inspectLooks(page, 'sign-in-wrong'), [], 'violations after a wrong password');
});

test('consent_page', async () => {
	const page = await fresh();
	await page.goto(authorize({ prompt: 'consent' }));
	await fill(page);
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	check((await page.textContent('main')).includes('The Corner Shop'), 'names the app');
	equal(await inspectLooks(page, 'consent'), [], 'violations');
});

test('error_page', async () => {
	const page = await fresh();
	const reply = await page.goto(authorize({ redirect_uri: 'https://evil.example/' }));
	equal(reply.status(), 400, 'status');
	equal(new URL(page.url()).hostname, 'id.localhost', 'no redirect to where nobody registered');
	equal(await inspectLooks(page, 'error'), [], 'violations');
});

/** The style sheet has arrived, and nothing else was refused. */
async function styled(page) {
	equal(await page.evaluate(() => document.styleSheets.length), 1, 'the style sheet');
	check(await page.evaluate(() => getComputedStyle(document.querySelector('.card')).borderTopLeftRadius) !== '0px', 'and what it says');
	check(await page.evaluate(() => document.querySelector('img').naturalWidth > 0), 'the picture');
}

test('error_page_of_a_gateway_host', async () => {
	const page = await fresh();
	const said = complaints(page);
	const reply = await page.goto(world.web + '/_ostiary/callback?state=aaaaaaaa.x&code=x');
	equal(reply.status(), 403, 'begun in no browser that this one knows');
	await styled(page);
	equal(await inspectLooks(page, 'error-gateway'), [], 'violations');
	equal(said.filter((s) => !s.includes('status of 403')), [], 'nothing else in the console');
	equal(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href'), '/_ostiary/login?return_to=%2F', 'the way on');
});

test('a_place_that_is_not_there', async () => {
	const page = await fresh();
	for (const where of [world.issuer + '/nothing', world.web + '/_ostiary/nothing']) {
		const reply = await page.goto(where);
		equal([reply.status(), reply.headers()['content-type']], [404, 'text/html; charset=utf-8'], where);
		await styled(page);
	}
	equal((await (await fetch(world.issuer + '/nothing')).json()).error, 'not_found', 'an app gets JSON');
});

test('home_sign_out_and_signed_out_pages', async () => {
	const page = await fresh();
	await page.goto(authorize());
	await fill(page);
	await page.getByRole('button', { name: 'Allow' }).or(page.locator('#sign-in')).first().waitFor();
	await page.goto(world.issuer + '/');
	check((await page.textContent('main')).includes('alice') || (await page.textContent('main')).includes('Alice'), 'says who is signed in');
	equal(await inspectLooks(page, 'home'), [], 'violations at home');
	await page.goto(world.issuer + '/logout');
	await page.getByRole('button', { name: 'Sign out' }).waitFor();
	equal(await inspectLooks(page, 'sign-out'), [], 'violations of the question');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByRole('heading', { name: /signed out/i }).waitFor();
	equal(await inspectLooks(page, 'signed-out'), [], 'violations after it');
});

test('shop_pages', async () => {
	const page = await fresh();
	await page.goto(world.shop + '/');
	await page.getByRole('button', { name: 'Sign in' }).waitFor();
	equal(await inspectLooks(page, 'shop'), [], 'violations');
	await page.goto(world.web + '/');
	await fill(page);
	await page.getByRole('heading', { name: 'Your cart' }).waitFor();
	equal(await inspectLooks(page, 'cart'), [], 'violations in the cart');
});

await main({ setup: async () => { world = await World.start(); }, teardown: async () => { await closeBrowsers(); await world?.stop(); } });
