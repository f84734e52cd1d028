import { expect, it } from 'vitest';
import proof from './proof.fixture.json';
import { hex, listHash, sha256, unhex, verify, type Proof } from './verify';

// The proof is one that the server made.
const honest = () => structuredClone(proof) as unknown as Proof;

it('draws the same winners as the server did', async () => {
  const found = await verify(honest());
  expect(found.filter((f) => !f.ok)).toEqual([]);
  expect(found).toHaveLength(6);
});

it.each<[string, (p: Proof) => void]>([
  ['another winner', (p) => void (p.drawn![0]!.id = p.entries!.find((e) => !p.drawn!.some((d) => d.id === e))!)],
  ['winners in another order', (p) => void p.drawn!.reverse()],
  ['an entry more', (p) => void p.entries!.push('ffffffffffffffff')],
  ['an entry less', (p) => void (p.entries!.pop(), p.count--)],
  ['another seed', (p) => void (p.beacon.value = '00'.repeat(32))],
  ['a void entry that is not said to be void', (p) => void (p.void = [])],
  ['a beacon named after the freeze', (p) => void (p.beacon.announced_at = '2027-01-01T00:00:00Z')],
])('finds %s', async (_, spoil) => {
  const p = honest();
  spoil(p);
  expect((await verify(p)).some((f) => !f.ok)).toBe(true);
});

it('counts its hashes as everybody does', async () => {
  expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(await listHash(['b', 'a'])).toBe(await sha256(new TextEncoder().encode('a|b|2')));
  expect(hex(unhex('00ff10')!)).toBe('00ff10');
  expect([unhex(''), unhex('0'), unhex('zz')]).toEqual([undefined, undefined, undefined]);
});
