import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
const [admin, ...names] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const complaints = [];
const check = (ok, what) => { if (!ok) throw new Error(what); console.log(`  ok  ${what}`); };
async function open(path) {
  const context = await browser.newContext({ viewport: { width: Number(process.env.W ?? 1280), height: Number(process.env.H ?? 900) }, reducedMotion: 'reduce', colorScheme: process.env.DARK ? 'dark' : 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`${m.text()} ${m.location().url}`));
  page.on('pageerror', (e) => complaints.push(`${e}`));
  await page.goto(admin);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  await frame.waitForSelector('h1');
  await go(frame, path);
  last = page;
  return { page, frame };
}
let last;
async function go(frame, path) {
  await frame.evaluate((p) => { history.pushState(null, '', '/app' + p); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await frame.waitForSelector('h1');
}
const api = (frame, method, path, body) => frame.evaluate(async ([method, path, body]) => {
  const token = await window.shopify.idToken();
  const r = await fetch('/api/v1' + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  const answer = await r.json();
  if (!r.ok) throw new Error(JSON.stringify(answer));
  return answer;
}, [method, path, body]);
const typed = async (locator, text) => { await locator.fill(text); };
const clock = (at, zone) => { const p = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(at).map((x) => [x.type, x.value])); return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`; };
const visit = async (url) => { const c = await browser.newContext(); const p = await c.newPage(); await p.goto(url); return p; };
try {
  for (const n of names) {
    if (n === 'shots') {
      const { page, frame } = await open('/landing-pages');
      for (const [name, path, wait] of JSON.parse(process.env.SHOTS)) {
        await go(frame, path);
        try { await frame.waitForSelector(wait ?? 'main h1', { timeout: 8000 }); } catch (e) { console.log('wait failed', name); }
        await page.waitForTimeout(900);
        await page.screenshot({ path: `/tmp/pagesdemo/${process.env.PRE ?? ''}${name}.png` });
      }
      continue;
    }
    console.log(n);
    await (await import(`./browser/${n}.mjs`)).default({ admin: open, check, api, typed, clock, visit, program: '../bin/tributary' });
  }
  if (complaints.length) throw new Error(`the console says:\n${complaints.join('\n')}`);
} catch (e) {
  console.log(e);
  if (complaints.length) console.log(complaints.join('\n'));
  if (last) await last.screenshot({ path: '/tmp/pagesdemo/fail.png' });
  process.exitCode = 1;
} finally { await browser.close(); }
