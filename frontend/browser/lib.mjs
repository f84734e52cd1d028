// What every journey needs: the browser, the admins of the stores, and the app in
// their frames. Any message in the console, such as of the security policy, fails a
// journey.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const admins = { shopify: process.env.SHOPIFY, woo: process.env.WOO };
export const complaints = [];

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!executablePath) throw new Error('no Chromium here: set CHROMIUM');

const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
export const close = () => browser.close();

let last; // the app that was opened last

// scene is what somebody would see now, for whoever reads why a journey failed.
export async function scene() {
  if (!last) return 'nothing was opened';
  const f = await last.inner().catch(() => null);
  const text = f && (await f.evaluate(() => `${location.pathname}${location.search}\n${document.body.innerText}`).catch(String));
  return String(text).slice(0, 3000);
}

const patience = 60_000;

export const say = (text) => console.log(text);

export function check(ok, what) {
  if (!ok) throw new Error(what);
  console.log(`  ok  ${what}`);
}

// context is a browser of somebody else.
export async function context(options = {}) {
  const c = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  c.setDefaultTimeout(patience);
  return c;
}

// open opens an admin as one of its users and gives the frame the app is in.
export async function open(c, { admin = admins.shopify, user = 1, path = '' } = {}) {
  const page = await c.newPage();
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`${page.url()} ${m.text()}`));
  page.on('pageerror', (e) => complaints.push(`${page.url()} ${e}`));
  await page.goto(`${admin}${admin.includes('?') ? '&' : '?'}user=${user}`);
  const app = new App(page);
  last = app;
  await app.see('h1');
  if (path) await app.go(path);
  return app;
}

// App is the app inside an admin's frame. The frame may load another page on its
// way, so it is looked up each time.
export class App {
  constructor(page) {
    this.page = page;
    this.frame = page.frameLocator('iframe');
  }

  on(selector) {
    return this.frame.locator(selector).first();
  }

  async see(selector, timeout = patience) {
    await this.on(selector).waitFor({ timeout });
  }

  text(selector) {
    return this.on(selector).textContent();
  }

  click(selector) {
    return this.on(selector).click();
  }

  fill(label, value) {
    return this.frame.getByLabel(label).first().fill(value);
  }

  button(name) {
    return this.frame.getByRole('button', { name, exact: true }).first();
  }

  // run runs a function in the app's own window.
  run(f, arg) {
    return this.on('body').evaluate((_, [text, a]) => new Function('a', `return (${text})(a)`)(a), [f.toString(), arg]);
  }

  async inner() {
    return (await (await this.page.waitForSelector('iframe')).contentFrame());
  }

  // go goes to a page of the app as its own links do.
  async go(path) {
    const f = await this.inner();
    await f.evaluate((p) => {
      history.pushState(null, '', p);
      dispatchEvent(new PopStateEvent('popstate'));
    }, `/app${path}`);
    await this.see('h1');
  }

  // api calls the API as whoever is at work in the frame.
  async api(method, path, body) {
    const f = await this.inner();
    return f.evaluate(
      async ([method, path, body]) => {
        const token = await window.shopify.idToken();
        const r = await fetch(`/api/v1${path}`, { method, headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) }, body: body && JSON.stringify(body) });
        const data = await r.json();
        if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${JSON.stringify(data)}`);
        return data;
      },
      [method, path, body],
    );
  }
}

// forgive forgets what the console said of refusals that were provoked.
export function forgive(what) {
  const kept = complaints.filter((c) => !what.test(c));
  complaints.splice(0, complaints.length, ...kept);
}

// visit opens an address as a shopper: by its own name, Chromium is a robot here.
export async function visit(url) {
  const page = await (await context({ userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36' })).newPage();
  await page.goto(url);
  return page;
}

// clock is what a zone's clock shows at an instant, as a datetime-local input has it.
export function clock(at, zone) {
  const p = {};
  for (const { type, value } of new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(at)) p[type] = value;
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}

// play makes something happen in the Shopify store of an empty demo.
export async function play(what) {
  const r = await fetch(new URL(`/play/${what}`, admins.shopify), { method: 'POST' });
  if (!r.ok) throw new Error(`${what}: ${await r.text()}`);
  return r.json();
}

// until asks again until something is so.
export async function until(what, f, timeout = patience) {
  const end = Date.now() + timeout;
  for (;;) {
    const r = await f();
    if (r) return r;
    if (Date.now() > end) throw new Error(`it never came: ${what}`);
    await new Promise((done) => setTimeout(done, 300));
  }
}

// pages are all pages of the app, the first of each kind that has something.
export async function pages(app) {
  const first = async (path, to) => {
    const l = await app.api('GET', path);
    return l.data?.[0] ? [to(l.data[0].id)] : [];
  };
  const nav = await app.frame.locator('nav a').evaluateAll((links) => links.map((a) => new URL(a.href).pathname.replace(/^\/app/, '') || '/'));
  return [
    ...nav,
    '/campaigns/new',
    '/codes?tab=discounts',
    '/codes?tab=links',
    '/payouts?tab=next',
    '/payouts?tab=balances',
    '/payouts?tab=statements',
    ...(await first('/orders?outcome=attributed&limit=1', (id) => `/orders/${id}`)),
    ...(await first('/influencers?limit=1', (id) => `/influencers/${id}`)),
    ...(await first('/campaigns?limit=1', (id) => `/campaigns/${id}`)),
    ...(await first('/agreements?limit=1', (id) => `/agreements/${id}`)),
    ...(await first('/payouts?limit=1', (id) => `/payouts/${id}`)),
    ...(await first('/pages?limit=1', (id) => `/landing-pages/${id}`)),
    ...(await first('/pages?limit=1', (id) => `/landing-pages/${id}/edit`)),
    ...(await first('/live-sessions?limit=1&state=ended', (id) => `/live/${id}`)),
    ...(await first('/giveaways?limit=1&state=drawn', (id) => `/giveaways/${id}`)),
    ...(await first('/leads?limit=1', (id) => `/leads/lead/${id}`)),
    ...(await first('/posts?limit=1', (id) => `/content/post/${id}`)),
    ...['leads/forms', 'leads/files', 'leads/crm', 'content/files', 'content/sources', 'review/failed', 'review/connections'].map((p) => `/${p}`),
    ...['defaults', 'keys', 'domains', 'privacy', 'integrations'].map((p) => `/settings/${p}`),
    '/reports?dim=influencer&days=90&measures=orders,net,earned,roi',
  ];
}

// settled waits until a page has loaded what it shows.
export async function settled(app) {
  await app.see('h1');
  await until('the end of loading', async () => (await app.frame.locator('main [aria-busy=true]').count()) === 0, 30_000);
}
