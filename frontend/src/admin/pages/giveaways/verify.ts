// Draws again from the published proof, in this browser, as anybody can: the
// same steps as `tributary draw verify`, written a second time.
import type { Schemas } from '../../../shared/api';

export type Proof = Schemas['Proof'];
export type Finding = { ok: boolean; what: string };

const text = new TextEncoder();

export const hex = (b: ArrayBuffer | Uint8Array) => [...new Uint8Array(b instanceof Uint8Array ? b.slice().buffer : b)].map((x) => x.toString(16).padStart(2, '0')).join('');

export function unhex(s: string): Uint8Array<ArrayBuffer> | undefined {
  if (s.length === 0 || s.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(s)) return undefined;
  return new Uint8Array(s.match(/../g)!.map((x) => parseInt(x, 16)));
}

export const sha256 = async (b: Uint8Array<ArrayBuffer>) => hex(await crypto.subtle.digest('SHA-256', b));

// listHash is of the sorted ids joined by "|", then "|" and their number.
export const listHash = (ids: string[]) => sha256(text.encode([...ids].sort().concat(String(ids.length)).join('|')));

// rank is the ids ascending by HMAC-SHA256(beacon, id), ties by id.
export async function rank(beacon: Uint8Array<ArrayBuffer>, ids: string[]): Promise<string[]> {
  const key = await crypto.subtle.importKey('raw', beacon, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const macs = await Promise.all(ids.map(async (id) => [hex(await crypto.subtle.sign('HMAC', key, text.encode(id))), id] as const));
  return macs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1)).map(([, id]) => id);
}

export async function verify(p: Proof): Promise<Finding[]> {
  const out: Finding[] = [];
  const say = (ok: boolean, good: string, bad: string) => out.push({ ok, what: ok ? good : bad });
  const entries = p.entries ?? [];
  say(entries.every((e, i) => i === 0 || entries[i - 1]! < e), 'No entry is in the list twice.', 'The list is not sorted, or has an entry twice.');
  say(entries.length === p.count, `The list has the ${p.count} entries it says.`, `The list has ${entries.length} entries and says ${p.count}.`);
  say((await listHash(entries)) === p.list_hash.toLowerCase(), 'The list has the hash that was published when it was frozen.', 'The list has another hash than the one that was published.');
  const b = p.beacon;
  say(Date.parse(b.announced_at) < Date.parse(p.frozen_at), 'The beacon was named before the list was frozen.', 'The beacon was named after the list was frozen.');
  const value = unhex(b.value ?? '');
  if (!value) {
    say(false, '', 'The beacon has no value yet.');
    return out;
  }
  if (b.kind === 'drand') {
    say(b.round_at !== undefined && Date.parse(b.round_at) > Date.parse(p.frozen_at), 'The round was made after the freeze.', 'The round was made before the freeze.');
    const signature = unhex(b.signature ?? '');
    say(signature !== undefined && (await sha256(signature)) === hex(value), `The value is the sha256 of the signature of round ${b.round}.`, 'The value is not the sha256 of the round’s signature.');
  } else {
    say((await sha256(value)) === b.commitment?.toLowerCase(), 'The seed has the hash that was published before the freeze.', 'The seed has another hash than the one that was published.');
  }
  if (!p.drawn_at) {
    say(false, '', 'Nothing has been drawn yet.');
    return out;
  }
  const void_ = new Set((p.void ?? []).map((v) => v.id));
  const again = (await rank(value, entries)).filter((id) => !void_.has(id)).slice(0, p.winners);
  const drawn = p.drawn ?? [];
  say(drawn.length === again.length && drawn.every((w, i) => w.place === i + 1 && w.id === again[i]), `Drawing again gives the same ${again.length} winners in the same order.`, `Drawing again gives ${again.join(', ')}.`);
  return out;
}
