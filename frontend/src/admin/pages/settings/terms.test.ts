import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { defaultsOf } from './terms';

it('reads the defaults out of the schema that the server publishes', () => {
  const schema: unknown = JSON.parse(readFileSync('../internal/domain/terms/terms.schema.json', 'utf8'));
  const found = new Map(defaultsOf(schema).map((d) => [d.path, d]));
  expect(found.get('hold days')?.value).toBe('30');
  expect(found.get('schedule')?.value).toBe('monthly');
  expect([...found.keys()].some((k) => k.startsWith('attribution'))).toBe(true);
  for (const d of found.values()) expect(d.about).not.toBe('');
});

it('makes nothing of a schema it does not understand', () => {
  expect(defaultsOf({})).toEqual([]);
  expect(defaultsOf({ properties: { hold: { $ref: '#/$defs/none' } } })).toEqual([]);
});
