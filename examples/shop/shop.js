// SPDX-License-Identifier: Apache-2.0
// The single-page shop on oidc-client-ts: sign in, list orders with the access token, renew, sign out.
'use strict';

const place = window.location;
const provider = `${place.protocol}//id.localhost:${place.port}`;
const api = `${place.protocol}//api.localhost:${place.port}`;
const manager = new oidc.UserManager({
	authority: provider,
	client_id: 'shop',
	redirect_uri: `${place.origin}/`,
	post_logout_redirect_uri: `${place.origin}/`,
	response_type: 'code',
	scope: 'openid profile email orders:read',
	automaticSilentRenew: false,
	loadUserInfo: true,
	revokeTokensOnSignout: true, // offline_access outlives the provider's session; this app's own sign-out ends it
	userStore: new oidc.WebStorageStateStore({ store: window.sessionStorage }),
});

const element = (id) => document.getElementById(id);
const show = (id, visible) => { element(id).hidden = !visible; };

function trouble(text) {
	element('trouble').textContent = text;
	show('trouble', true);
}

function row(list, name, value) {
	const term = document.createElement('dt');
	const detail = document.createElement('dd');
	term.textContent = name;
	detail.textContent = value;
	list.append(term, detail);
}

function showTokens(user) {
	const list = element('tokens');
	list.replaceChildren();
	row(list, 'Signed in as', `${user.profile.name} (${user.profile.sub})`);
	row(list, 'Scopes', user.scope);
	row(list, 'Access token until', new Date(user.expires_at * 1000).toLocaleTimeString());
	row(list, 'Access token', user.access_token);
	row(list, 'Refresh token', user.refresh_token ? 'yes' : 'no');
}

function card(order) {
	const box = document.createElement('article');
	const title = document.createElement('h2');
	const text = document.createElement('p');
	title.textContent = order.item;
	text.textContent = `Order ${order.id}, ${order.state}`;
	box.append(title, text);
	return box;
}

async function showOrders(user) {
	const reply = await fetch(`${api}/orders`, { headers: { Authorization: `Bearer ${user.access_token}` } });
	if (!reply.ok)
		throw new Error(`The orders cannot be shown now (${reply.status}).`);
	const { orders } = await reply.json();
	element('orders').replaceChildren(...orders.map(card));
}

async function showUser(user) {
	show('welcome', !user);
	show('sign-in', !user);
	show('account', user);
	show('sign-out', user);
	show('who', user);
	if (!user)
		return;
	element('who').textContent = user.profile.name;
	showTokens(user);
	await showOrders(user);
}

async function start() {
	const query = new URLSearchParams(place.search);
	if (query.has('code') || query.has('error')) {
		if (query.has('state'))
			await manager.signinCallback();
		window.history.replaceState({}, '', '/');
	} else if (query.has('state')) {
		await manager.signoutCallback();
		window.history.replaceState({}, '', '/');
	}
	await showUser(await manager.getUser());
}

async function attempt(action) {
	show('trouble', false);
	try {
		await action();
	} catch (error) {
		window.history.replaceState({}, '', '/');
		show('sign-in', true);
		trouble(error.message);
	}
}

element('sign-in').addEventListener('click', () => attempt(() => manager.signinRedirect()));
element('sign-out').addEventListener('click', () => attempt(() => manager.signoutRedirect()));
element('renew').addEventListener('click', () => attempt(async () => showUser(await manager.signinSilent())));
element('web-link').href = `${place.protocol}//web.localhost:${place.port}/`;
attempt(start);
