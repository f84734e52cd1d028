import { expect, it } from 'vitest';
import { addDays, startOfDay } from './days';

it('knows when a day begins in the zone of the shop', () => {
  expect(startOfDay('2026-11-25', 'UTC')).toBe('2026-11-25T00:00:00.000Z');
  expect(startOfDay('2026-11-25', 'America/New_York')).toBe('2026-11-25T05:00:00.000Z');
  expect(startOfDay('2026-11-25', 'Asia/Kolkata')).toBe('2026-11-24T18:30:00.000Z');
});

it('knows it on both sides of a change of the clocks', () => {
  expect(startOfDay('2026-03-08', 'America/New_York')).toBe('2026-03-08T05:00:00.000Z');
  expect(startOfDay('2026-03-09', 'America/New_York')).toBe('2026-03-09T04:00:00.000Z');
  expect(startOfDay('2026-11-02', 'America/New_York')).toBe('2026-11-02T05:00:00.000Z');
});

it('moves days over the ends of months', () => {
  expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
});
