// Days are those of the shop's own zone, which the server tells.

// startOfDay is the instant at which a day such as "2026-11-25" begins in a zone.
export function startOfDay(day: string, zone: string): string {
  const guess = Date.parse(`${day}T00:00:00Z`);
  // Twice, for the offset of the first guess may be that of the other side of a change of the clocks.
  let at = guess - offset(guess, zone);
  at = guess - offset(at, zone);
  return new Date(at).toISOString();
}

function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at);
  const n = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  return Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second')) - Math.floor(at / 1000) * 1000;
}

// addDays moves a day of the calendar.
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
}
