import { expect, it } from 'vitest';
import { differences } from './diff';

it('says what was added, taken out and changed, and nothing else', () => {
  const was = { currency: 'USD', hold: { days: 30 }, components: [{ id: 'a', rate_bps: 1000 }, { id: 'b' }] };
  const is = { currency: 'USD', hold: { days: 14 }, components: [{ id: 'a', rate_bps: 1200 }], threshold: '50.00' };
  expect(differences(was, is)).toEqual([
    { path: 'hold.days', was: '30', is: '14' },
    { path: 'components[0].rate_bps', was: '1000', is: '1200' },
    { path: 'components[1]', was: '{"id":"b"}', is: undefined },
    { path: 'threshold', was: undefined, is: '50.00' },
  ]);
  expect(differences(was, structuredClone(was))).toEqual([]);
});
