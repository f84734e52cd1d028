// demo: past
// Every page, light and dark and on a phone, by axe: nothing serious.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { check, context, open, pages, settled } from '../lib.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export default async function () {
  const found = [];
  let looked = 0;
  for (const [name, options] of [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
  ]) {
    const app = await open(await context(options));
    await settled(app);
    for (const path of await pages(app)) {
      await app.go(path);
      await settled(app);
      await app.page.waitForTimeout(150);
      const f = await app.inner();
      await f.evaluate(axe);
      const r = await f.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      looked++;
      for (const v of r.violations.filter((v) => ['serious', 'critical'].includes(v.impact)))
        found.push(`${name} ${path}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
      if (name === 'phone') {
        const wide = await f.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 1) found.push(`phone ${path}: ${wide} px wider than the screen`);
      }
    }
  }
  check(found.length === 0, found.length ? `axe:\n${found.join('\n')}` : `axe finds nothing serious on ${looked} views, and nothing is wider than a phone`);
}
