// demo: empty
// Markup in every text that somebody can give stays text, wherever it is shown.
import { check, context, forgive, open, pages, settled } from '../lib.mjs';

const payload = `"><img src=x onerror="window.xss=1"><svg/onload=window.xss=1>{{7*7}}`;

export default async function () {
  const app = await open(await context());
  await app.see('h1');
  const handle = `x${Date.now()}`;
  const person = await app.api('POST', '/influencers', { name: payload, handle, email: `${handle}@example.com`, payout_method: 'csv', payout_detail: payload });
  const campaign = await app.api('POST', '/campaigns', { name: payload, goal: payload, state: 'active' });
  const terms = { version: 1, currency: 'USD', components: [{ id: 'fee', type: 'flat_fee', amount: '10.00', note: payload }], disclosure: { clause: payload, tags: [payload] } };
  const a = await app.api('POST', '/agreements', { influencer_id: person.id, campaign_id: campaign.id, terms });
  await app.api('POST', `/agreements/${a.id}/offer`);
  const hash = a.versions[0].hash;
  await app.api('POST', `/agreements/${a.id}/sign`, { party: 'merchant', signer: payload, email: 'm@example.com', hash });
  await app.api('POST', `/agreements/${a.id}/sign`, { party: 'influencer', signer: payload, email: 'i@example.com', hash });

  let shown = 0;
  let typed = 0;
  for (const path of [...(await pages(app)), `/agreements/${a.id}`, `/influencers/${person.id}`, `/campaigns/${campaign.id}`]) {
    await app.go(path);
    await settled(app);
    const f = await app.inner();
    if (await f.evaluate((p) => document.body.textContent.includes(p), payload)) shown++;
    for (const input of await app.frame.locator('main input[type=text], main input:not([type]), main textarea').all()) {
      if (!(await input.isEditable().catch(() => false))) continue;
      await input.fill(payload).catch(() => undefined); // it may have gone when another was filled
      typed++;
    }
    await app.page.waitForTimeout(400);
    forgive(/status of 404/); // it is nobody's id
    forgive(/status of 422/);
    const bad = await f.evaluate(() => window.xss === 1 || document.querySelector('img[src="x"]') !== null || document.body.textContent.includes('49}}'));
    if (bad) throw new Error(`markup came to life at ${path}`);
  }
  check(shown >= 5 && typed >= 5, `markup stays text on every page (shown on ${shown}, typed into ${typed} fields)`);
}
