import { expect, it } from 'vitest';
import { byName, measures, readAsked, shown, valueOf, writeAsked, type Row } from './measures';

const row = {
  currency: 'USD',
  counts: { orders: 1234, net: { amount: '90071992547409.93', currency: 'USD' }, earned: { amount: '-0.10', currency: 'USD' }, clicks: 0 },
  net: [
    { name: 'ctr', value: null, unit: 'percent', formula: '' },
    { name: 'roi', value: '-12.50', unit: 'percent', formula: '' },
  ],
  repeat: { name: 'repeat_rate', value: null, unit: 'percent', formula: '' },
} as unknown as Row;

it('shows figures as they were sent, to the last digit, and n/a where there is none', () => {
  const of = (name: string) => shown(row, byName.get(name)!);
  expect(of('net')).toBe('90,071,992,547,409.93 USD');
  expect(of('earned')).toBe('−0.10 USD');
  expect(of('orders')).toBe('1,234');
  expect(of('clicks')).toBe('0');
  expect(of('roi')).toBe('−12.50 %');
  expect([of('ctr'), of('repeat_rate'), of('impressions')]).toEqual(['n/a', 'n/a', 'n/a']);
  expect(valueOf(row, 'ctr')).toBeUndefined();
});

it('says of every measure how it comes about', () => {
  for (const m of measures) expect(m.formula.length).toBeGreaterThan(5);
  expect(byName.size).toBe(measures.length);
});

it('reads from an address what it wrote, and falls back on anything else', () => {
  const asked = { dim: 'influencer', measures: ['net', 'roi'], days: '90', from: '', to: '', grain: 'day', id: '', by: 'earned' };
  expect(readAsked(writeAsked(asked))).toEqual(asked);
  const ranged = { dim: 'shop', measures: ['orders'], days: '', from: '2026-10-01', to: '2026-11-01', grain: 'month', id: '', by: 'net' };
  expect(readAsked(writeAsked(ranged))).toEqual(ranged);
  const odd = readAsked(new URLSearchParams('dim=<b>&measures=net,evil&days=-1&from=yesterday&id=javascript:1&by=x&grain=hour'));
  expect(odd).toEqual({ dim: 'shop', measures: ['net'], days: '30', from: '', to: '', grain: 'day', id: '', by: 'net' });
});
