// The plugin's scripts, and the two ends of the hand-over of a token: the
// plugin's page and the merchant app's bridge.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const visits = read('../../tributary-connect/assets/visits.js');
const admin = read('../../tributary-connect/assets/admin.js');
const bridge = read('../../../../app/web/pages/plugin-bridge.js');
const click = 'A'.repeat(31) + '_';

function site({ search, consent = '', says, protocol = 'https:' }) {
  const written = [];
  const listeners = {};
  const state = { says };
  const window = { location: { search, protocol }, tributaryVisits: { cookie: 'tributary_visit', path: '/', consent } };
  if (says !== undefined) window.wp_has_consent = (c) => c === 'marketing' && state.says;
  const document = { addEventListener: (n, f) => (listeners[n] = f), set cookie(v) { written.push(v); } };
  vm.runInNewContext(visits, { window, document, URLSearchParams });
  return { written, change: (v) => { state.says = v; listeners.wp_listen_for_consent_change(); } };
}

test('a visit is kept for thirty days where nobody asks for consent', () => {
  const { written } = site({ search: `?ref=anna&utm_medium=influencer&utm_id=${click}` });
  assert.deepEqual(written, [`tributary_visit=${click}.anna; Max-Age=2592000; Path=/; SameSite=Lax; Secure`]);
});

test('with a consent plugin, it is kept when the visitor allows it and goes when they do not', () => {
  const s = site({ search: `?ref=anna&utm_medium=influencer&utm_id=${click}`, consent: '1', says: false });
  s.change(true);
  s.change(false);
  assert.deepEqual(s.written.map((w) => w.split(';').slice(0, 2).join(';')), ['tributary_visit=; Max-Age=0', `tributary_visit=${click}.anna; Max-Age=2592000`, 'tributary_visit=; Max-Age=0']);
  assert.deepEqual(site({ search: `?utm_medium=influencer&utm_id=${click}`, consent: '1' }).written.length, 1, 'before its script is there, nothing is kept');
});

test('only what our links write is kept', () => {
  for (const search of ['', `?utm_id=${click}`, `?utm_medium=email&utm_id=${click}`, '?utm_medium=influencer&utm_id=x', `?utm_medium=influencer&utm_id=${';'.repeat(32)}`]) {
    assert.deepEqual(site({ search }).written, [], search);
  }
  assert.match(site({ search: `?ref=a%3Bb&utm_medium=influencer&utm_id=${click}` }).written[0], new RegExp(`^tributary_visit=${click}\\.;`));
});

// frames connects the plugin's page with the bridge in its frame, as a browser
// does: messages reach only the origin they are for.
function frames({ shopOrigin = 'https://shop.example', appOrigin = 'https://app.example', told = appOrigin, refuse = false } = {}) {
  const heard = { shop: [], app: [] };
  const log = [];
  let minted = 0;
  const target = (list, mine, from, origin) => ({
    postMessage(data, to) {
      log.push({ data, to });
      if (to === mine) for (const f of [...list]) f({ data: JSON.parse(JSON.stringify(data)), origin, source: from() });
    },
  });
  const shopWindow = target(heard.shop, shopOrigin, () => appWindow, appOrigin);
  const appWindow = target(heard.app, appOrigin, () => shopWindow, shopOrigin);
  const listen = (list) => ({ addEventListener: (_, f) => list.push(f), removeEventListener: (_, f) => list.splice(list.indexOf(f), 1) });
  vm.runInNewContext(admin, {
    window: { tributaryAdmin: { ajax: '/ajax', action: 'tributary_token', nonce: 'n', origin: told }, ...listen(heard.shop) },
    document: { getElementById: () => ({ contentWindow: appWindow }) },
    URLSearchParams,
    fetch: async (url, init) => {
      assert.deepEqual([url, init.method, init.credentials, init.body.toString()], ['/ajax', 'POST', 'same-origin', 'action=tributary_token&nonce=n']);
      return { ok: !refuse, json: async () => (refuse ? { success: false } : { success: true, data: { token: `jwt-${++minted}` } }) };
    },
  });
  const swapped = [];
  const clock = { now: 1_000_000 };
  const app = { parent: shopWindow, ...listen(heard.app) };
  vm.runInNewContext(bridge, {
    window: app,
    document: { currentScript: { dataset: { admin: shopOrigin } } },
    crypto: globalThis.crypto, Uint8Array, Array, Promise, JSON, Error,
    Date: { now: () => clock.now },
    setTimeout: () => 0, clearTimeout: () => {},
    fetch: async (url, init) => {
      assert.equal(url, '/auth/woocommerce');
      assert.equal(init.credentials, 'omit', 'no cookies');
      swapped.push(JSON.parse(init.body).token);
      return { ok: true, json: async () => ({ session: `tws_${swapped.length}`, expires_in: 600 }) };
    },
  });
  return { app, swapped, clock, log, heard, shopWindow, appWindow };
}

test('the app gets a session by message, keeps it in memory and renews it in time', async () => {
  const { app, swapped, clock, log, heard } = frames();
  const both = await Promise.all([app.shopify.idToken(), app.shopify.idToken()]);
  assert.deepEqual(both, ['tws_1', 'tws_1']);
  assert.deepEqual(swapped, ['jwt-1'], 'one token for both');
  clock.now += 539_000;
  assert.equal(await app.shopify.idToken(), 'tws_1');
  clock.now += 2_000;
  assert.equal(await app.shopify.idToken(), 'tws_2');
  assert.deepEqual(swapped, ['jwt-1', 'jwt-2']);
  assert.ok(log.every((m) => m.to === 'https://app.example' || m.to === 'https://shop.example'), 'never to anybody');
  assert.equal(heard.app.length, 0, 'nobody listens on');
});

test('a refusal is told, and another origin is never answered', async () => {
  await assert.rejects(frames({ refuse: true }).app.shopify.idToken(), /did not let you in/);
  const { app, log } = frames({ told: 'https://else.example' });
  const asked = app.shopify.idToken();
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(log.map((m) => m.data.type), ['tributary:ask-token']);
  asked.catch(() => {});
});

test('a token that was not asked for is not taken', async () => {
  const { app, swapped, heard, shopWindow } = frames({ told: 'https://else.example' });
  app.shopify.idToken().catch(() => {});
  for (const forged of [
    { data: { type: 'tributary:token', id: 'x', token: 'forged' }, origin: 'https://shop.example', source: shopWindow },
    { data: { type: 'tributary:token', token: 'forged' }, origin: 'https://evil.example', source: {} },
  ]) for (const f of [...heard.app]) f(forged);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(swapped, []);
});

test('scripts write text only and load nothing from elsewhere', () => {
  for (const name of ['visits', 'admin', 'countdown', 'block']) {
    assert.doesNotMatch(read(`../../tributary-connect/assets/${name}.js`), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\/|localStorage/, name);
  }
});
