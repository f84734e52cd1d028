// demo: past
// A day's work: home, orders, why, lists, the palette.
import { readFile } from 'node:fs/promises';
import { admins, check, context, open, settled } from '../lib.mjs';

export default async function () {
  const app = await open(await context());
  await app.see('text=Conversions');
  check((await app.text('main')).includes('sold'), 'home shows what was sold');
  await app.see('text=● live');
  await app.see('main >> text=why?');
  check(true, 'home shows what happens, live');
  const f = await app.inner();
  const policy = await f.evaluate(async () => (await fetch(location.href)).headers.get('content-security-policy'));
  check(!policy.includes('unsafe') && policy.includes(`frame-ancestors ${new URL(admins.shopify).origin}`), 'the policy lets the admin frame it, and nothing inline run');
  check(!f.url().includes('id_token') && f.url().includes('shop='), 'the address keeps the shop and loses the token');

  await app.click('nav >> text=Orders');
  await app.see('tbody tr');
  check((await app.frame.locator('tbody tr').count()) > 10, 'orders are listed');
  await app.frame.getByLabel('Any outcome').first().click();
  await app.click('[role=option]:has-text("attributed")');
  await settled(app);
  check((await app.inner()).url().includes('outcome=attributed'), 'what a list is narrowed by stands in the address');
  const [file] = await Promise.all([app.page.waitForEvent('download'), app.button('CSV').click()]);
  const csv = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  check(csv[0].startsWith('Order,When,') && csv[0].endsWith('Total,Total currency') && csv.length > 11, `and can be saved: ${csv.length - 1} rows`);
  await app.button('Columns').click();
  await app.click('[role=menuitemcheckbox]:has-text("Store’s id")');
  await app.page.keyboard.press('Escape');
  await app.see('th:has-text("Store’s id")');
  check(true, 'columns can be chosen');
  await app.click('tbody tr >> a');
  await app.see('[data-testid=why]');
  const why = await app.text('[data-testid=why]');
  check(/won/.test(why), `an order tells why: ${why.slice(0, 90)}…`);
  check((await app.text('section[aria-label=Earned]')).includes('USD'), 'and what it earns');

  const at = (await app.inner()).url();
  await (await app.inner()).evaluate(() => location.reload());
  await app.see('[data-testid=why]');
  const again = (await app.inner()).url();
  check(new URL(again).pathname === new URL(at).pathname && !again.includes('id_token'), 'the page can be loaded again inside the admin, and fetches a new session on the way');

  await app.on('body').press('Control+k');
  await app.on('[placeholder="A page, or somebody\'s name"]').fill('payo');
  await app.page.waitForTimeout(300);
  await app.on('[placeholder="A page, or somebody\'s name"]').press('Enter');
  await app.see('h1:has-text("Payouts")');
  check(true, 'the palette goes to a page');
  await app.see('tbody tr');
  check((await app.text('tbody')).includes('USD'), 'payouts show amounts with their currency');
  await app.go('/payouts?tab=balances');
  await app.see('tbody tr');
  check((await app.text('tbody')).includes('USD'), 'and so do balances');
}
