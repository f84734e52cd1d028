import { expect, test } from 'vitest';
import { differences, inWords, numbers, withNumbers, type Terms } from './terms';

const terms: Terms = {
  version: 1,
  currency: 'USD',
  attribution: { window_days: 30 },
  base: {},
  components: [
    { id: 'base', type: 'percentage', rate_bps: 1250 },
    { id: 'lead', type: 'leads', amount: '12.00', max_count: 40 },
    { id: 'bonus', type: 'milestones', metric: 'orders', steps: [{ at: '10', amount: '50.00' }] },
  ],
  hold: { days: 14, from: 'paid_at' },
};

test('terms are told in words', () => {
  const { pay, rules } = inWords(terms);
  expect(pay).toEqual(['12.5 % of the sales you bring', '12.00 USD for each qualified lead (the first 40)', 'A bonus at 10 orders: 50.00 USD']);
  expect(rules.join(' ')).toContain('14 days after the order is paid');
});

test('a counter-offer changes the figures it names and nothing else', () => {
  const other = withNumbers(terms, new Map([['components.0.rate_bps', '15'], ['components.1.amount', '13.50'], ['hold.days', '7']]));
  expect(differences(terms, other)).toEqual([
    { path: 'components.0.rate_bps', before: '1250', after: '1500' },
    { path: 'components.1.amount', before: '12.00', after: '13.50' },
    { path: 'hold.days', before: '14', after: '7' },
  ]);
  expect(terms.components[0]!.rate_bps).toBe(1250);
  expect(numbers(terms).map((n) => n.value)).toEqual(['12.5', '12.00', '50.00', '14']);
});

test('what is not there is told apart from what is empty', () => {
  expect(differences({ a: 1 }, { b: 1 })).toEqual([
    { path: 'a', before: '1', after: 'not there' },
    { path: 'b', before: 'not there', after: '1' },
  ]);
});
