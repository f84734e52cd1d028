// demo: past
// A landing page: written with a mistake and without, looked at, published,
// visited, and counted.
import { check, context, forgive, open, visit } from '../lib.mjs';

export default async function () {
  const app = await open(await context(), { path: '/landing-pages' });
  const { page } = app;
  const frame = await app.inner();
  await frame.waitForSelector('h1:has-text("Landing pages")');
  await frame.click('button:has-text("New page")');
  const dialog = frame.locator('[role=dialog]');
  await dialog.locator('input[placeholder="Whose it is"]').click();
  await frame.locator('[role=option]:visible').first().click();
  const slug = `journey-${Date.now().toString(36)}`;
  await dialog.getByLabel('Title').fill('Things <b>I</b> use');
  await dialog.getByLabel('Address ends in').fill(slug);
  await dialog.getByRole('button', { name: 'Write it' }).click();
  await frame.waitForSelector(`h1:has-text("Write ${slug}")`);

  const inner = frame.frameLocator('iframe[title="Preview of the page"]');
  await inner.locator('h1').waitFor();
  check((await inner.locator('h1').textContent()) === 'Things <b>I</b> use', 'the preview is the server’s own, and text in it stays text');
  check((await frame.locator('iframe[title="Preview of the page"]').getAttribute('sandbox')) === '', 'the preview can run nothing');

  // The shop’s front page, as the one address that is known to be the store’s.
  const link = (await app.api('GET', '/links?limit=1')).data[0].destination;
  const opening = frame.getByRole('region').filter({ hasText: '1. Opening' });
  await opening.getByLabel('Button').fill('To the shop');
  await frame.getByText('1 to correct').waitFor();
  check(await frame.getByText('is missing: where the button leads').isVisible(), 'what is wrong is said at its field');
  check(await frame.getByRole('button', { name: /Save as version/ }).isDisabled(), 'and it cannot be saved like this');
  await opening.getByLabel('Leads to').fill(link);
  await inner.getByRole('link', { name: 'To the shop' }).waitFor();
  check(true, 'the preview shows what was written, a moment later');

  await frame.getByRole('button', { name: 'Add a section' }).click();
  await frame.getByRole('menuitem', { name: 'Questions' }).click();
  await frame.getByRole('textbox', { name: 'Question', exact: false }).first().fill('Does it last?');
  await frame.getByLabel('Answer').fill('It does.');
  await inner.getByText('Does it last?').waitFor();
  await frame.getByRole('button', { name: 'Move section 2 up' }).click();
  await frame.getByRole('button', { name: 'Remove section 1' }).click();
  await inner.getByText('Does it last?').waitFor({ state: 'detached' });
  await frame.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await inner.getByText('Does it last?').waitFor();
  check(true, 'a section is moved, removed, and brought back');
  await frame.getByText('Phone', { exact: true }).click();
  await page.waitForTimeout(200);
  check((await frame.locator('iframe[title="Preview of the page"]').getAttribute('width')) === '390', 'the preview is as wide as a phone');

  await frame.evaluate(() => location.reload());
  const again = await (await page.waitForSelector('iframe')).contentFrame();
  await again.waitForSelector('text=2. Opening');
  check(true, 'the draft is there when the page is loaded again');
  await again.getByRole('button', { name: /Save as version 2/ }).click();
  await again.getByLabel('What is new').fill('Questions');
  await again.locator('[role=dialog]').getByRole('button', { name: 'Save' }).click();
  await again.waitForSelector(`h1:has-text("${slug}")`);
  await again.waitForSelector('text=Nothing is shown at this address now.');

  await again.getByRole('button', { name: 'Publish', exact: true }).click();
  await again.locator('[role=dialog]').getByRole('button', { name: 'Publish' }).click();
  await again.waitForSelector('text=another is published');
  const address = await again.locator('code').first().textContent();
  const seen = await visit(address);
  check((await seen.locator('h1').first().textContent()).includes('Things <b>I</b> use'), 'a visitor sees it');
  await Promise.all([seen.waitForEvent('request', (r) => r.url().includes('/go/')), seen.getByRole('link', { name: 'To the shop' }).click({ noWaitAfter: true })]);
  await seen.context().close();
  for (let i = 0; ; i++) {
    const s = (await app.api('GET', `/pages/${again.url().match(/pag_\d+/)[0]}/stats`)).total;
    if (s.views > 0 && s.button_clicks > 0) break;
    if (i > 40) throw new Error(`the visit was not counted: ${JSON.stringify(s)}`);
    await page.waitForTimeout(250);
  }
  check(true, 'the visit and the click are counted');

  await again.getByRole('button', { name: 'Publish', exact: true }).click();
  await again.getByText('Side by side', { exact: true }).click();
  await again.getByLabel('Visitors').first().fill('60');
  await again.locator('[role=dialog]').getByRole('button', { name: 'Publish' }).click();
  await again.getByText(/weights that sum to 110/).first().waitFor();
  forgive(/status of 422/);
  await again.getByLabel('Visitors').first().fill('50');
  await again.locator('[role=dialog]').getByRole('button', { name: 'Publish' }).click();
  await again.waitForSelector('text=2 variants side by side');
  check(true, 'two versions are shown side by side');
  await again.getByRole('button', { name: 'Unpublish' }).click();
  await again.locator('[role=dialog]').getByRole('button', { name: 'Take it down' }).click();
  await again.waitForSelector('text=Nothing is shown at this address now.');
  check(true, 'and taken down');
}
