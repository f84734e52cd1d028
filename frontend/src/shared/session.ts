// Who is at work: somebody in the admin of a Shopify store, for whom App Bridge
// vouches with a token that lives for a minute, or the holder of an API key.

declare global {
  interface Window {
    shopify?: { idToken(): Promise<string>; toast?: { show(text: string): void } };
  }
}

const stored = 'tributary-key';

export const embedded = () => window.shopify !== undefined;

// takeKey moves a key from the fragment of the address to this tab's memory.
export function takeKey(): void {
  const key = new URLSearchParams(window.location.hash.slice(1)).get('key');
  if (!key) return;
  sessionStorage.setItem(stored, key);
  history.replaceState(null, '', window.location.pathname + window.location.search);
}

export function setKey(key: string): void {
  sessionStorage.setItem(stored, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(stored);
}

export const hasKey = () => sessionStorage.getItem(stored) !== null;

export async function token(): Promise<string | null> {
  return window.shopify ? window.shopify.idToken() : sessionStorage.getItem(stored);
}

// send is fetch for whoever is at work. A session that the server does not take
// any more is asked for once again.
export async function send(request: Request): Promise<Response> {
  const once = async (r: Request) => {
    const t = await token();
    if (t) r.headers.set('Authorization', `Bearer ${t}`);
    return fetch(r);
  };
  const second = request.clone();
  const answer = await once(request);
  if (answer.status === 401 && answer.headers.get('X-Shopify-Retry-Invalid-Session-Request')) return once(second);
  return answer;
}

// frameQuery is what the page was opened with and must be there when it is
// loaded again: without the shop no admin may frame it.
const frameQuery = ['shop', 'host', 'embedded'];

export function frameParameters(search: string): URLSearchParams {
  const all = new URLSearchParams(search);
  const kept = new URLSearchParams();
  for (const name of frameQuery) {
    const v = all.get(name);
    if (v) kept.set(name, v);
  }
  return kept;
}
