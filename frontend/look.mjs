// Looks at the app in Chromium as a merchant does, in the sandbox store's admin:
//
//   node look.mjs test ADMIN_URL              home → orders → why
//   node look.mjs shots ADMIN_URL DIRECTORY   takes the pictures of the docs
//
// Any message in the console, such as of the security policy, fails it.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [what, admin, directory] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!executablePath) throw new Error('no Chromium here: set CHROMIUM');

const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const complaints = [];

function check(ok, what) {
  if (!ok) throw new Error(what);
  console.log(`  ok  ${what}`);
}

// open opens the admin and gives the frame the app is in.
async function open(context, path = '') {
  const page = await context.newPage();
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`${page.url()} ${m.text()}`));
  page.on('pageerror', (e) => complaints.push(`${page.url()} ${e}`));
  await page.goto(admin);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  await frame.waitForSelector('h1');
  if (path) {
    await frame.evaluate((p) => { history.pushState(null, '', p); dispatchEvent(new PopStateEvent('popstate')); }, path);
    await frame.waitForSelector('h1');
  }
  return { page, frame };
}

async function test() {
  const { page, frame } = await open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  await frame.waitForSelector('text=Conversions');
  check((await frame.locator('main').textContent()).includes('sold'), 'home shows what was sold');
  await frame.waitForSelector('text=● live');
  await frame.waitForSelector('main >> text=why?', { timeout: 30_000 });
  check(true, 'home shows what happens, live');
  const policy = await frame.evaluate(async () => (await fetch(location.href)).headers.get('content-security-policy'));
  check(!policy.includes('unsafe') && policy.includes(`frame-ancestors ${new URL(admin).origin}`), 'the policy lets the admin frame it, and nothing inline run');
  check(!frame.url().includes('id_token') && frame.url().includes('shop='), 'the address keeps the shop and loses the token');

  await frame.click('nav >> text=Orders');
  await frame.waitForSelector('h1:has-text("Orders")');
  await frame.waitForSelector('tbody tr');
  check((await frame.locator('tbody tr').count()) > 10, 'orders are listed');
  await frame.click('tbody tr:has-text("attributed") >> nth=0 >> a >> nth=0');
  await frame.waitForSelector('[data-testid=why]');
  const why = await frame.locator('[data-testid=why]').textContent();
  check(/won/.test(why), `an order tells why: ${why.slice(0, 90)}…`);
  check((await frame.locator('section:has-text("Earned")').last().textContent()).includes('USD'), 'and what it earns');

  await frame.evaluate(() => location.reload());
  const again = await (await page.waitForSelector('iframe')).contentFrame();
  await again.waitForSelector('[data-testid=why]');
  check(true, 'the page can be loaded again inside the admin');

  await again.press('body', 'Control+k');
  await again.fill('[placeholder="A page, or somebody\'s name"]', 'payo');
  await again.waitForTimeout(300);
  await again.press('[placeholder="A page, or somebody\'s name"]', 'Enter');
  await again.waitForSelector('h1:has-text("Payouts")');
  check(true, 'the palette goes to a page');
  await again.waitForSelector('tbody tr');
  check((await again.locator('tbody').first().textContent()).includes('USD'), 'payouts show amounts with their currency');
}

// rivals goes to an order that more than one touch had a part in.
async function rivals(f) {
  for (let n = 0; n < 20; n++) {
    await f.click('nav >> text=Orders');
    await f.click(`tbody tr:has-text("attributed") >> nth=${n} >> a >> nth=0`);
    await f.waitForSelector('[data-testid=why]');
    if (await f.locator('[data-testid=why] > *').count() > 1 && !(await f.locator('[aria-label=Earned]').textContent()).includes(' 0.00 ')) return;
  }
}

async function shots() {
  await new Promise((done) => setTimeout(done, 30_000)); // some live trade
  const places = [
    { name: 'app-home', size: [1280, 860] },
    { name: 'app-home-dark', size: [1280, 860], dark: true },
    { name: 'app-home-phone', size: [390, 844] },
    { name: 'app-why', size: [1280, 760], go: rivals },
    { name: 'app-payouts', size: [1280, 760], go: async (f) => { await f.click('nav >> text=Payouts'); await f.waitForSelector('section:has-text("Balances") tbody tr'); } },
    ...(process.env.ALL ? [
      { name: 'x-orders', size: [1280, 800], go: async (f) => { await f.click('nav >> text=Orders'); await f.waitForSelector('tbody tr'); } },
      { name: 'x-influencers', size: [1280, 700], go: async (f) => { await f.click('nav >> text=Influencers'); await f.waitForSelector('tbody tr'); } },
      { name: 'x-influencer', size: [1280, 1300], go: async (f) => { await f.click('nav >> text=Influencers'); await f.click('tbody tr >> nth=0 >> a'); await f.waitForSelector('section:has-text("Earnings") tbody tr'); } },
      { name: 'x-agreement', size: [1280, 1000], go: async (f) => { await f.click('nav >> text=Agreements'); await f.click('tbody tr >> nth=0 >> a'); await f.waitForSelector('text=Hash'); } },
      { name: 'x-campaigns', size: [1280, 600], go: async (f) => { await f.click('nav >> text=Campaigns'); await f.waitForSelector('tbody tr'); } },
      { name: 'x-codes', size: [1280, 700], go: async (f) => { await f.click('nav >> text=Codes'); await f.waitForSelector('tbody tr'); } },
      { name: 'x-payout', size: [1280, 900], go: async (f) => { await f.click('nav >> text=Payouts'); await f.click('[aria-label=Batches] tbody a >> nth=0'); await f.waitForSelector('section:has-text("Lines") tbody tr'); } },
      { name: 'x-orders-phone', size: [390, 844], go: async (f) => { await f.click('[aria-label=Menu]'); await f.click('nav >> text=Orders'); await f.waitForSelector('tbody tr'); } },
      { name: 'x-why-phone', size: [390, 844], go: async (f) => { await f.click('[aria-label=Menu]'); await f.click('nav >> text=Orders'); await f.click('tbody tr:has-text("attributed") >> nth=1 >> a >> nth=0'); await f.waitForSelector('[data-testid=why]'); } },
    ] : []),
  ];
  for (const p of places) {
    const context = await browser.newContext({ viewport: { width: p.size[0], height: p.size[1] }, colorScheme: p.dark ? 'dark' : 'light', reducedMotion: 'reduce' });
    const { page, frame } = await open(context);
    await frame.waitForSelector('text=● live');
    if (p.go) await p.go(frame);
    await page.waitForTimeout(900); // what fades in
    await page.screenshot({ path: `${directory}/${p.name}.png` });
    console.log(`${directory}/${p.name}.png`);
    await context.close();
  }
}

try {
  await (what === 'shots' ? shots() : test());
  if (complaints.length) throw new Error(`the console says:\n${complaints.join('\n')}`);
} finally {
  await browser.close();
}
