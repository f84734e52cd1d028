import { expect, it } from 'vitest';
import { bars } from './minutes';

const money = (amount: string) => ({ amount, currency: 'USD' });
const label = (at: number) => new Date(at).toISOString().slice(11, 16);

it('shows the minutes in which nothing was sold, up to now', () => {
  const got = bars(
    { state: 'live', as_of: '2026-11-25T18:04:30Z', minutes: [{ at: '2026-11-25T18:01:00Z', orders: 2, gross: money('40.00'), net: money('39.90') }] },
    '2026-11-25T18:00:00Z',
    '2026-11-25T19:30:00Z',
    label,
  );
  expect(got.map((b) => [b.minute, b.Sales, b.Orders])).toEqual([['18:00', 0, 0], ['18:01', 39.9, 2], ['18:02', 0, 0], ['18:03', 0, 0], ['18:04', 0, 0]]);
});

it('ends with the session, and with a sale that came after it', () => {
  const of = { state: 'ended' as const, as_of: '2026-11-27T00:00:00Z', minutes: [{ at: '2026-11-25T18:33:00Z', orders: 1, gross: money('1.00'), net: money('1.00') }] };
  expect(bars(of, '2026-11-25T18:00:00Z', '2026-11-25T18:30:00Z', label).at(-1)?.minute).toBe('18:33');
  expect(bars({ ...of, minutes: [] }, '2026-11-25T18:00:00Z', '2026-11-25T18:30:00Z', label).at(-1)?.minute).toBe('18:30');
});

it('is empty before it begins, and keeps to the newest minutes of a long one', () => {
  expect(bars({ state: 'scheduled', as_of: '2026-11-25T10:00:00Z', minutes: [] }, '2026-11-25T18:00:00Z', '2026-11-25T18:30:00Z', label)).toEqual([]);
  expect(bars({ state: 'live', as_of: '2026-11-26T10:00:00Z', minutes: null }, '2026-11-25T18:00:00Z', '2026-11-26T18:00:00Z', label)).toHaveLength(180);
});
