import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { frameParameters, send, takeKey } from './session';

beforeEach(() => sessionStorage.clear());
afterEach(() => {
  delete window.shopify;
  vi.unstubAllGlobals();
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

it('takes a key out of the address', async () => {
  history.replaceState(null, '', '/app?shop=s#key=trb_1');
  takeKey();
  expect(window.location.href).not.toContain('trb_1');
  expect(window.location.search).toBe('?shop=s');
  const seen = server(['Bearer trb_1']);
  expect((await send(new Request('http://localhost/x'))).status).toBe(200);
  expect(seen).toEqual(['Bearer trb_1']);
});

it('keeps what a frame needs and no token', () => {
  expect(frameParameters('?shop=a.myshopify.com&host=aG9zdA&embedded=1&id_token=secret&hmac=x').toString()).toBe('shop=a.myshopify.com&host=aG9zdA&embedded=1');
});
