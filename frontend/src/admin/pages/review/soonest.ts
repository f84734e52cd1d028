// soonest puts what is due first at the top; what has no time comes last.
export function soonest<T>(rows: T[], due: (row: T) => string | undefined): T[] {
  const at = (r: T) => Date.parse(due(r) ?? '') || Infinity;
  return [...rows].sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
}
