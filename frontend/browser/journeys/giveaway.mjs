// demo: past
// A giveaway from its plan to its draw, which a program then draws again.
import { execFileSync } from 'node:child_process';
import { check, clock, context, forgive, open, visit } from '../lib.mjs';

export default async function () {
  const app = await open(await context(), { path: '/giveaways' });
  const { page } = app;
  const frame = await app.inner();
  await frame.waitForSelector('h1:has-text("Giveaways")');
  const { time_zone } = (await app.api('GET', '/session')).shop;
  await frame.getByRole('button', { name: 'Plan a giveaway' }).click();
  const dialog = frame.locator('[role=dialog]');
  await dialog.getByLabel('Campaign').click();
  await frame.locator('[role=option]:visible').first().click();
  const title = 'Win <script>nothing</script>';
  await dialog.getByLabel('Title').fill(title);
  await dialog.getByLabel('Prize').fill('A bottle');
  await dialog.getByLabel('By buying').uncheck();
  await dialog.getByLabel('By signing up').check();
  await dialog.getByLabel('Terms').fill('One entry a person.');
  // Clocks of a browser know minutes: the next one that leaves time to enter.
  const closes = Math.ceil((Date.now() + 25_000) / 60_000) * 60_000;
  await dialog.getByLabel('Opens').fill(clock(Date.now() - 3_600_000, time_zone));
  await dialog.getByLabel('Closes').fill(clock(closes, time_zone));
  await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
  await frame.waitForSelector('h1:has-text("Win <script>")');
  check((await frame.locator('h1').textContent()) === title, 'a giveaway is planned, and its title stays text');

  await frame.getByRole('button', { name: 'Announce it', exact: true }).click();
  await dialog.getByText('A seed of yours').click();
  const seed = await dialog.locator('code').first().textContent();
  check(/^[0-9a-f]{64}$/.test(seed), 'the browser makes a seed');
  check(await dialog.getByRole('button', { name: 'Announce', exact: true }).isDisabled(), 'which must be kept first');
  await dialog.getByLabel('I have kept the seed').check();
  await dialog.getByRole('button', { name: 'Announce', exact: true }).click();
  await frame.getByText('A seed of yours with this hash').waitFor();
  const address = await frame.locator('section[aria-label="For people"] code').first().textContent();
  for (const who of ['ann', 'ben', 'cam']) {
    const seen = await visit(address);
    await seen.fill('input[name=email]', `${who}@example.com`);
    await seen.locator('[name=way][value=free]').check();
    const country = seen.locator('select[name=country]');
    if (await country.count()) await country.selectOption('US');
    await seen.locator('[name=agreed]').check();
    await Promise.all([seen.waitForNavigation(), seen.locator('form button').last().click()]);
    await seen.context().close();
  }
  check(await frame.getByRole('button', { name: 'Freeze the list' }).isDisabled(), 'the list cannot be frozen while people may enter');
  await page.waitForTimeout(Math.max(0, closes - Date.now()) + 1000);
  await frame.getByRole('button', { name: 'Freeze the list' }).click({ timeout: 20_000 });
  for (let i = 0; i < 30; i++) { // orders of the live trade may wait for a moment
    await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
    const done = await Promise.race([frame.getByText(/3 entries,/).waitFor({ timeout: 3000 }).then(() => true, () => false), dialog.getByText('wait to be settled').waitFor({ timeout: 3000 }).then(() => false, () => false)]);
    if (done) break;
    await page.waitForTimeout(300);
  }
  await frame.getByText(/3 entries,/).waitFor();
  check(true, 'the list is frozen, and its hash shown');
  await frame.getByRole('button', { name: 'Draw', exact: true }).click();
  await dialog.getByLabel('Seed').fill('00'.repeat(32));
  await dialog.getByRole('button', { name: 'Draw', exact: true }).click();
  await dialog.getByRole('alert').first().waitFor();
  forgive(/status of (409|422)/);
  check(true, 'another seed than the announced one is refused');
  await dialog.getByLabel('Seed').fill(seed);
  await dialog.getByRole('button', { name: 'Draw', exact: true }).click();
  await frame.getByText(/Drawing again gives the same 1 winners/).waitFor();
  check((await frame.getByLabel('not true').count()) === 0, 'the browser draws again and finds the same');
  const winner = await frame.locator('table[aria-label=Winners] code').first().textContent();
  const said = JSON.parse(execFileSync('bin/tributary', ['draw', 'verify', `${address}/proof`, '--json'], { encoding: 'utf8' }));
  const proof = await (await fetch(`${address}/proof`)).json();
  check(said.honest === true && proof.drawn[0].id === winner, `tributary draw verify finds it honest: ${said.findings.length} findings, winner ${winner}`);
}
