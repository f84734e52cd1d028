// What Shopify's CLI checks of a theme app extension before it takes it, and
// what its security check looks for.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from '@shopify/theme-check-node';

const root = fileURLToPath(new URL('../tributary-pages', import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile())
  .map((f) => join(f.parentPath ?? f.path, f.name));
const named = (dir, ext) => files.filter((f) => relative(root, f).startsWith(dir + '/') && f.endsWith(ext));
const read = (f) => readFileSync(f, 'utf8');
const schemaOf = (f) => JSON.parse(/{%-? *schema *-?%}([\s\S]*?){%-? *endschema *-?%}/.exec(read(f))[1]);

test('theme-check finds nothing', async () => {
  const offenses = await check(root, fileURLToPath(new URL('theme-check.yml', import.meta.url)));
  assert.deepEqual(offenses.map((o) => `${o.check}: ${o.message} (${o.uri.split('/').slice(-2).join('/')}:${o.start.line + 1})`), []);
});

test('it has the files and sizes that Shopify takes', () => {
  const size = (list) => list.reduce((n, f) => n + statSync(f).size, 0);
  const liquid = files.filter((f) => f.endsWith('.liquid'));
  assert.ok(size(files) <= 10 << 20);
  assert.ok(size(liquid) <= 500 << 10);
  assert.ok(named('blocks', '.liquid').length <= 30);
  const allowed = { assets: ['.jpg', '.jpeg', '.json', '.js', '.css', '.png', '.svg', '.wasm'], blocks: ['.liquid'], snippets: ['.liquid'], locales: ['.json'] };
  for (const f of files) {
    const [dir, ...rest] = relative(root, f).split('/');
    if (rest.length === 0) assert.equal(dir, 'shopify.extension.toml');
    else assert.ok(rest.length === 1 && allowed[dir]?.includes(extname(f)), relative(root, f));
  }
  assert.match(read(join(root, 'shopify.extension.toml')), /^type = "theme"$/m);
  for (const f of named('assets', '.js')) assert.ok(statSync(f).size < 10_000, 'storefront scripts stay small');
  for (const f of named('assets', '.css')) assert.ok(statSync(f).size < 100_000);
});

test('every section of a page has a block, and its assets are there', () => {
  const blocks = named('blocks', '.liquid').map((f) => relative(join(root, 'blocks'), f).replace('.liquid', ''));
  const sections = ['hero', 'words', 'products', 'banner', 'countdown', 'reviews', 'faq', 'lead-form', 'giveaway', 'disclosure'];
  assert.deepEqual(blocks.sort(), [...sections, 'page', 'visits'].sort());
  const keys = JSON.parse(read(join(root, 'locales/en.default.schema.json')));
  const ids = new Set();
  for (const f of named('blocks', '.liquid')) {
    const s = schemaOf(f);
    assert.ok(['section', 'head', 'body'].includes(s.target), f);
    for (const asset of [s.stylesheet, s.javascript].filter(Boolean)) assert.ok(statSync(join(root, 'assets', asset)).isFile());
    for (const text of JSON.stringify(s).match(/"t:[^"]+"/g) ?? []) {
      const at = text.slice(3, -1).split('.').reduce((o, k) => o?.[k], keys);
      assert.equal(typeof at, 'string', `${text} in ${f}`);
    }
    ids.add(s.name);
    for (const name of Object.values(keys.blocks)) assert.ok(name.name.length <= 25, 'Shopify shortens longer names');
  }
  assert.equal(ids.size, blocks.length);
  const page = read(join(root, 'snippets/tributary-section.liquid'));
  for (const s of sections.filter((s) => s !== 'disclosure')) assert.ok(page.includes(`'${s.replace('-', '_')}'`), s);
});

test('locales have the same keys and placeholders', () => {
  const flat = (o, at = '') => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' ? flat(v, `${at}${k}.`) : [[at + k, (v.match(/{{.*?}}/g) ?? []).join()]]));
  for (const [en, de] of [['en.default.json', 'de.json'], ['en.default.schema.json', 'de.schema.json']]) {
    assert.deepEqual(flat(JSON.parse(read(join(root, 'locales', de)))), flat(JSON.parse(read(join(root, 'locales', en)))));
  }
});

test('nothing of a page or a setting is printed unescaped', () => {
  const safe = /\| *(escape_once|escape|handle|json *\| *escape|t\b|t: [^|]+|date: [^|]+)( *\| *newline_to_br)? *$/;
  const known = new Set(['attributes', 'size']); // block.shopify_attributes is markup of Shopify's; sizes are ours
  for (const f of files.filter((f) => f.endsWith('.liquid'))) {
    for (const [, output] of read(f).replace(/{%-? *schema[\s\S]*/, '').matchAll(/{{-? *([\s\S]*?) *-?}}/g)) {
      assert.ok(known.has(output) || safe.test(output), `${relative(root, f)}: {{ ${output} }}`);
    }
  }
});

test('scripts are files of ours, and write text only', () => {
  for (const f of files.filter((f) => f.endsWith('.liquid'))) assert.doesNotMatch(read(f), /<script|\son[a-z]+=|javascript:|https?:\/\//i, f);
  for (const f of named('assets', '.js')) assert.doesNotMatch(read(f), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:\/\/|localStorage|document\.cookie/, f);
  for (const f of named('assets', '.css')) assert.doesNotMatch(read(f), /@import|url\(/, f);
});
