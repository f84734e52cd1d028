// What a new agreement says unless it says otherwise, out of the schema of terms.

type Schema = { $ref?: string; description?: string; default?: unknown; properties?: Record<string, Schema>; $defs?: Record<string, Schema>; allOf?: Schema[] };

export type Default = { path: string; value: string; about: string };

export function defaultsOf(schema: unknown): Default[] {
  const root = schema as Schema;
  const out: Default[] = [];
  const walk = (s: Schema, path: string[], deep: number) => {
    if (deep > 6) return;
    const to = s.$ref?.startsWith('#/$defs/') ? root.$defs?.[s.$ref.slice('#/$defs/'.length)] : undefined;
    const all: Schema = { ...to, ...s, properties: { ...to?.properties, ...s.properties } };
    if (all.default !== undefined && (typeof all.default !== 'object' || all.default === null)) out.push({ path: path.join(' '), value: String(all.default), about: all.description ?? '' });
    for (const [name, p] of Object.entries(all.properties ?? {})) walk(p, [...path, name.replace(/_/g, ' ')], deep + 1);
  };
  for (const name of ['attribution', 'base', 'refund', 'hold', 'schedule', 'threshold', 'disclosure']) {
    const p = root.properties?.[name];
    if (p) walk(p, [name], 0);
  }
  return out.filter((d) => d.value.length <= 60);
}
