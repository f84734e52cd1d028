import createClient from 'openapi-fetch';
import type { components, paths } from './api/schema';
import { save } from './csv';
import { send } from './session';

export type Schemas = components['schemas'];

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

// Refused is an answer of the server that is no success, in words for people.
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | undefined,
    readonly fields: { field: string; message: string }[],
  ) {
    super(message);
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

// answered gives the data of an answer or throws Refused.
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  const p = (typeof error === 'object' && error !== null ? error : {}) as Partial<Schemas['Problem']>;
  throw new Refused(response.status, p.code ?? 'unknown', p.detail ?? `The server answered ${response.status}.`, p.request_id, p.errors ?? []);
}

// download saves an answer as a file.
export async function download(path: string, name: string, accept?: string): Promise<void> {
  const r = await send(new Request(path, accept ? { headers: { Accept: accept } } : {}));
  if (!r.ok) await answered(Promise.resolve({ error: await r.json().catch(() => ({})), response: r }));
  save(await r.blob(), name);
}
