// What terms say, in words. The document itself counts: it is shown beside them,
// and its hash is what is signed.

type Band = { from: string; rate_bps: number };
export type Component = {
  id: string;
  type: string;
  rate_bps?: number;
  of?: string;
  rules?: { id: string; products?: string[]; collections?: string[]; customer?: string; exclude?: boolean; rate_bps: number }[];
  amount?: string;
  min_net?: string;
  returning_amount?: string;
  basis?: string;
  convention?: string;
  bands?: Band[];
  mode?: string;
  metric?: string;
  steps?: { at: string; amount: string }[];
  period?: { kind: string; days?: number };
  via?: string[];
  unit_price?: string;
  goal?: number;
  max_count?: number;
  max_amount?: string;
  prices?: { event: string; unit_price: string }[];
  gates?: { event: string; at_least: number }[];
  due?: string;
  due_date?: string;
  note?: string;
  vetting_days?: number;
};

export type Terms = {
  version: number;
  currency: string;
  attribution?: { window_days?: number; precedence?: string; customers?: string; binding?: { months: number } };
  base?: { include_shipping?: boolean; include_tax?: boolean; exclude_products?: string[]; only_products?: string[] };
  components: Component[];
  caps?: { per_order?: string; per_period?: string; budget?: string };
  hold?: { days?: number; from?: string };
  schedule?: unknown;
  threshold?: string;
  disclosure?: { clause?: string; tags?: string[] };
};

const percent = (bps: number) => `${bps / 100} %`;
const plain = (s: string) => s.replace(/_/g, ' ');

export function payOf(c: Component, currency: string): string {
  const money = (amount?: string) => `${amount} ${currency}`;
  const most = [c.max_count && `the first ${c.max_count}`, c.max_amount && `at most ${money(c.max_amount)}`].filter(Boolean).join(', ');
  const tail = most ? ` (${most})` : '';
  switch (c.type) {
    case 'percentage':
    case 'revenue_share': {
      const special = (c.rules ?? []).map((r) => (r.exclude ? `nothing for ${r.id}` : `${percent(r.rate_bps)} for ${r.customer ? `customers who are ${r.customer}` : r.id}`));
      return [`${percent(c.rate_bps ?? 0)} of ${c.of === 'gross_margin' ? 'what the shop makes on the sales you bring' : 'the sales you bring'}`, ...special].join(', ');
    }
    case 'rate_tiers':
      return (c.bands ?? []).map((b) => `${percent(b.rate_bps)} from ${b.from} ${c.basis === 'orders' ? 'orders' : currency} on`).join(', ');
    case 'flat_order':
    case 'flat_item':
      return `${money(c.amount)} for each ${c.type === 'flat_item' ? 'item sold' : 'order'}${c.returning_amount ? `, ${money(c.returning_amount)} when the customer returns` : ''}${c.min_net ? `, from ${money(c.min_net)} on` : ''}`;
    case 'milestones':
      return `A bonus at ${(c.steps ?? []).map((s) => `${s.at} ${plain(c.metric ?? 'orders')}: ${money(s.amount)}`).join('; ')}${c.period && c.period.kind !== 'lifetime' ? `, in each ${plain(c.period.kind)}` : ''}`;
    case 'clicks':
      return (c.goal ? `${money(c.amount)} for ${c.goal} valid clicks, in proportion` : `${money(c.unit_price)} for each valid click`) + tail;
    case 'leads':
      return `${money(c.amount)} for each qualified lead${tail}`;
    case 'giveaway':
      return `${money(c.amount ?? c.unit_price)} for each giveaway entry${tail}`;
    case 'engagement':
      return `${(c.prices ?? []).map((p) => `${money(p.unit_price)} for each ${plain(p.event)}`).join(', ')}${c.max_amount ? `, at most ${money(c.max_amount)} a post` : ''}${(c.gates ?? []).map((g) => `, once there are ${g.at_least} ${plain(g.event)}s`).join('')}`;
    case 'flat_fee':
      return `${money(c.amount)} as a fee${c.due ? `, due: ${plain(c.due)}` : ''}${c.due_date ? ` ${c.due_date}` : ''}${c.note ? ` (${c.note})` : ''}`;
    case 'gift':
      return `A gift${c.note ? `: ${c.note}` : ''}${c.amount ? `, worth ${money(c.amount)}` : ''}`;
  }
  return plain(c.type);
}

