import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asker, expiry, frameParameters, send, setKey } from './session';

beforeEach(() => setKey(null));
afterEach(() => {
  delete window.shopify;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

// server answers like one that takes the tokens in good.
function server(good: string[]) {
  const seen: (string | null)[] = [];
  vi.stubGlobal('fetch', async (r: Request) => {
    const t = r.headers.get('Authorization');
    seen.push(t);
    return good.includes(t ?? '') ? new Response('{}') : new Response('{}', { status: 401, headers: { 'X-Shopify-Retry-Invalid-Session-Request': '1' } });
  });
  return seen;
}

it('asks for a new session once when the server does not take the old one', async () => {
  let n = 0;
  window.shopify = { idToken: async () => `t${++n}` };
  const seen = server(['Bearer t2']);
  expect((await send(new Request('http://localhost/x'))).status).toBe(200);
  expect(seen).toEqual(['Bearer t1', 'Bearer t2']);
  expect((await send(new Request('http://localhost/x'))).status).toBe(401);
  expect(seen).toHaveLength(4);
});

it('keeps a typed key in memory and nowhere else', async () => {
  setKey('trb_1');
  const seen = server(['Bearer trb_1']);
  expect((await send(new Request('http://localhost/x'))).status).toBe(200);
  expect(seen).toEqual(['Bearer trb_1']);
  expect(JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie + window.location.href).not.toContain('trb_1');
});

it('keeps what a frame needs and no token', () => {
  expect(frameParameters('?shop=a.myshopify.com&host=aG9zdA&embedded=1&id_token=secret&hmac=x').toString()).toBe('shop=a.myshopify.com&host=aG9zdA&embedded=1');
  expect(frameParameters('?connection=ab12&retried=1').toString()).toBe('connection=ab12');
});

const store = 'https://store.example';
const token = (n: number, lives: number) => `h.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + lives, n }))}.s`;

// answer is a message as the browser would bring it.
function answer(origin: string, data: unknown, source: Window | null = window.parent) {
  window.dispatchEvent(new MessageEvent('message', { origin, data, source }));
}

it('asks the store around it, and hears nobody else', async () => {
  const asked: [unknown, string][] = [];
  vi.spyOn(window.parent, 'postMessage').mockImplementation(((m: unknown, to: string) => void asked.push([m, to])) as never);
  const ask = asker(store);
  const first = ask(false);
  const shared = ask(false);
  expect(asked).toEqual([[{ type: 'tributary:session', number: 1 }, store]]);
  answer('https://evil.example', { type: 'tributary:session', number: 1, token: 'evil' });
  answer(store, { type: 'tributary:session', number: 1, token: 'evil' }, null);
  answer(store, { type: 'other', number: 1, token: 'evil' });
  answer(store, null);
  const good = token(1, 60);
  answer(store, { type: 'tributary:session', number: 1, token: good });
  expect(await first).toBe(good);
  expect(await shared).toBe(good);
  expect(await ask(false)).toBe(good);
  expect(asked).toHaveLength(1);
});

it('asks for a new token before the old one ends, and when the server wants one', async () => {
  vi.useFakeTimers();
  let n = 0;
  vi.spyOn(window.parent, 'postMessage').mockImplementation(((m: { number: number }) => queueMicrotask(() => answer(store, { type: 'tributary:session', number: m.number, token: token(++n, 60) }))) as never);
  const ask = asker(store);
  await ask(false);
  vi.advanceTimersByTime(40_000);
  await ask(false);
  expect(n).toBe(1);
  vi.advanceTimersByTime(6_000);
  await ask(false);
  expect(n).toBe(2);
  await ask(true);
  expect(n).toBe(3);
});

it('says what to do when the store does not answer', async () => {
  vi.useFakeTimers();
  vi.spyOn(window.parent, 'postMessage').mockImplementation((() => undefined) as never);
  const waits = expect(asker(store)(false)).rejects.toThrow('Load it again');
  await vi.advanceTimersByTimeAsync(10_000);
  await waits;
});

it('takes a token that it cannot read for one that has ended', () => {
  expect(expiry('rubbish')).toBe(0);
  expect(expiry('a.!!!.c')).toBe(0);
});
