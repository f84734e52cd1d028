// The portal's own API: the session is a cookie that scripts cannot read, and
// what changes something carries the token of GET /me.
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from '../shared/api/portal';

export type Portal = components['schemas'];

let csrf = '';
export const carry = (token: string) => {
  csrf = token;
};

const token: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET' && csrf) request.headers.set('X-CSRF-Token', csrf);
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
api.use(token);

// upload sends a file as it is; the server looks what it really is.
export async function upload(path: string, file: File): Promise<Response> {
  return fetch(path, { method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': csrf }, body: file });
}

// at are the parameters of what is read; sent, of what changes something: the API
// document asks for the token there.
export function at<P extends object>(path: P): { path: P };
export function at<P extends object, Q extends object>(path: P, query: Q): { path: P; query: Q };
export function at(path: object, query?: object) {
  return query ? { path, query } : { path };
}
export const sent = <P extends object>(path: P) => ({ path, header: { 'X-CSRF-Token': csrf } });
