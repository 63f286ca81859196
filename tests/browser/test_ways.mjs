#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Ways that people take in a real browser: two clicks, Back, restored tabs, an address opened twice, no cookies. Each leads on.
import { check, equal, main, test } from '../lib/tap.mjs';
import { authorizeUrl, closeBrowsers, inspectLooks, openBrowser, signIn, typeSignIn } from '../lib/browser.mjs';
import { World } from '../lib/world.mjs';

let world, browser;

async function fresh() {
	await browser?.close();
	browser = await openBrowser(world);
	return browser.newPage();
}

const authorize = (more) => authorizeUrl(world, more);
const type = (page) => typeSignIn(page, world.passwords.alice);
const fill = (page) => signIn(page, world.passwords.alice);

/** At that host, whichever of several navigations led there. */
async function arrive(page, host) {
	const end = Date.now() + 20000;
	while (new URL(page.url()).hostname !== host && Date.now() < end)
		await new Promise((done) => setTimeout(done, 50));
	equal(new URL(page.url()).hostname, host, 'where it ends');
}

const cart = (page) => page.getByRole('heading', { name: 'Your cart' }).waitFor();

/** Two presses of the mouse on the same place, so far apart. */
async function twice(page, button, ms) {
	const box = await page.getByRole('button', { name: button }).boundingBox();
	const at = [box.x + box.width / 2, box.y + box.height / 2];
	await page.mouse.click(...at);
	await new Promise((done) => setTimeout(done, ms));
	await page.mouse.click(...at);
}

async function plain(page) {
	const text = await page.textContent('body');
	check(!/you are signed in/i.test(text), 'no page says "You are signed in" around an error');
	return text;
}

// Each round has a browser of its own: where the second click leads may still be on its way, and would interrupt the next round.

test('two_clicks_on_sign_in_end_where_one_ends', async () => {
	for (const ms of [20, 60, 150]) {
		const page = await fresh();
		await page.goto(world.web + '/');
		await type(page);
		await twice(page, 'Sign in', ms);
		await cart(page);
		check(true, `${ms} ms apart`);
	}
});

test('two_clicks_on_allow_end_where_one_ends', async () => {
	for (const ms of [20, 60, 150]) {
		const page = await fresh();
		await page.goto(authorize({ prompt: 'consent' }));
		await fill(page);
		await page.getByRole('button', { name: 'Allow' }).waitFor();
		await twice(page, 'Allow', ms);
		await arrive(page, 'shop.localhost');
		check(true, `${ms} ms apart`);
	}
});

test('back_after_sign_in_leads_on_with_one_click', async () => {
	const page = await fresh();
	await page.goto(world.web + '/');
	await fill(page);
	await cart(page);
	await page.goBack();
	await arrive(page, 'id.localhost');
	await plain(page);
	// The page as it was is no longer kept: its request is answered.
	await page.getByRole('link', { name: 'Go to the app' }).click();
	await cart(page);
	check(true, 'in the app');
});

test('ten_restored_tabs', async () => {
	const tabs = [await fresh()];
	for (let i = 1; i < 10; i++)
		tabs.push(await browser.newPage());
	await Promise.all(tabs.map((t, i) => t.goto(`${world.web}/?tab=${i}`)));
	await fill(tabs[0]);
	await cart(tabs[0]);
	for (const [i, t] of tabs.entries()) {
		if (i > 0)
			await t.reload();
		await cart(t).catch(async (e) => { console.log(`# tab ${i} at ${t.url().slice(0, 90)}: ${(await t.textContent('body')).replace(/\s+/g, ' ').slice(0, 300)}`); throw e; });
		equal(new URL(t.url()).searchParams.get('tab'), String(i), 'where it was');
	}
});

test('tabs_restored_without_cookies', async () => {
	const page = await fresh();
	await page.goto(authorize({ prompt: 'login', login_hint: 'alice' }));
	const address = page.url();
	await browser.clearCookies();
	await page.goto(address);
	check((await plain(page)).includes('cookies'), 'says what is so');
	equal(await inspectLooks(page, 'out-of-time'), [], 'violations');
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.getByRole('link', { name: 'Sign in' }).click();
	equal(await page.getByLabel('Username or email').inputValue(), 'alice', 'asked for the same');
});

