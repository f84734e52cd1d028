import { expect, it } from 'vitest';
import { isoOf, localOf } from './zone';

it('reads the clock of the shop, wherever the browser is', () => {
  expect(isoOf('2026-11-25T18:00', 'America/New_York')).toBe('2026-11-25T23:00:00Z');
  expect(localOf('2026-11-25T23:00:00Z', 'America/New_York')).toBe('2026-11-25T18:00');
  expect(isoOf('2026-07-01T09:30', 'Asia/Kathmandu')).toBe('2026-07-01T03:45:00Z');
});

it('goes there and back in every hour of the days on which clocks change', () => {
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'])
    for (const day of ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'])
      for (let h = 0; h < 24; h++) {
        const at = `${day}T${String(h).padStart(2, '0')}:15:00Z`;
        const back = isoOf(localOf(at, zone), zone)!;
        expect(localOf(back, zone)).toBe(localOf(at, zone));
      }
});

it('takes the first of an hour that comes twice, and leaves the hour that is skipped', () => {
  expect(isoOf('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z');
  expect(isoOf('2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00Z');
});

it('knows no instant of what is no time', () => {
  expect(isoOf('', 'UTC')).toBeUndefined();
  expect(localOf(undefined, 'UTC')).toBe('');
});
