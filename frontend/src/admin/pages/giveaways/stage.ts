import type { Schemas } from '../../../shared/api';

type Times = Pick<Schemas['Giveaway'], 'state' | 'opens_at' | 'closes_at'>;

// stage is where a giveaway stands by the clock: a planned one is upcoming, open
// or closed.
export function stage(g: Times, now: number): 'upcoming' | 'open' | 'closed' | Schemas['Giveaway']['state'] {
  if (g.state !== 'planned') return g.state;
  if (now < Date.parse(g.opens_at)) return 'upcoming';
  return now < Date.parse(g.closes_at) ? 'open' : 'closed';
}