export function inWords(t: Terms): { pay: string[]; rules: string[] } {
  const rules: string[] = [];
  const a = t.attribution ?? {};
  if (a.window_days) rules.push(`A sale counts up to ${a.window_days} days after somebody used your link.`);
  if (a.customers && a.customers !== 'all') rules.push(`Customers: ${plain(a.customers)}.`);
  if (a.binding) rules.push(`A customer you brought stays yours for ${a.binding.months} months.`);
  rules.push(`Shipping ${t.base?.include_shipping ? 'counts' : 'does not count'}, tax ${t.base?.include_tax ? 'counts' : 'does not count'}.`);
  if (t.hold) rules.push(t.hold.days ? `Earnings become payable ${t.hold.days} days after the order is ${plain((t.hold.from ?? 'paid_at').replace(/_at$/, ''))}; refunds take them back.` : 'Earnings become payable at once; refunds take them back.');
  const caps = t.caps ?? {};
  if (caps.per_order) rules.push(`At most ${caps.per_order} ${t.currency} an order.`);
  if (caps.per_period) rules.push(`At most ${caps.per_period} ${t.currency} a month.`);
  if (caps.budget) rules.push(`At most ${caps.budget} ${t.currency} in all.`);
  if (Number(t.threshold) > 0) rules.push(`Payouts from ${t.threshold} ${t.currency} on; less is carried to the next month.`);
  if (t.disclosure?.clause) rules.push(`Disclosure: ${t.disclosure.clause}`);
  if (t.disclosure?.tags?.length) rules.push(`Posts carry ${t.disclosure.tags.join(', ')}.`);
  return { pay: (t.components ?? []).map((c) => payOf(c, t.currency)), rules };
}

// differences are the leaves in which two documents differ, as a path with both
// values.
export function differences(before: unknown, after: unknown, path = ''): { path: string; before: string; after: string }[] {
  const show = (v: unknown) => (v === undefined ? 'not there' : typeof v === 'string' ? v : JSON.stringify(v));
  const open = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
  if (open(before) && open(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((k) => differences(before[k], after[k], path ? `${path}.${k}` : k));
  }
  return show(before) === show(after) ? [] : [{ path, before: show(before), after: show(after) }];
}

// numbers are the figures of terms that can be bargained about: rates in
// percent, amounts in the currency.
export function numbers(t: Terms): { path: (string | number)[]; label: string; value: string; rate: boolean }[] {
  const out: { path: (string | number)[]; label: string; value: string; rate: boolean }[] = [];
  (t.components ?? []).forEach((c, i) => {
    const at = (field: keyof Component, label: string, rate = false) => {
      const v = c[field];
      if (v !== undefined) out.push({ path: ['components', i, field], label: `${c.id}: ${label}`, value: rate ? String(Number(v) / 100) : String(v), rate });
    };
    at('rate_bps', 'percent', true);
    at('amount', `amount, ${t.currency}`);
    at('unit_price', `for each, ${t.currency}`);
    (c.steps ?? []).forEach((s, n) => out.push({ path: ['components', i, 'steps', n, 'amount'], label: `${c.id}: bonus at ${s.at}, ${t.currency}`, value: s.amount, rate: false }));
    (c.bands ?? []).forEach((b, n) => out.push({ path: ['components', i, 'bands', n, 'rate_bps'], label: `${c.id}: percent from ${b.from}`, value: String(b.rate_bps / 100), rate: true }));
  });
  if (t.hold) out.push({ path: ['hold', 'days'], label: 'Days of hold', value: String(t.hold.days ?? 0), rate: false });
  return out;
}

// withNumbers is a copy of terms with figures in the place of others.
export function withNumbers(t: Terms, changed: Map<string, string>): Terms {
  const copy = structuredClone(t) as Terms;
  for (const n of numbers(t)) {
    const v = changed.get(n.path.join('.'));
    if (v === undefined || v === n.value) continue;
    let here = copy as unknown as Record<string | number, unknown>;
    for (const k of n.path.slice(0, -1)) here = here[k] as Record<string | number, unknown>;
    here[n.path.at(-1)!] = n.rate ? Math.round(Number(v) * 100) : n.path[0] === 'hold' ? Number(v) : v;
  }
  return copy;
}
