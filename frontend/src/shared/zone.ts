// Wall clocks of the shop's time zone, as <input type="datetime-local"> has them,
// and the instants they mean.

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  let f = clocks.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
    clocks.set(zone, f);
  }
  return f;
}

// wall is what the zone's clock shows at an instant, as if it were UTC.
function wall(at: number, zone: string): number {
  const p: Record<string, number> = {};
  for (const { type, value } of clock(zone).formatToParts(new Date(at))) p[type] = Number(value);
  return Date.UTC(p.year!, p.month! - 1, p.day!, p.hour!, p.minute!, p.second!);
}

// localOf is the wall clock of an instant: 2026-11-25T18:00.
export function localOf(iso: string | undefined, zone: string): string {
  return iso ? new Date(wall(Date.parse(iso), zone)).toISOString().slice(0, 16) : '';
}

// isoOf is the instant at which the zone's clock shows this. In the hour that a
// clock skips it is the one after; in the hour that comes twice, the first.
export function isoOf(local: string, zone: string): string | undefined {
  const shown = Date.parse(local + 'Z');
  if (Number.isNaN(shown)) return undefined;
  const day = 86_400_000;
  const offsets = [...new Set([wall(shown - day, zone) - (shown - day), wall(shown + day, zone) - (shown + day)])];
  const fits = offsets.map((o) => shown - o).filter((at) => wall(at, zone) === shown);
  const at = fits.length > 0 ? Math.min(...fits) : shown - Math.min(...offsets);
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
