// demo: past
// A live session that has begun: its sales show while they happen.
import { check, clock, context, open } from '../lib.mjs';

export default async function () {
  const app = await open(await context(), { path: '/live' });
  const { page } = app;
  const frame = await app.inner();
  await frame.waitForSelector('h1:has-text("Live sessions")');
  // Whoever sells by links: what was clicked in the session counts for it.
  const top = (await app.api('GET', '/kpis/top?dim=link&by=orders&limit=1')).steps[0];
  const link = await app.api('GET', `/links/${top.id}`);
  const agreement = await app.api('GET', `/agreements/${link.agreement_id}`);
  const influencer = await app.api('GET', `/influencers/${agreement.influencer_id}`);
  const { time_zone } = (await app.api('GET', '/session')).shop;

  await frame.getByRole('button', { name: 'Schedule a session' }).click();
  const dialog = frame.locator('[role=dialog]');
  await dialog.locator('input[placeholder="Whose it is"]').click();
  await dialog.locator('input[placeholder="Whose it is"]').fill(influencer.name || influencer.handle);
  await frame.locator('[role=option]:visible').first().click();
  await dialog.getByLabel('Title').fill('An evening on air');
  await dialog.getByLabel('Starts').fill(clock(Date.now() - 10 * 3_600_000, time_zone));
  await dialog.getByLabel('Ends').fill(clock(Date.now() + 2 * 3_600_000, time_zone));
  const code = `LIVE${Date.now().toString(36).toUpperCase()}`;
  await dialog.getByLabel('Live code').fill(code);
  await dialog.getByRole('button', { name: 'Schedule', exact: true }).click();
  await frame.waitForSelector('h1:has-text("An evening on air")');
  await frame.getByText('● on air').waitFor();
  check((await frame.getByLabel('Sales per minute').count()) === 1, 'a session that runs shows its sales by the minute');
  check(await frame.getByText(code, { exact: true }).isVisible(), 'with its code');
  const sold = async () => Number((await frame.getByTestId('live-orders').textContent()).replace(/,/g, ''));
  for (let i = 0; (await sold()) === 0; i++) {
    if (i > 240) throw new Error('nothing was sold in the session');
    await page.waitForTimeout(500);
  }
  check(true, `a sale shows while it runs: ${await sold()} so far`);
  await frame.getByLabel('So far').getByText('Best minute').waitFor();
  await frame.getByRole('button', { name: 'Change' }).click();
  await dialog.getByLabel('Ends').fill(clock(Date.now() - 3_600_000, time_zone));
  await dialog.getByRole('button', { name: 'Change', exact: true }).click();
  await frame.locator('section[aria-label=Summary]').waitFor();
  check(true, 'after it, the session is summed up');
  await frame.getByRole('button', { name: 'Cancel it' }).click();
  await dialog.getByRole('button', { name: 'Cancel the session' }).click();
  await frame.locator('header ~ *').first().waitFor({ state: 'attached' });
  await frame.getByText('cancelled', { exact: true }).first().waitFor();
  check(true, 'and cancelled, once it was asked');
}
