// The storefront script, run with a page, a consent banner and a cart of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../tributary-pages/assets/tributary-visits.js', import.meta.url), 'utf8');
const click = 'A'.repeat(31) + '-';
const landing = `?ref=anna&utm_medium=influencer&utm_id=${click}`;

// shop opens a page; allowed is what the Customer Privacy API says, undefined: it
// is not there yet.
function shop({ search = landing, allowed, pages = [], statuses = [200], dataset = {} }) {
  const calls = [];
  const listeners = {};
  const privacy = { allowed };
  const Shopify = {
    loadFeatures: (features, then) => {
      assert.deepEqual(JSON.parse(JSON.stringify(features)), [{ name: 'consent-tracking-api', version: '0.1' }]);
      Shopify.customerPrivacy = { marketingAllowed: () => privacy.allowed === true };
      then();
    },
  };
  if (allowed !== undefined) Shopify.customerPrivacy = { marketingAllowed: () => privacy.allowed };
  const element = { dataset: { root: '/de', proxy: '/apps/creator', views: 'true', design: 'false', ...dataset } };
  const context = {
    window: { location: { search }, Shopify },
    document: { getElementById: () => element, addEventListener: (n, f) => (listeners[n] = f), querySelectorAll: () => pages.map((dataset) => ({ dataset })) },
    fetch: async (url, init) => {
      calls.push({ url, ...init });
      return { status: url.endsWith('update.js') ? statuses.shift() ?? 200 : 204 };
    },
    URLSearchParams, Set, JSON, Promise,
    setTimeout: (f) => f(),
  };
  vm.runInNewContext(source, context);
  return { calls, collect: (answer) => { privacy.allowed = answer; listeners.visitorConsentCollected?.(); } };
}
const later = () => new Promise((done) => setImmediate(done));

test('a visit goes into the cart in the names that orders are read by', async () => {
  const { calls } = shop({ allowed: true });
  await later();
  assert.equal(calls.length, 1);
  assert.equal(calls[0].url, '/de/cart/update.js');
  assert.deepEqual(JSON.parse(calls[0].body), { attributes: { _tributary_click_id: click, _tributary_ref: 'anna' } });
});

test('without consent nothing is sent, and with it, once', async () => {
  const s = shop({ allowed: false, pages: [{ tributaryPage: 'anna', tributaryShown: 'a1' }] });
  await later();
  assert.equal(s.calls.length, 0);
  s.collect(false);
  assert.equal(s.calls.length, 0);
  s.collect(true);
  s.collect(true);
  await later();
  assert.deepEqual(s.calls.map((c) => c.url), ['/de/cart/update.js', '/apps/creator/pages/anna/seen?v=a1']);
});

test('the privacy API is loaded when it is not there', async () => {
  const s = shop({ allowed: undefined });
  await later();
  assert.equal(s.calls.length, 0);
  s.collect(true);
  await later();
  assert.equal(s.calls.length, 1);
});

test('only what our links write is taken', async () => {
  for (const search of ['', '?utm_id=' + click, `?utm_medium=email&utm_id=${click}`, '?utm_medium=influencer&utm_id=short', `?utm_medium=influencer&utm_id=${'<'.repeat(32)}`]) {
    const { calls } = shop({ search, allowed: true });
    await later();
    assert.equal(calls.length, 0, search);
  }
  const { calls } = shop({ search: landing.replace('anna', '%3Cb%3E'), allowed: true });
  await later();
  assert.deepEqual(JSON.parse(calls[0].body).attributes, { _tributary_click_id: click });
});

test('a busy cart is asked once more', async () => {
  const { calls } = shop({ allowed: true, statuses: [429, 200] });
  await later();
  await later();
  assert.equal(calls.length, 2);
});

test('views are counted once a page, and only of pages', async () => {
  const pages = [{ tributaryPage: 'anna', tributaryShown: 'b12' }, { tributaryPage: 'anna', tributaryShown: 'b12' }, { tributaryPage: '../x', tributaryShown: 'a1' }, { tributaryPage: 'ben', tributaryShown: 'a1&x=1' }];
  const { calls } = shop({ search: '', allowed: true, pages });
  await later();
  assert.deepEqual(calls.map((c) => c.url), ['/apps/creator/pages/anna/seen?v=b12']);
  const off = shop({ search: '', allowed: true, pages, dataset: { views: 'false' } });
  await later();
  assert.equal(off.calls.length, 0);
  const editor = shop({ allowed: true, pages, dataset: { design: 'true' } });
  await later();
  assert.equal(editor.calls.length, 0);
});