test('a_form_sent_after_the_cookies_went_keeps_the_way', async () => {
	const page = await fresh();
	await page.goto(authorize({ prompt: 'consent' }));
	await type(page);
	await browser.clearCookies();
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('link', { name: 'Sign in' }).click();
	await fill(page);
	await page.getByRole('button', { name: 'Allow' }).waitFor();
	await browser.clearCookies();
	await page.getByRole('button', { name: 'Allow' }).click();
	await page.getByRole('link', { name: 'Sign in' }).click();
	await fill(page);
	await page.getByRole('button', { name: 'Allow' }).click();
	await arrive(page, 'shop.localhost');
	check(true, 'at the app in the end');
});

test('a_form_of_the_app_sent_after_the_session_ended_keeps_the_way', async () => {
	const page = await fresh();
	await page.goto(world.web + '/?edit=1');
	await fill(page);
	await cart(page);
	// What the page itself asks for is over: without a session it would go elsewhere.
	await page.waitForLoadState('networkidle');
	await page.evaluate(() => {
		const form = Object.assign(document.createElement('form'), { method: 'post', action: '/cart' });
		form.append(Object.assign(document.createElement('button'), { textContent: 'Save' }));
		document.body.append(form);
	});
	await browser.clearCookies();
	const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.getByRole('button', { name: 'Save' }).click()]);
	equal(answer.status(), 401, 'status');
	await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
	check((await plain(page)).includes('did not reach the app'), 'says what is so');
	equal(await inspectLooks(page, 'not-sent'), [], 'violations');
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.getByRole('link', { name: 'Sign in' }).click();
	await fill(page);
	await cart(page);
	equal(new URL(page.url()).search, '?edit=1', 'where it was');
});

test('a_callback_opened_twice', async () => {
	const page = await fresh();
	let callback;
	page.on('request', (r) => { if (r.url().includes('/_ostiary/callback')) callback = r.url(); });
	await page.goto(world.web + '/');
	await fill(page);
	await cart(page);
	await page.goto(callback);
	await plain(page);
	await page.getByRole('link', { name: 'Go to the app' }).click();
	await cart(page);
	// In a browser that knows nothing of it.
	const other = await fresh();
	await other.goto(callback);
	await plain(other);
	await other.getByRole('link', { name: 'Sign in' }).click();
	await fill(other);
	await cart(other);
	check(true, 'in the app');
});

test('a_bookmarked_page_leads_on', async () => {
	const page = await fresh();
	await page.goto(world.web + '/');
	const bookmark = page.url();
	await fill(page);
	await cart(page);
	await page.goto(bookmark);
	await page.getByRole('link', { name: 'Go to the app' }).click();
	await cart(page);
	const other = await fresh();
	await other.goto(bookmark);
	await other.getByRole('link', { name: 'Sign in' }).click();
	await other.getByLabel('Password').waitFor();
	check(true, 'a fresh sign-in');
});

test('more_time_loses_nothing', async () => {
	const page = await fresh();
	await page.goto(authorize({ prompt: 'consent' }));
	check((await page.textContent('main')).includes('This page waits for 30 minutes'), 'announced');
	await page.getByLabel('Username or email').fill('alice');
	const [before, seen] = [page.url(), []];
	page.on('request', (r) => seen.push(r.url()));
	await page.getByLabel('Password').fill('half of it');
	await page.getByRole('button', { name: 'Take more time' }).click();
	await page.waitForURL((url) => url.href !== before);
	equal(await page.getByLabel('Username or email').inputValue(), 'alice', 'what was typed');
	check(seen.length > 1 && seen.every((url) => !/alice|half(%20|\+)of/.test(url)), 'none of it in an address');
	await page.waitForFunction(() => document.activeElement.name === 'password');
	await page.getByLabel('Password').fill(world.passwords.alice);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('button', { name: 'Allow' }).click();
	await arrive(page, 'shop.localhost');
	equal(new URL(page.url()).hostname, 'shop.localhost', 'at the app');
});

test('a_typed_sign_out_asks_first', async () => {
	const page = await fresh();
	await page.goto(world.web + '/');
	await fill(page);
	await cart(page);
	await page.goto(world.web + '/_ostiary/logout');
	equal(await inspectLooks(page, 'sign-out-gateway'), [], 'violations');
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.getByRole('button', { name: 'Stay signed in' }).click();
	await cart(page);
	await page.goto(world.web + '/_ostiary/logout');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByLabel('Password').waitFor();
	equal(new URL(page.url()).hostname, 'id.localhost', 'the app asks for a sign-in');
});

await main({ setup: async () => { world = await World.start(); }, teardown: async () => { await closeBrowsers(); await world?.stop(); } });
