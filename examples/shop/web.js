// SPDX-License-Identifier: Apache-2.0
// The cart page: everything goes to its own origin with the session cookie; there is no token here to steal.
'use strict';

const element = (id) => document.getElementById(id);

function trouble(text) {
	element('trouble').textContent = text;
	element('trouble').hidden = !text;
}

function showCart({ items }) {
	element('cart').replaceChildren(...items.map((item) => {
		const row = document.createElement('li');
		row.textContent = item;
		return row;
	}));
}

async function ask(method, body) {
	const reply = await fetch('/cart', {
		method,
		headers: body ? { 'Content-Type': 'application/json' } : {},
		body: body && JSON.stringify(body),
		redirect: 'manual',
	});
	if (reply.type === 'opaqueredirect' || reply.status === 401) {
		window.location.assign('/');
		return;
	}
	if (!reply.ok)
		throw new Error(`The cart cannot be shown now (${reply.status}).`);
	showCart(await reply.json());
}

function attempt(promise) {
	trouble('');
	promise.catch((error) => trouble(error.message));
}

element('add').addEventListener('submit', (event) => {
	event.preventDefault();
	const item = element('item').value.trim();
	element('add').reset();
	attempt(ask('POST', { item }));
});
// The gateway says who is signed in; only its own origin may ask.
async function showWho() {
	const who = await (await fetch('/_ostiary/session')).json();
	element('who').textContent = who.name || who.sub || '';
}

attempt(ask('GET'));
attempt(showWho());
