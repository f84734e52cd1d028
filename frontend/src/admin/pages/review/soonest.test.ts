import { expect, it } from 'vitest';
import { soonest } from './soonest';

it('puts what is due first at the top, and what is never due at the bottom', () => {
  const rows = [{ id: 1 }, { id: 2, at: '2026-11-26T00:00:00Z' }, { id: 3, at: '2026-11-25T23:00:00-02:00' }, { id: 4 }, { id: 5, at: '2026-11-25T00:00:00Z' }];
  expect(soonest(rows, (r) => r.at).map((r) => r.id)).toEqual([5, 2, 3, 1, 4]);
});
