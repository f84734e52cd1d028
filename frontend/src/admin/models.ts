// The eleven ways to pay, as forms that make terms. What they earn is worked out
// by the server; nothing is reckoned here.
import type { Money } from '../shared/format';

export type Field = { key: string; label: string; kind: 'percent' | 'amount' | 'price' | 'count' | 'choice'; help?: string; options?: { value: string; label: string }[]; optional?: boolean; first: string };

export type Values = Record<string, string>;
export type Component = { id: string; type: string } & Record<string, unknown>;

export type Model = {
  key: string;
  title: string;
  says: string;
  goals: GoalKey[];
  fields: Field[];
  components: (v: Values) => Component[];
};

export type GoalKey = 'sales' | 'customers' | 'reach' | 'leads' | 'event';

export const goals: { key: GoalKey; title: string; says: string }[] = [
  { key: 'sales', title: 'More sales', says: 'Pay when something is sold, and only for what is kept.' },
  { key: 'customers', title: 'New customers', says: 'Pay for buyers who have not bought before.' },
  { key: 'reach', title: 'Reach', says: 'Pay for clicks, engagement or entries.' },
  { key: 'leads', title: 'Leads', says: 'Pay for contacts that you find good.' },
  { key: 'event', title: 'A launch or a show', says: 'A page, a live session or a giveaway of its own.' },
];

// bps makes basis points of a percentage as people write it: "12.5" is 1250. It
// gives NaN for what is none, which the server refuses with its own words.
export function bps(percent: string): number {
  const m = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(percent.trim());
  return m ? Number(m[1] + (m[2] ?? '').padEnd(2, '0')) : Number.NaN;
}

// percent writes basis points as a percentage.
export function percent(of: number): string {
  const s = String(of).padStart(3, '0');
  return `${s.slice(0, -2)}.${s.slice(-2)}`.replace(/\.?0+$/, '');
}

const number = (s: string | undefined) => (/^\d+$/.test((s ?? '').trim()) ? Number((s ?? '').trim()) : Number.NaN);
const text = (s: string | undefined) => (s ?? '').trim().replace(',', '.');
const filled = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== '' && v !== undefined && !(typeof v === 'number' && Number.isNaN(v))));

const rate = (first: string, label = 'Commission'): Field => ({ key: 'rate', label: `${label}, %`, kind: 'percent', first, help: 'Of what counts of an order: goods after discounts and returns, without tax and shipping.' });
const most = (what: string): Field[] => [
  { key: 'max_count', label: `At most so many ${what}`, kind: 'count', optional: true, first: '' },
  { key: 'max_amount', label: 'At most so much in all', kind: 'amount', optional: true, first: '' },
];
const bounds = (v: Values) => ({ max_count: number(v.max_count), max_amount: text(v.max_amount) });

const steps = (v: Values) => [1, 2, 3].flatMap((n) => (text(v[`at${n}`]) && text(v[`pay${n}`]) ? [{ at: text(v[`at${n}`]), amount: text(v[`pay${n}`]) }] : []));
const ladder = (firsts: [string, string][]): Field[] =>
  firsts.flatMap(([at, pay], i) => [
    { key: `at${i + 1}`, label: `Goal ${i + 1}`, kind: 'count' as const, optional: i > 0 || undefined, first: at },
    { key: `pay${i + 1}`, label: `Pays`, kind: 'amount' as const, optional: i > 0 || undefined, first: pay },
  ]);

