// Goes an influencer's whole way at a phone's width, in the portal of a running
// demo: from the invitation in the mail server, by the sign-in mail, to a signed
// agreement, a sale and its "why", a refund, a dispute that is won, and a
// statement whose PDF is the ledger's to the cent.
//
//   node journey.mjs BASE_URL MAILS_URL API_KEY CLIENT_SECRET [DIRECTORY FOR PICTURES]
//
// The shop's side is the API; sales and refunds are signed webhooks. axe looks at
// every page; any message in the console fails it.
import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const [base, mails, key, secret, pictures] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!executablePath) throw new Error('no Chromium here: set CHROMIUM');
if (pictures) mkdirSync(pictures, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const store = 'tributary-demo.myshopify.com';
const run = Date.now().toString(36).slice(-5);
const email = `mia-${run}@example.com`;
const code = `MIA${run}`.toUpperCase();
const complaints = [];

function check(ok, what) {
  if (!ok) throw new Error(what);
  console.log(`  ok  ${what}`);
}

// api is the shop's side.
async function api(method, path, body) {
  const r = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: body && JSON.stringify(body),
  });
  const text = await r.text();
  if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
  return JSON.parse(text);
}

// until asks again and again until it is told something.
async function until(what, ask, seconds = 150) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const got = await ask();
    if (got) return got;
    await new Promise((done) => setTimeout(done, 700));
  }
  throw new Error(`in ${seconds} seconds there was no ${what}`);
}

// webhook delivers what a store sends, signed as it signs.
async function webhook(topic, body) {
  const r = await fetch(`${base}/webhooks/shopify`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Shopify-Topic': topic,
      'X-Shopify-Shop-Domain': store,
      'X-Shopify-API-Version': '2026-10',
      'X-Shopify-Webhook-Id': randomUUID(),
      'X-Shopify-Triggered-At': new Date().toISOString(),
      'X-Shopify-Hmac-Sha256': createHmac('sha256', secret).update(body).digest('base64'),
    },
    body,
  });
  if (!r.ok) throw new Error(`webhook ${topic}: ${r.status} ${await r.text()}`);
}

const sample = (name) => readFileSync(new URL(`../testdata/shopify/${name}.json`, import.meta.url), 'utf8').replaceAll('example-goods.myshopify.com', store);

// order is a paid order of 90.00 USD in goods, made now, with a code or none.
function order(id, name, withCode) {
  const now = new Date().toISOString();
  return sample('orders_create_one_code')
    .replaceAll('9007199254740993101', id)
    .replaceAll('pat@example.com', `buyer-${id}@example.org`)
    .replaceAll('7300000000000000777', `73${id}`)
    .replaceAll(/2026-11-20T[0-9:]+-05:00/g, now)
    .replaceAll('"#1001"', JSON.stringify(name))
    .replaceAll('"Anna10"', JSON.stringify(withCode || 'NOBODYS'))
    .replaceAll(/"landing_site":\s*"[^"]*"/g, '"landing_site": "/"')
    .replaceAll(/"landing_site_ref":\s*"[^"]*"/g, '"landing_site_ref": null');
}

function refund(id) {
  const now = new Date(Date.now() + 1000).toISOString();
  return sample('refunds_create_partial')
    .replaceAll('9007199254740993101', id)
    .replaceAll('9007199254740993201', `8${id}`)
    .replaceAll(/2026-11-22T[0-9:]+-05:00/g, now);
}

// pdfText is the text of a PDF of ours: its fonts have all of Unicode, in UTF-16.
function pdfText(pdf) {
  const out = [];
  for (let at = 0; (at = pdf.indexOf('stream\n', at)) >= 0; ) {
    const end = pdf.indexOf('endstream', at);
    let page;
    try {
      page = inflateSync(pdf.subarray(at + 7, end));
    } catch {
      page = Buffer.alloc(0);
    }
    for (let i = 0; (i = page.indexOf(' Td (', i)) >= 0; ) {
      const raw = [];
      for (i += 5; page[i] !== 0x29; i++) {
        if (page[i] === 0x5c) {
          i++;
          raw.push(page[i] === 0x72 ? 0x0d : page[i]);
        } else raw.push(page[i]);
      }
      out.push(Buffer.from(raw).swap16().toString('utf16le'));
    }
    at = end;
  }
  return out;
}

const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
context.on('page', listen);

