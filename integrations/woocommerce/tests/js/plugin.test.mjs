// The plugin's scripts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const visits = read('../../tributary-connect/assets/visits.js');
const admin = read('../../tributary-connect/assets/admin.js');
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

// page is the plugin's page in wp-admin with the app in its frame.
function page({ refuse = false } = {}) {
  const sent = [];
  let hear;
  let asked = 0;
  const frame = { postMessage: (data, to) => sent.push({ ...data, to }) };
  vm.runInNewContext(admin, {
    window: { tributaryAdmin: { ajax: '/ajax', action: 'tributary_token', nonce: 'n', origin: 'https://app.example' }, addEventListener: (_, f) => (hear = f) },
    document: { getElementById: () => ({ contentWindow: frame }) },
    URLSearchParams,
    fetch: async (url, init) => {
      asked++;
      assert.deepEqual([url, init.method, init.credentials, init.body.toString()], ['/ajax', 'POST', 'same-origin', 'action=tributary_token&nonce=n']);
      return { ok: !refuse, json: async () => (refuse ? { success: false } : { success: true, data: { token: 'jwt' } }) };
    },
  });
  return { sent, frame, asked: () => asked, tell: (e) => hear({ source: frame, origin: 'https://app.example', data: { type: 'tributary:session', number: 3 }, ...e }) };
}

test('the app in the frame gets a token when it asks, in the words it understands', async () => {
  const p = page();
  await p.tell({});
  assert.deepEqual(p.sent, [{ type: 'tributary:session', number: 3, token: 'jwt', to: 'https://app.example' }]);
  const app = read('../../../../frontend/src/shared/session.ts');
  for (const word of ["type: 'tributary:session', number: n", "m?.type !== 'tributary:session'", 'm.token']) assert.ok(app.includes(word), `the app says ${word}`);
});

test('nobody else gets one', async () => {
  const p = page();
  for (const e of [{ origin: 'https://evil.example' }, { source: {} }, { data: null }, { data: { type: 'tributary:session' } }, { data: { type: 'other', number: 3 } }]) await p.tell(e);
  assert.deepEqual([p.sent, p.asked()], [[], 0]);
  const refused = page({ refuse: true });
  await refused.tell({});
  assert.deepEqual(refused.sent, []);
});

test('scripts write text only and load nothing from elsewhere', () => {
  for (const name of ['visits', 'admin', 'countdown', 'block']) {
    assert.doesNotMatch(read(`../../tributary-connect/assets/${name}.js`), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\/|localStorage/, name);
  }
});
