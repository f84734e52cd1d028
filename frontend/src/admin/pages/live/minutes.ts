import type { Schemas } from '../../../shared/api';

type Minutes = Schemas['LiveMinutes'];

export type Bar = { minute: string; at: number; Sales: number; Orders: number };

const minute = 60_000;
const most = 180;

// bars is every minute from the first that is shown to the last, those without an
// order too: the server leaves them out. The newest are kept when there are many.
// A chart plots numbers; what people read are the server's strings.
export function bars(of: Pick<Minutes, 'minutes' | 'as_of' | 'state'>, starts: string, until: string, label: (at: number) => string): Bar[] {
  const sold = new Map((of.minutes ?? []).map((m) => [Date.parse(m.at), m]));
  const known = [...sold.keys()];
  const begin = Math.min(Math.floor(Date.parse(starts) / minute) * minute, ...known);
  const now = Math.floor(Date.parse(of.as_of) / minute) * minute;
  const end = Math.max(Math.min(now, Math.floor(Date.parse(until) / minute) * minute), ...known);
  const out: Bar[] = [];
  for (let at = Math.max(begin, end - (most - 1) * minute); at <= end; at += minute) {
    const m = sold.get(at);
    out.push({ minute: label(at), at, Sales: m ? Number(m.net.amount) : 0, Orders: m ? m.orders : 0 });
  }
  return out;
}
