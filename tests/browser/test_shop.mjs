#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The single-page shop in Chromium: oidc-client-ts, unmodified, clicking through everything a person does there.
import { check, equal, main, test } from '../lib/tap.mjs';
import { closeBrowsers, complaints, openBrowser, signIn } from '../lib/browser.mjs';
import { World } from '../lib/world.mjs';

let world, browser;

async function setup() {
	world = await World.start();
}

async function teardown() {
	await closeBrowsers();
	await world?.stop();
}

async function fresh() {
	await browser?.close();
	browser = await openBrowser(world);
	return browser.newPage();
}

const enter = (page, user = 'alice', password = world.passwords[user]) => signIn(page, password, user);

async function shopSignedIn(page) {
	await page.goto(world.shop + '/');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await enter(page);
	// Consent is asked for once; the provider remembers it.
	const allow = page.getByRole('button', { name: 'Allow' }), orders = page.locator('#orders article').first();
	await allow.or(orders).waitFor();
	if (await allow.isVisible()) await allow.click();
	await orders.waitFor();
}

const stored = (page) => page.evaluate(() => JSON.parse(Object.values(sessionStorage).find((v) => v.includes('access_token'))));

test('sign_in_consent_and_orders', async () => {
	const page = await fresh();
	const said = complaints(page);
	await shopSignedIn(page);
	equal(await page.locator('#who').textContent(), 'Alice Example', 'the name from UserInfo');
	equal(await page.locator('#orders article').count(), 2, 'orders from the API');
	equal(new URL(page.url()).search, '', 'the code is gone from the address');
	equal(said, [], 'nothing in the console');
});

test('renewal_by_refresh_token', async () => {
	const page = await fresh();
	await shopSignedIn(page);
	const before = await stored(page);
	await page.getByText('What this page holds').click();
	await page.getByRole('button', { name: 'Renew the tokens' }).click();
	await page.waitForFunction((old) => Object.values(sessionStorage).some((v) => v.includes('access_token') && !v.includes(old)), before.access_token);
	const after = await stored(page);
	check(after.refresh_token && after.refresh_token !== before.refresh_token, 'the refresh token has rotated');
	await page.locator('#orders article').first().waitFor();
	equal(await page.locator('#trouble').isVisible(), false, 'no trouble');
});

test('single_sign_on_in_another_tab', async () => {
	const page = await fresh();
	await shopSignedIn(page);
	const tab = await browser.newPage();
	await tab.goto(world.shop + '/');
	await tab.getByRole('button', { name: 'Sign in' }).click();
	await tab.locator('#orders article').first().waitFor();
	equal(await tab.locator('#who').textContent(), 'Alice Example', 'signed in without a form');
});

test('sign_out_ends_the_provider_session', async () => {
	const page = await fresh();
	await shopSignedIn(page);
	// The page that is left shows "Sign in" too, before it is left: the one that is waited for is another document.
	await page.evaluate(() => { window.before = true; });
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.waitForFunction(() => !window.before && location.hostname === 'shop.localhost');
	await page.getByRole('button', { name: 'Sign in' }).waitFor();
	equal(new URL(page.url()).hostname, 'shop.localhost', 'back at the shop');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByLabel('Password').waitFor();
	equal(new URL(page.url()).hostname, 'id.localhost', 'the provider asks for the password again');
});

test('deny_comes_back_as_an_error', async () => {
	const page = await fresh();
	await page.goto(world.shop + '/');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await enter(page, 'bob');
	await page.getByRole('button', { name: 'Deny' }).click();
	await page.locator('#trouble').waitFor();
	equal(new URL(page.url()).hostname, 'shop.localhost', 'back at the shop');
	check(!(await page.evaluate(() => JSON.stringify(sessionStorage))).includes('access_token'), 'no token');
});

test('a_wrong_password_says_so_and_keeps_the_name', async () => {
	const page = await fresh();
	await page.goto(world.shop + '/');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await enter(page, 'alice', 'not her password');
	await page.getByRole('alert').waitFor();
	equal(await page.getByLabel('Username or email').inputValue(), 'alice', 'the name is still there');
	equal(await page.getByLabel('Password').inputValue(), '', 'the password is not');
	await enter(page);
	await page.getByRole('button', { name: 'Allow' }).or(page.locator('#orders article').first()).waitFor();
	check(true, 'the second try works');
});

await main({ setup, teardown });
