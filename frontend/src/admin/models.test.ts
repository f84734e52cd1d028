import { expect, it } from 'vitest';
import { bps, firstValues, general, goals, modelOf, models, percent, sentence, termsOf } from './models';

it('reads percentages without arithmetic of fractions', () => {
  expect([bps('10'), bps('12.5'), bps('0.29'), bps('7,25'), bps(' 100 ')]).toEqual([1000, 1250, 29, 725, 10000]);
  for (const none of ['', 'ten', '1.234', '-5', '1e3', '5%']) expect(bps(none)).toBeNaN();
  for (const n of [1000, 1250, 29, 725, 10000, 5, 1010]) expect(bps(percent(n))).toBe(n);
});

it('has eleven ways to pay, each fit for a goal, and a way for each goal', () => {
  expect(models).toHaveLength(11);
  expect(new Set(models.map((m) => m.key)).size).toBe(11);
  for (const m of models) expect(m.goals.length).toBeGreaterThan(0);
  for (const g of goals) expect(models.some((m) => m.goals.includes(g.key))).toBe(true);
});

it('makes terms of several ways at once, whose parts have names of their own', () => {
  const t = termsOf([{ model: 'affiliate', values: { rate: '10' } }, { model: 'affiliate', values: { rate: '5' } }, { model: 'clicks', values: { price: '0,305', max_count: '1000', max_amount: '' } }], { ...general, budget: '5000.00', tags: '#ad, #partner' }, 'EUR');
  expect(t.components).toEqual([
    { id: 'commission', type: 'percentage', rate_bps: 1000 },
    { id: 'commission_2', type: 'percentage', rate_bps: 500 },
    { id: 'clicks', type: 'clicks', unit_price: '0.305', max_count: 1000 },
  ]);
  expect(t).toMatchObject({ version: 1, currency: 'EUR', caps: { budget: '5000.00' }, disclosure: { tags: ['#ad', '#partner'] }, attribution: { window_days: 30 }, hold: { days: 30 } });
  expect(t).not.toHaveProperty('threshold');
});

it('says every way in words that quote the amounts as they stand', () => {
  for (const m of models) for (const c of m.components(firstValues(m))) expect(sentence(c, 'USD')).not.toMatch(/undefined|NaN|object/);
  expect(sentence(modelOf('codes')!.components({ rate: '10' })[0]!, 'USD')).toBe('10 % of orders won by code');
  expect(sentence({ id: 't', type: 'rate_tiers', basis: 'revenue', bands: [{ from: '0', rate_bps: 400 }, { from: '200.00', rate_bps: 650 }] }, 'USD')).toBe('A rate that rises with revenue: 4 % from 0, 6.5 % from 200.00');
});
