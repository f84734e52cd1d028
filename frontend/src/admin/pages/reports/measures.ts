import type { Schemas } from '../../../shared/api';
import { count, decimal, money } from '../../../shared/format';

export type Row = Schemas['ReportRow'];
type Unit = 'count' | 'money' | 'percent';
export type Measure = { name: string; label: string; formula: string; unit: Unit };

// What a report can show, with how each figure comes about. The server counts
// and divides; nothing is added up here.
export const measures: Measure[] = [
  { name: 'orders', label: 'Conversions', formula: 'attributed, paid orders', unit: 'count' },
  { name: 'net', label: 'Net sales', formula: 'sales of those orders after refunds, without tax and shipping', unit: 'money' },
  { name: 'gross', label: 'Sales', formula: 'the same before refunds', unit: 'money' },
  { name: 'kept', label: 'Orders kept', formula: 'orders of which something was kept', unit: 'count' },
  { name: 'earned', label: 'Commission', formula: 'commission and fees posted', unit: 'money' },
  { name: 'reversed', label: 'Taken back', formula: 'commission taken back after refunds', unit: 'money' },
  { name: 'gifts', label: 'Gifts', formula: 'cost of products given', unit: 'money' },
  { name: 'cost', label: 'Cost', formula: 'commission + fees + gifts', unit: 'money' },
  { name: 'impressions', label: 'Impressions', formula: 'views of posts, as their snapshots tell', unit: 'count' },
  { name: 'clicks', label: 'Clicks', formula: 'valid clicks on links', unit: 'count' },
  { name: 'visits', label: 'Visits', formula: 'views of landing pages by people', unit: 'count' },
  { name: 'leads', label: 'Leads', formula: 'qualified leads', unit: 'count' },
  { name: 'entries', label: 'Entries', formula: 'giveaway entries that stand', unit: 'count' },
  { name: 'acquired', label: 'New customers', formula: 'customers whose first order was attributed', unit: 'count' },
  { name: 'repeats', label: 'Repeat orders', formula: 'later orders of customers acquired before', unit: 'count' },
  { name: 'conversion_rate', label: 'Conversion rate', formula: 'orders by click ÷ valid clicks', unit: 'percent' },
  { name: 'ctr', label: 'Click-through rate', formula: 'valid clicks ÷ impressions', unit: 'percent' },
  { name: 'roi', label: 'Return on spend', formula: '(net sales − cost) ÷ cost', unit: 'percent' },
  { name: 'rpm', label: 'Sales per 1,000 views', formula: 'net sales ÷ impressions × 1000', unit: 'money' },
  { name: 'cpa', label: 'Cost per conversion', formula: 'cost ÷ conversions', unit: 'money' },
  { name: 'repeat_rate', label: 'Repeat rate', formula: 'later orders of acquired customers ÷ customers acquired', unit: 'percent' },
];

export const usual = ['orders', 'net', 'earned', 'clicks', 'roi'];

export const byName = new Map(measures.map((m) => [m.name, m]));

// valueOf is a figure of a row as the server sent it; undefined where there is
// none.
export function valueOf(row: Row, name: string): string | undefined {
  const c = row.counts;
  switch (name) {
    case 'net':
      return c.net.amount;
    case 'gross':
      return c.gross.amount;
    case 'earned':
      return c.earned.amount;
    case 'reversed':
      return c.reversed.amount;
    case 'gifts':
      return c.gifts.amount;
    case 'repeat_rate':
      return row.repeat.value ?? undefined;
  }
  const n = (c as unknown as Record<string, unknown>)[name];
  if (typeof n === 'number') return String(n);
  return row.net?.find((k) => k.name === name)?.value ?? undefined;
}

export function shown(row: Row, m: Measure): string {
  const v = valueOf(row, m.name);
  if (v === undefined) return 'n/a';
  if (m.unit === 'money') return money({ amount: v, currency: row.currency });
  return m.unit === 'percent' ? `${decimal(v)} %` : count(Number(v));
}

// Asked is what a report asks for, as its address has it.
export type Asked = { dim: string; measures: string[]; days: string; from: string; to: string; grain: string; id: string; by: string };

export const dims = ['shop', 'campaign', 'influencer', 'link', 'code', 'page', 'session', 'post'];
export const grains = ['day', 'week', 'month', 'total'];
const sortable = ['orders', 'kept', 'gross', 'net', 'impressions', 'clicks', 'visits', 'acquired', 'repeats', 'leads', 'entries', 'earned'];

export function readAsked(p: URLSearchParams): Asked {
  const one = (key: string, of: string[], or: string) => (of.includes(p.get(key) ?? '') ? p.get(key)! : or);
  const day = (key: string) => (/^\d{4}-\d{2}-\d{2}$/.test(p.get(key) ?? '') ? p.get(key)! : '');
  const chosen = (p.get('measures') ?? '').split(',').filter((m) => byName.has(m));
  const from = day('from');
  const days = /^\d{1,4}$/.test(p.get('days') ?? '') ? p.get('days')! : '';
  return {
    dim: one('dim', dims, 'shop'),
    measures: chosen.length > 0 ? chosen : usual,
    days: days || (from ? '' : '30'),
    from,
    to: day('to'),
    grain: one('grain', grains, 'day'),
    id: /^[a-z]+_\d+$/.test(p.get('id') ?? '') ? p.get('id')! : '',
    by: one('by', sortable, 'net'),
  };
}

export function writeAsked(a: Asked): URLSearchParams {
  const p = new URLSearchParams({ dim: a.dim, measures: a.measures.join(',') });
  if (a.days) p.set('days', a.days);
  else {
    p.set('from', a.from);
    if (a.to) p.set('to', a.to);
  }
  if (a.id) p.set('id', a.id);
  if (a.dim === 'shop' || a.id) p.set('grain', a.grain);
  else p.set('by', a.by);
  return p;
}

export const canSort = (name: string) => sortable.includes(name);