export const models: Model[] = [
  { key: 'affiliate', title: 'Affiliate programme', says: 'A percentage of every order that a code or a link brings.', goals: ['sales', 'customers'], fields: [rate('10')], components: (v) => [{ id: 'commission', type: 'percentage', rate_bps: bps(v.rate ?? '') }] },
  {
    key: 'share',
    title: 'Revenue share',
    says: 'A fixed share of net sales, or of what is left after the cost of goods.',
    goals: ['sales'],
    fields: [rate('30', 'Share'), { key: 'of', label: 'Of', kind: 'choice', first: 'net_sales', options: [{ value: 'net_sales', label: 'net sales' }, { value: 'gross_margin', label: 'gross margin' }] }],
    components: (v) => [{ id: 'share', type: 'revenue_share', rate_bps: bps(v.rate ?? ''), of: v.of || 'net_sales' }],
  },
  {
    key: 'codes',
    title: 'Discount codes',
    says: 'A percentage per use of the influencer’s own code, and a bonus at goals.',
    goals: ['sales'],
    fields: [rate('10'), ...ladder([['50', '100.00'], ['100', '250.00']]).map((f) => ({ ...f, optional: true, label: f.kind === 'count' ? `Bonus from so many orders` : f.label }))],
    components: (v) => [
      { id: 'code', type: 'percentage', rate_bps: bps(v.rate ?? ''), via: ['code'] },
      ...(steps(v).length > 0 ? [{ id: 'bonus', type: 'milestones', metric: 'orders', mode: 'additive', steps: steps(v) }] : []),
    ],
  },
  {
    key: 'sale',
    title: 'Pay per sale',
    says: 'A fixed amount for every order or every item.',
    goals: ['sales', 'customers'],
    fields: [
      { key: 'amount', label: 'Amount', kind: 'amount', first: '10.00' },
      { key: 'per', label: 'For each', kind: 'choice', first: 'flat_order', options: [{ value: 'flat_order', label: 'order' }, { value: 'flat_item', label: 'item' }] },
      { key: 'returning', label: 'For returning buyers', kind: 'amount', optional: true, first: '', help: 'In place of the amount, when the buyer has bought before.' },
    ],
    components: (v) => [{ id: 'sale', type: v.per || 'flat_order', amount: text(v.amount), ...filled({ returning_amount: text(v.returning) }) }],
  },
  {
    key: 'giveaway',
    title: 'Giveaway',
    says: 'An amount for every valid entry to a draw that anybody can check.',
    goals: ['reach', 'event'],
    fields: [{ key: 'amount', label: 'For each entry', kind: 'amount', first: '0.50' }, ...most('entries')],
    components: (v) => [{ id: 'entries', type: 'giveaway', amount: text(v.amount), ...filled(bounds(v)) }],
  },
  { key: 'page', title: 'Landing page', says: 'A percentage of what is sold through the influencer’s own page.', goals: ['event', 'sales'], fields: [rate('12')], components: (v) => [{ id: 'page', type: 'percentage', rate_bps: bps(v.rate ?? ''), via: ['landing_page'] }] },
  { key: 'live', title: 'Live selling', says: 'A percentage of what is sold while a session is on.', goals: ['event'], fields: [rate('15')], components: (v) => [{ id: 'live', type: 'percentage', rate_bps: bps(v.rate ?? ''), via: ['live'] }] },
  {
    key: 'clicks',
    title: 'Pay per click',
    says: 'A price for every valid click. Robots and repetitions do not count.',
    goals: ['reach'],
    fields: [{ key: 'price', label: 'For each click', kind: 'price', first: '0.50' }, { ...most('clicks')[0]!, first: '1000' }, most('clicks')[1]!],
    components: (v) => [{ id: 'clicks', type: 'clicks', unit_price: text(v.price), ...filled(bounds(v)) }],
  },
  {
    key: 'engagement',
    title: 'Pay per engagement',
    says: 'A price for likes, comments, shares and saves of a post, from a minimum on.',
    goals: ['reach'],
    fields: [
      { key: 'like', label: 'Like', kind: 'price', first: '0.01', optional: true },
      { key: 'comment', label: 'Comment', kind: 'price', first: '0.10', optional: true },
      { key: 'share', label: 'Share', kind: 'price', first: '0.15', optional: true },
      { key: 'save', label: 'Save', kind: 'price', first: '0.10', optional: true },
      { key: 'gate', label: 'Nothing below so many likes', kind: 'count', first: '500', optional: true },
      { key: 'max_amount', label: 'At most so much a post', kind: 'amount', first: '', optional: true },
    ],
    components: (v) => [
      {
        id: 'engagement',
        type: 'engagement',
        prices: ['like', 'comment', 'share', 'save'].flatMap((e) => (text(v[e]) ? [{ event: e, unit_price: text(v[e]) }] : [])),
        ...(text(v.gate) ? { gates: [{ event: 'like', at_least: number(v.gate) }] } : {}),
        ...filled({ max_amount: text(v.max_amount) }),
      },
    ],
  },
  {
    key: 'tiers',
    title: 'Tiers',
    says: 'An amount at each goal of sales, clicks or leads.',
    goals: ['sales'],
    fields: [
      { key: 'metric', label: 'Goals of', kind: 'choice', first: 'orders', options: ['orders', 'clicks', 'leads', 'entries'].map((value) => ({ value, label: value })) },
      { key: 'mode', label: 'A step', kind: 'choice', first: 'replace', options: [{ value: 'replace', label: 'takes the place of those before' }, { value: 'additive', label: 'adds to those before' }] },
      ...ladder([['50', '100.00'], ['100', '300.00'], ['200', '500.00']]),
    ],
    components: (v) => [{ id: 'tiers', type: 'milestones', metric: v.metric || 'orders', mode: v.mode || 'replace', steps: steps(v) }],
  },
  {
    key: 'leads',
    title: 'Pay per lead',
    says: 'An amount for every contact that you find good, with a reason when not.',
    goals: ['leads', 'customers'],
    fields: [
      { key: 'amount', label: 'For each qualified lead', kind: 'amount', first: '15.00' },
      { key: 'vetting_days', label: 'Days to look at it', kind: 'count', first: '14' },
      { key: 'on_deadline', label: 'Nobody looked', kind: 'choice', first: 'reject', options: [{ value: 'reject', label: 'it does not count' }, { value: 'qualify', label: 'it counts' }] },
      ...most('leads'),
    ],
    components: (v) => [{ id: 'leads', type: 'leads', amount: text(v.amount), on_deadline: v.on_deadline || 'reject', ...filled({ vetting_days: number(v.vetting_days), ...bounds(v) }) }],
  },
];