function listen(page) {
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !/status of 401/.test(m.text()) && complaints.push(`${page.url()} ${m.text()}`));
  page.on('pageerror', (e) => complaints.push(`${page.url()} ${e}`));
}

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let shot = 0;

// look has axe read the page, and takes a picture.
async function look(page, name) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {}))));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) complaints.push(`${name}: ${wide} px too wide for a phone`);
  const session = await context.newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', { expression: 'axe.run().then((r) => JSON.stringify(r.violations))', awaitPromise: true, returnByValue: true });
  for (const v of JSON.parse(result.value)) complaints.push(`${name}: axe: ${v.id} (${v.impact}): ${v.nodes[0].html} ${v.nodes[0].failureSummary}`);
  await session.detach();
  if (pictures) await page.screenshot({ path: `${pictures}/${String(++shot).padStart(2, '0')}-${name}.png`, fullPage: true });
}

// openMail opens the newest mail of a subject as a person does in the page of the
// mail server, and gives the page that its button opens.
async function openMail(subject) {
  const page = await context.newPage();
  await until(`mail “${subject}”`, async () => {
    await page.goto(mails);
    const row = page.locator('tr', { hasText: email }).filter({ hasText: subject }).first();
    if (!(await row.count())) return false;
    await row.getByRole('link').click();
    return true;
  });
  await page.waitForSelector('iframe');
  if (pictures) await page.screenshot({ path: `${pictures}/${String(++shot).padStart(2, '0')}-mail.png` });
  const [opened] = await Promise.all([context.waitForEvent('page'), page.frameLocator('iframe').getByRole('link').first().click()]);
  await opened.waitForLoadState();
  await page.close();
  return opened;
}

