// Pictures of every page: light, dark and on a phone.
import { mkdirSync } from 'node:fs';
import { context, open, pages, settled } from './lib.mjs';

const name = (path) => (path === '/' ? 'home' : path.replace(/^\//, '').replace(/[a-z]+_\d+|\d{6,}/, 'one').replace(/[/?=]+/g, '-'));

export default async function (directory) {
  mkdirSync(directory, { recursive: true });
  await new Promise((done) => setTimeout(done, 20_000)); // some live trade
  const only = process.env.ONLY?.split(',');
  for (const [look, options] of [
    ['', { colorScheme: 'light' }],
    ['-dark', { colorScheme: 'dark' }],
    ['-phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
  ]) {
    const app = await open(await context(options));
    for (const path of await pages(app)) {
      const file = `${directory}/app-${name(path)}${look}.jpg`;
      if (only && !only.includes(name(path))) continue;
      await app.go(path);
      await settled(app);
      await app.page.waitForTimeout(500); // what fades in
      await app.page.screenshot({ path: file, type: 'jpeg', quality: 72 });
      console.log(file);
    }
  }
}
