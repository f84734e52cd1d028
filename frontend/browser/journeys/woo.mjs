// demo: empty
// The app in wp-admin: who is at work is vouched for by the plugin's page, and by
// nothing that is stored or in an address.
import { admins, check, context, open, settled } from '../lib.mjs';

export default async function () {
  const c = await context();
  const tokens = [];
  c.on('request', (r) => {
    const t = r.headers().authorization;
    if (t) tokens.push(t);
  });
  const app = await open(c, { admin: admins.woo });
  await app.see('[data-testid=guide]');
  check((await app.text('header')).includes('WooCommerce demo store'), 'the page in wp-admin opens the app for its store');
  const f = await app.inner();
  const kept = await f.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  check(tokens.length > 0 && tokens.every((t) => t.split('.').length === 3), 'it asks the page around it for session tokens');
  check(tokens.every((t) => !kept.includes(t.slice(7)) && !kept.includes('eyJ')), 'and keeps none, in storage, cookies or the address');
  const policy = await f.evaluate(async () => (await fetch(location.href)).headers.get('content-security-policy'));
  check(policy.endsWith(`frame-ancestors ${new URL(admins.woo).origin}`), 'only the store’s own admin may frame it');

  // Another window that answers is not heard.
  await f.evaluate(() => window.postMessage({ type: 'tributary:session', number: 1, token: 'forged' }, '*'));
  await app.go('/influencers');
  await settled(app);
  check(!tokens.some((t) => t.includes('forged')), 'a token from anybody else is not taken');
  const second = await open(await context(), { admin: admins.woo, user: 2, path: '/payouts' });
  await settled(second);
  const direct = await fetch(`${new URL(f.url()).origin}/api/v1/session`);
  check(direct.status === 401, 'nobody is let in without one');
}