export const modelOf = (key: string): Model | undefined => models.find((m) => m.key === key);

export const firstValues = (m: Model): Values => Object.fromEntries(m.fields.map((f) => [f.key, f.first]));

// General is what terms say besides what is paid for.
export type General = { window: string; customers: string; hold: string; threshold: string; schedule: string; budget: string; precedence: string; tags: string };

export const general: General = { window: '30', customers: 'all', hold: '30', threshold: '', schedule: 'monthly', budget: '', precedence: 'code_first', tags: '#ad' };

export type Terms = { version: 1; currency: string; components: Component[] } & Record<string, unknown>;

// termsOf is the document that both sides sign.
export function termsOf(chosen: { model: string; values: Values }[], g: General, currency: string): Terms {
  const seen = new Map<string, number>();
  const components = chosen.flatMap((c) => modelOf(c.model)?.components(c.values) ?? []).map((c) => {
    const n = (seen.get(c.id) ?? 0) + 1;
    seen.set(c.id, n);
    return n === 1 ? c : { ...c, id: `${c.id}_${n}` };
  });
  const tags = g.tags.split(/[\s,]+/).filter(Boolean);
  return {
    version: 1,
    currency,
    components,
    attribution: filled({ window_days: number(g.window), customers: g.customers, precedence: g.precedence }),
    hold: filled({ days: number(g.hold) }),
    schedule: g.schedule,
    ...filled({ threshold: text(g.threshold) }),
    ...(text(g.budget) ? { caps: { budget: text(g.budget) } } : {}),
    ...(tags.length > 0 ? { disclosure: { tags } } : {}),
  } as Terms;
}

const say = (amount: unknown, currency: string) => `${String(amount)} ${currency}`;

// sentence tells one component of signed terms in words. It quotes amounts as
// they stand.
export function sentence(c: Component, currency: string): string {
  const via = Array.isArray(c.via) && c.via.length > 0 ? ` won by ${(c.via as string[]).map((v) => v.replace('_', ' ')).join(' or ')}` : '';
  const period = (c.period as { kind?: string } | undefined)?.kind;
  const each = period === 'calendar_month' ? ' a month' : period === 'calendar_quarter' ? ' a quarter' : '';
  const cap = `${Number(c.max_count) > 0 ? `, at most ${String(c.max_count)}${each}` : ''}${c.max_amount ? `, at most ${say(c.max_amount, currency)}${each}` : ''}`;
  const list = (of: unknown, one: (x: Record<string, unknown>) => string) => ((of as Record<string, unknown>[]) ?? []).map(one).join(', ');
  switch (c.type) {
    case 'percentage':
      return `${percent(Number(c.rate_bps ?? 0))} % of orders${via}${Array.isArray(c.rules) && c.rules.length > 0 ? `, with ${c.rules.length} exceptions` : ''}`;
    case 'revenue_share':
      return `${percent(Number(c.rate_bps ?? 0))} % of ${String(c.of ?? 'net_sales').replace('_', ' ')}${via}`;
    case 'flat_order':
    case 'flat_item':
      return `${say(c.amount, currency)} for each ${c.type === 'flat_order' ? 'order' : 'item'}${via}${c.returning_amount ? `, ${say(c.returning_amount, currency)} for returning buyers` : ''}`;
    case 'rate_tiers':
      return `A rate that rises with ${String(c.basis ?? 'revenue')}: ${list(c.bands, (b) => `${percent(Number(b.rate_bps ?? 0))} % from ${String(b.from)}`)}`;
    case 'milestones':
      return `At goals of ${String(c.metric ?? 'orders')}: ${list(c.steps, (s) => `${say(s.amount, currency)} at ${String(s.at)}`)}`;
    case 'clicks':
      return c.unit_price ? `${say(c.unit_price, currency)} for each valid click${cap}` : `${say(c.amount, currency)} for ${String(c.goal)} valid clicks`;
    case 'leads':
      return `${say(c.amount, currency)} for each qualified lead${cap}`;
    case 'giveaway':
      return `${say(c.amount, currency)} for each valid entry${cap}`;
    case 'engagement':
      return `For a post: ${list(c.prices, (p) => `${say(p.unit_price, currency)} a ${String(p.event)}`)}${Array.isArray(c.gates) && c.gates.length > 0 ? `, from ${list(c.gates, (g) => `${String(g.at_least)} ${String(g.event)}s`)} on` : ''}${c.max_amount ? `, at most ${say(c.max_amount, currency)}` : ''}`;
    case 'flat_fee':
      return `A fee of ${say(c.amount, currency)} ${String(c.due ?? 'on_signing').replace('_', ' ')}`;
    case 'gift':
      return `A gift that costs ${say(c.amount, currency)}`;
  }
  return c.type;
}

export type Sum = Money;
