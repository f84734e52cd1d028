// differences lists where two JSON documents are not the same, by path.
export type Difference = { path: string; was?: string; is?: string };

export function differences(was: unknown, is: unknown, path = ''): Difference[] {
  if (was === is) return [];
  const object = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
  if (object(was) && object(is) && Array.isArray(was) === Array.isArray(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((k) => differences((was as Record<string, unknown>)[k], (is as Record<string, unknown>)[k], Array.isArray(is) ? `${path}[${k}]` : path ? `${path}.${k}` : k));
  }
  const text = (v: unknown) => (v === undefined ? undefined : typeof v === 'string' ? v : JSON.stringify(v));
  return [{ path, was: text(was), is: text(is) }];
}
