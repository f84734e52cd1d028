import { describe, expect, it } from 'vitest';
import { ago, date, dateTime, decimal, isNegative, isZero, money, month, setZone } from './format';

describe('money', () => {
  it('shows exactly the decimals that were sent, beside the currency', () => {
    expect(money({ amount: '1234.50', currency: 'USD' })).toBe('1,234.50 USD');
    expect(money({ amount: '1234', currency: 'JPY' })).toBe('1,234 JPY');
    expect(money({ amount: '-0.125', currency: 'KWD' })).toBe('−0.125 KWD');
  });
  it('keeps every digit of an amount that no float can hold', () => {
    expect(money({ amount: '90071992547409.93', currency: 'USD' })).toBe('90,071,992,547,409.93 USD');
    expect(money({ amount: '92233720368547758.07', currency: 'EUR' })).toBe('92,233,720,368,547,758.07 EUR');
  });
  it('knows nothing and debt', () => {
    expect([isZero({ amount: '0.00', currency: 'USD' }), isZero({ amount: '-0.01', currency: 'USD' })]).toEqual([true, false]);
    expect([isNegative({ amount: '-0.01', currency: 'USD' }), isNegative({ amount: '-0.00', currency: 'USD' })]).toEqual([true, false]);
  });
});

describe('dates', () => {
  it('does not move a day of the calendar with the zone', () => {
    expect(date('2026-11-01')).toBe('Nov 1, 2026');
    expect(month('2026-10')).toBe('October 2026');
  });
  it('tells how long ago it was', () => {
    const now = Date.parse('2026-11-25T12:00:00Z');
    expect(ago('2026-11-25T11:59:58Z', now)).toBe('just now');
    expect(ago('2026-11-25T11:58:00Z', now)).toBe('2 minutes ago');
    expect(ago('2026-11-24T12:00:00Z', now)).toBe('yesterday');
  });
});

it('shows figures with the places they have', () => {
  expect([decimal('12345.67'), decimal('-3')]).toEqual(['12,345.67', '−3']);
});

it('shows instants by the clock of the shop', () => {
  setZone('America/New_York');
  expect(dateTime('2026-11-26T03:30:00Z')).toBe('Nov 25, 2026, 10:30 PM');
  expect([date('2026-11-26T03:30:00Z'), date('2026-11-26')]).toEqual(['Nov 25, 2026', 'Nov 26, 2026']);
  setZone('UTC');
});