async function journey() {
  // The shop invites somebody and offers an agreement.
  const influencer = await api('POST', '/influencers', { handle: `mia-${run}`, name: 'Mia', email });
  const campaign = await api('POST', '/campaigns', { name: `Winter ${run}` });
  const terms = { version: 1, currency: 'USD', components: [{ id: 'base', type: 'percentage', rate_bps: 1000 }], hold: { days: 0, from: 'paid_at' } };
  const agreement = await api('POST', '/agreements', { influencer_id: influencer.id, campaign_id: campaign.id, terms });
  await api('POST', `/agreements/${agreement.id}/offer`);
  await api('POST', `/influencers/${influencer.id}/invite`);

  // The invitation leads to the portal, the sign-in mail into it.
  let page = await openMail('invites you');
  check(page.url() === `${base}/portal`, 'the invitation leads to the portal');
  await page.getByLabel('Your e-mail address').fill(email);
  await look(page, 'ask');
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await look(page, 'code');
  const asked = page;
  page = await openMail('Your sign-in link');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  check(!page.url().includes('#'), 'the address loses its token');
  await look(page, 'enter');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Hello Mia' }).waitFor();
  await asked.close();
  await page.getByText('An agreement waits for you').waitFor();
  await look(page, 'home-offered');

  // The agreement is read and signed.
  await page.getByRole('link', { name: /Read and sign/ }).click();
  await page.getByText('10 % of the sales you bring').waitFor();
  const hash = (await page.getByTestId('hash').textContent()).trim();
  check(hash === (await api('GET', `/agreements/${agreement.id}`)).versions[0].hash, 'the hash of what is read is the hash of the terms');
  await look(page, 'agreement');
  check(await page.getByRole('button', { name: 'Sign', exact: true }).isDisabled(), 'nothing is signed without a name and consent');
  await page.getByLabel('Your name, typed').fill('Mia Example');
  await page.getByLabel('I have read the terms').check();
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
  await page.getByText('You signed').waitFor();
  await api('POST', `/agreements/${agreement.id}/sign`, { party: 'merchant', signer: 'Sam Shop', email: 'sam@example.com', hash });
  await page.reload();
  await page.getByText('The shop signed').waitFor();
  await look(page, 'signed');
  const copy = await context.request.get(`${base}/portal/v1/shops/${await shopOf(page)}/agreements/${agreement.id}/pdf`);
  check(copy.status() === 200 && pdfText(await copy.body()).join(' ').includes('Mia Example'), 'the copy of the agreement has the signature');

  // A link of one's own, and the code that the shop gives.
  await api('POST', '/codes', { code, agreement_id: agreement.id, valid_from: new Date(Date.now() - 60_000).toISOString() });
  await page.getByRole('link', { name: 'Links' }).click();
  await page.getByText(code).waitFor();
  await page.getByLabel('Its name').fill(`mia-${run}`);
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByRole('status').filter({ hasText: 'Made' }).waitFor();
  await page.getByRole('button', { name: /^QR code of/ }).first().click();
  const qr = page.getByRole('img', { name: /^QR code of/ });
  await qr.waitFor();
  await until('QR code', () => qr.evaluate((i) => i.complete && i.naturalWidth > 0), 10);
  await look(page, 'qr');
  await page.getByRole('button', { name: 'Close' }).click();
  await qr.waitFor({ state: 'hidden' });
  await look(page, 'links');

  // A sale, and why.
  const sale = `${Date.now()}`;
  await webhook('orders/create', order(sale, `#S${run}`, code));
  await page.getByRole('link', { name: 'Earnings' }).click();
  await until('sale in the portal', async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Earnings' }).waitFor();
    await page.waitForLoadState('networkidle');
    return (await page.getByText(`#S${run}`).count()) > 0;
  }, 60);
  await look(page, 'earnings');
  await page.getByText(`#S${run}`).click();
  await page.getByTestId('why').getByText(`Your code ${code}`).waitFor();
  check((await page.getByTestId('amount').textContent()).includes('9.00 USD'), 'the sale of 90.00 earns 9.00');
  check((await page.getByTestId('why').textContent()).includes('won'), 'and tells why');
  await look(page, 'why');

  // A refund takes its part back.
  await webhook('refunds/create', refund(sale));
  await until('refund', async () => {
    await page.reload();
    await page.getByTestId('why').waitFor();
    return (await page.getByTestId('amount').textContent()).includes('5.40 USD');
  }, 60);
  check(true, 'the refund of 36.00 takes back 3.60');
  await look(page, 'refunded');

  // An order that nobody counted is disputed, and the dispute is won.
  const lost = `${Date.now()}`;
  await webhook('orders/create', order(lost, `#L${run}`, ''));
  await page.getByRole('link', { name: 'Money' }).click();
  await page.getByRole('link', { name: 'Your disputes' }).click();
  await page.getByRole('link', { name: 'An order is missing' }).click();
  await page.getByLabel('Number of the order').fill(`#L${run}`);
  await page.getByLabel('What is missing, in USD').fill('9.00');
  await page.getByLabel('What happened').fill('They used my code, the till did not take it. <b>Please look.</b>');
  await look(page, 'dispute-new');
  await page.getByRole('button', { name: 'Open the dispute' }).click();
  await page.getByText('The shop answers by').waitFor();
  await page.getByRole('button', { name: 'Read them' }).click();
  await look(page, 'dispute-open');
  const dispute = (await api('GET', `/disputes?influencer=${influencer.id}`)).data[0];
  await api('POST', `/disputes/${dispute.id}/accept`, { reason: 'The till was broken', by: 'Sam Shop' });
  await page.reload();
  await page.getByText('Added to your balance').waitFor();
  check((await page.getByText('The till was broken').count()) > 0, 'the dispute is won, with its reason');
  await look(page, 'dispute-won');
  check((await context.request.get(`${base}/portal/v1/me`)).ok(), 'the session goes on');

  // The statement is the ledger, line by line.
  await until('end of the hold', async () => {
    const b = (await api('GET', `/balances?influencer=${influencer.id}`)).data[0];
    return b && b.payable.amount === '14.40' && b.pending.amount === '0.00';
  });
  await page.getByRole('link', { name: 'Money' }).click();
  await page.getByRole('link', { name: 'See it: The open month, USD' }).click();
  await page.getByTestId('closing').waitFor();
  await until('closing of 14.40', async () => {
    await page.reload();
    await page.getByTestId('closing').waitFor();
    return (await page.getByTestId('closing').textContent()).includes('14.40 USD');
  }, 30);
  await look(page, 'statement');
  const shop = await shopOf(page);
  const pdf = await context.request.get(`${base}/portal/v1/shops/${shop}/statement?currency=USD&format=pdf`);
  const bytes = await pdf.body();
  if (pictures) writeFileSync(`${pictures}/statement.pdf`, bytes);
  const words = pdfText(bytes);
  const closing = words.slice(words.lastIndexOf('closing')).find((w) => /^-?[0-9]+\.[0-9]{2}$/.test(w));
  const ledger = (await api('GET', `/balances?influencer=${influencer.id}`)).data[0].payable.amount;
  check(closing === ledger, `the PDF closes with ${closing}, as the ledger does`);
  const statement = await (await context.request.get(`${base}/portal/v1/shops/${shop}/statement?currency=USD`)).json();
  const cents = (a) => Math.round(Number(a) * 100);
  const sum = statement.movements.reduce((n, m) => n + cents(m.amount.amount), cents(statement.opening.amount));
  check(sum === cents(ledger) && statement.movements.every((m) => words.includes(m.amount.amount)), `its ${statement.movements.length} lines add up to it, and all stand in the PDF`);

  // How one is paid, the tax form, settings, and the rest at a phone's width.
  await page.getByRole('link', { name: 'Money' }).click();
  await page.getByLabel('E-mail address at PayPal').fill(email);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Now: paypal').waitFor();
  await page.getByRole('button', { name: 'Fill it in' }).click();
  await page.getByLabel('Which form').selectOption('w8ben');
  await page.getByLabel('Name, as on the tax return').fill('Mia Example');
  await page.getByLabel('Street and number').fill('Weg 1');
  await page.getByLabel('City and postal code').fill('10115 Berlin');
  await page.getByLabel('Country, two letters').fill('DE');
  await page.getByLabel('Born on').fill('1995-05-31');
  await page.getByLabel('Your name, typed').fill('Mia Example');
  await page.getByLabel('Under penalties of perjury').check();
  await look(page, 'tax');
  await page.getByRole('button', { name: 'Sign and send' }).click();
  await page.getByText('It holds until').waitFor();
  await look(page, 'money');
  await page.getByRole('link', { name: 'Deals' }).click();
  await page.getByText(`Winter ${run}`).waitFor();
  await look(page, 'deals');
  await page.getByRole('link', { name: 'Posts, live sessions, giveaways, leads' }).click();
  await page.getByLabel('Address of the post').fill('https://www.instagram.com/p/C0ffeeC0ffe/');
  await page.getByLabel('What it says').fill('Look at this serum');
  await page.getByRole('button', { name: 'Send to the shop' }).first().click();
  await page.getByText('it does not disclose well enough').waitFor();
  check(true, 'a post without a disclosure is told so at once');
  await page.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') });
  await page.getByLabel('What it shows').fill('Me & the serum');
  await page.getByRole('button', { name: 'Hand it in' }).click();
  await page.getByRole('img', { name: 'Me & the serum' }).waitFor();
  check((await api('GET', `/assets?influencer=${influencer.id}`)).data.length === 1, 'a picture is handed to the shop');
  await look(page, 'work');
  await page.goto(`${base}/portal/settings`);
  await page.getByText('this one').waitFor();
  await look(page, 'settings');
  await page.goto(`${base}/portal/open`);
  await page.getByRole('heading', { name: 'Campaigns you can apply to' }).waitFor();
  await look(page, 'open-campaigns');
  await page.goto(`${base}/portal`);
  await page.getByTestId('balance-USD').waitFor();
  await look(page, 'home');

  // What was told by mail meanwhile.
  for (const subject of ['An agreement to read and sign', 'Your first sale', 'Your dispute was accepted', 'How you are paid was changed']) {
    await until(`mail “${subject}”`, async () => (await (await fetch(mails)).text()).split('<tr>').some((r) => r.includes(email) && r.includes(subject)));
    check(true, `a mail says “${subject}”`);
  }
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByLabel('Your e-mail address').waitFor();
  check((await context.request.get(`${base}/portal/v1/me`)).status() === 401, 'who signs out is out');
}

// shopOf is the id of the shop that the page shows.
async function shopOf() {
  return (await (await context.request.get(`${base}/portal/v1/me`)).json()).shops[0].id;
}

try {
  await journey();
  if (complaints.length) throw new Error(`${complaints.length} complaints:\n${complaints.join('\n')}`);
} catch (e) {
  if (pictures) for (const [i, p] of context.pages().entries()) await p.screenshot({ path: `${pictures}/failed-${i}.png`, fullPage: true }).catch(() => {});
  if (complaints.length) console.error(complaints.join('\n'));
  throw e;
} finally {
  await browser.close();
}
