// demo: empty
// From the installation to a payout: campaign, code, sale, why, refund, close,
// approval by somebody else, export.
import { check, context, forgive, open, play, settled, until } from '../lib.mjs';

export default async function () {
  const start = Date.now();
  const app = await open(await context());
  await app.see('[data-testid=guide]');
  check((await app.text('[data-testid=guide]')).includes('1 of 5'), 'opening the app in the admin installs it, and a guide begins');
  check((await app.text('header')).includes('demo data'), 'made-up data is marked');

  await app.click('text=Make the first campaign');
  await app.fill('Name of the campaign', 'Spring launch');
  await app.click('text=More sales');
  await app.button('Next').click();
  await app.click('text=Affiliate programme');
  await app.fill('Commission, %', '12.5');
  await app.fill('Days of hold', '14');
  await app.see('[data-testid=examples] >> text=12.50 USD');
  check((await app.text('[data-testid=examples]')).includes('6.25 USD'), 'the terms are worked out by an example: 12.50 of 100.00, 6.25 after half came back');
  await app.button('Next').click();
  await app.see('[data-testid=simulation]');
  check((await app.text('[data-testid=simulation]')).includes('Under this draft'), 'they are tried on the orders of the past');
  await app.button('To the launch').click();
  await app.fill('Or somebody new: name', 'Anna Lind');
  await app.frame.getByRole('textbox', { name: 'E-mail', exact: true }).fill('anna@example.com');
  await app.fill('Signed for the shop by', 'Mara Merchant');
  await app.fill('E-mail of who signs', 'mara@example.com');
  await app.frame.getByLabel('They have agreed to these terms already').check();
  await app.button('Launch the campaign').click();
  await app.see('[data-testid=launched]');
  const launched = await app.text('[data-testid=launched]');
  const code = /ANNA_?LIND10|ANNA-LIND10|ANNALIND10/.exec(launched)?.[0];
  check(code, `the campaign is launched with the code ${code} and a link`);
  await app.go('/codes');
  await until('the code in the store', async () => {
    await app.go('/');
    await app.go(`/codes?code=${code}`);
    await settled(app);
    return /live/.test(await app.text('tbody'));
  });
  const seconds = Math.round((Date.now() - start) / 1000);
  check(seconds < 300, `from the installation to a code that is live: ${seconds} s, less than five minutes`);

  const { order, number } = await play(`sale?code=${code}`);
  await app.go('/orders');
  await until('the order', async () => {
    const l = await app.api('GET', '/orders?outcome=attributed');
    return l.data?.length === 1;
  });
  await app.go('/');
  await app.go(`/orders/${order}`);
  await app.see('[data-testid=why]');
  check(/Anna Lind · code .*won/.test(await app.text('[data-testid=why]')), `order ${number} tells why it is Anna’s`);
  const earned = async () => (await app.api('GET', `/orders/${order}`)).earnings.map((e) => e.amount.amount).join();
  const before = await earned();
  check((await app.text('[aria-label=Earned]')).includes(`${before} USD`), `and what it earns: ${before} USD`);

  await play(`refund?order=${order}`);
  const after = await until('the refund', async () => {
    const now = await earned();
    return now !== before && now;
  });
  check(Math.abs(Number(before) - 2 * Number(after)) <= 0.01, `half of it came back, and half of the commission with it: ${after} USD`);
  await app.go('/');
  await app.go(`/orders/${order}`);
  await app.see('section:has-text("Given back")');
  await app.button('Replay').click();
  await app.see('text=The same came out');
  check(true, 'a replay gives the same');

  // The influencer can be paid; the month ends.
  await app.go('/influencers');
  await app.click('tbody >> text=Anna Lind');
  await app.button('Change').click();
  await app.frame.getByLabel('Paid by').first().click();
  await app.click('text=bank transfer (file)');
  await app.fill('Account', 'DE89 3704 0044 0532 0130 00');
  await app.button('Save').click();
  await until('the change', async () => (await app.frame.locator('[role=dialog]').count()) === 0);
  await play('days?n=45');
  await app.go('/payouts?tab=next');
  await app.see('section[aria-label=Lines] tbody');
  const closing = await app.text('section[aria-label=Lines] tbody');
  const close = app.frame.getByRole('button', { name: /^Close [A-Z]/ }).first();
  await close.click();
  await app.button('Close').click();
  await app.see('h1:has-text("Payouts of")');
  check(closing.includes('Anna Lind'), 'the preview shows who the close will pay');
  const first = (await app.api('GET', '/payouts')).data[0];
  check(first.created_by === 'user 1', 'the month is closed by who did it');
  // Until the month in which the hold ended is closed, there is nothing to approve.
  let batch = first;
  for (let n = 0; n < 3 && batch.state !== 'draft'; n++) {
    await play('days?n=31');
    const p = await app.api('GET', '/payouts/preview');
    batch = await app.api('POST', '/payouts/close', { period: p.period });
  }
  check(batch.state === 'draft', `the batch of ${batch.period} pays ${batch.totals[0].pay.amount} USD and waits for approval`);
  await app.go('/');
  await app.go(`/payouts/${batch.id}`);
  await app.see('text=somebody else has to approve it');
  check(await app.button('Approve').isDisabled(), 'who closed the month cannot approve it');
  const refused = await app.api('POST', `/payouts/${batch.id}/approve`).catch((e) => String(e));
  check(/403.*own_batch/.test(refused), 'nor can they over the API');
  forgive(/status of 403/);

  const second = await open(await context(), { user: 2, path: `/payouts/${batch.id}` });
  await second.button('Approve').click();
  await second.frame.locator('[role=dialog]').getByRole('button', { name: 'Approve' }).click();
  await second.see('text=approved');
  await second.button('Pay').click();
  await second.frame.locator('[role=dialog]').getByRole('button', { name: 'Pay' }).click();
  await second.see('text=The bank’s answer');
  check((await second.api('GET', `/payouts/${batch.id}`)).approved_by === 'user 2', 'a second person approves and pays');
  const [file] = await Promise.all([second.page.waitForEvent('download'), second.button('Export').click()]);
  const { readFile, writeFile } = await import('node:fs/promises');
  const csv = await readFile(await file.path(), 'utf8');
  check(csv.includes('anna@example.com') && csv.includes(`${after},USD`), 'the export is the file to pay from');
  const id = csv.split('\n')[1].split(',')[0];
  const answer = `${await file.path()}.answer.csv`;
  await writeFile(answer, `payout_id,status,reference\n${id},paid,bank-1\n`);
  await second.frame.locator('input[type=file]').setInputFiles(answer);
  await second.button('Take in').click();
  await second.see('text=1 paid, 0 failed');
  await second.go('/payouts?tab=statements');
  check((await second.api('GET', `/payouts/${batch.id}`)).state === 'paid', 'the bank’s answer is taken in, and the batch is paid');
}
