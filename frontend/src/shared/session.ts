// Who is at work: somebody in the admin of a store, for whom the store vouches
// with a token that lives for a minute or so, or the holder of an API key, who
// types it. Nothing of that is ever stored or put into an address.

declare global {
  interface Window {
    shopify?: { idToken(): Promise<string>; toast?: { show(text: string, options?: object): void } };
  }
}

const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

// wpAdmin is the origin of the WooCommerce store whose admin shows this page, as
// the server wrote it into the page.
export const wpAdmin = () => meta('tributary-admin');

export const embedded = () => window.shopify !== undefined || wpAdmin() !== '';

export type Arrival = { code: string; message: string; request_id: string };

// trouble is why the server could not let the store in when this page was opened.
export function trouble(): Arrival | null {
  const text = meta('tributary-trouble');
  return text ? (JSON.parse(text) as Arrival) : null;
}

let key: string | null = null;

export function setKey(value: string | null): void {
  key = value;
}

export const hasKey = () => key !== null;

// expiry is when a token ends, in milliseconds; what cannot be read ends now.
export function expiry(token: string): number {
  try {
    const claims = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number };
    return (claims.exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}

const early = 15_000; // before the end of a token a new one is asked for
const patience = 10_000;

// asker asks the page around this one for session tokens: the page of our plugin
// in wp-admin. It hears and tells that origin only. Requests that wait at the same
// time share one token.
export function asker(origin: string): (fresh: boolean) => Promise<string> {
  const waiting = new Map<number, (token: string) => void>();
  let number = 0;
  let last = '';
  let asking: Promise<string> | null = null;
  window.addEventListener('message', (e: MessageEvent) => {
    if (e.origin !== origin || e.source !== window.parent) return;
    const m = e.data as { type?: string; number?: number; token?: string } | null;
    if (m?.type !== 'tributary:session' || typeof m.token !== 'string' || m.number === undefined) return;
    waiting.get(m.number)?.(m.token);
    waiting.delete(m.number);
  });
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const n = ++number;
      const late = setTimeout(() => {
        waiting.delete(n);
        reject(new Error('The page of the store around this one does not answer. Load it again.'));
      }, patience);
      waiting.set(n, (token) => {
        clearTimeout(late);
        last = token;
        resolve(token);
      });
      window.parent.postMessage({ type: 'tributary:session', number: n }, origin);
    });
  return (fresh) => {
    if (!fresh && Date.now() < expiry(last) - early) return Promise.resolve(last);
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

let ask: ReturnType<typeof asker> | null = null;

async function token(fresh: boolean): Promise<string | null> {
  if (window.shopify) return window.shopify.idToken();
  const origin = wpAdmin();
  if (!origin) return key;
  ask ??= asker(origin);
  return ask(fresh);
}

// send is fetch for whoever is at work. A session that the server does not take
// any more is asked for once again.
export async function send(request: Request): Promise<Response> {
  const once = async (r: Request, fresh: boolean) => {
    const t = await token(fresh);
    if (t) r.headers.set('Authorization', `Bearer ${t}`);
    return fetch(r);
  };
  const second = request.clone();
  const answer = await once(request, false);
  if (answer.status === 401 && answer.headers.get('X-Shopify-Retry-Invalid-Session-Request')) return once(second, true);
  return answer;
}

// frameQuery is what the page was opened with and must be there when it is
// loaded again: without it no admin may frame it.
const frameQuery = ['shop', 'host', 'embedded', 'connection'];

export function frameParameters(search: string): URLSearchParams {
  const all = new URLSearchParams(search);
  const kept = new URLSearchParams();
  for (const name of frameQuery) {
    const v = all.get(name);
    if (v) kept.set(name, v);
  }
  return kept;
}
