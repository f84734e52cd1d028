import { Group, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { dateTime, words } from '../../shared/format';
import { useNames, useOrders, type OrderFilter } from '../data';
import { Amount, Header, List, State, To } from '../ui';

const outcomes = ['attributed', 'none', 'held', 'denied'];
const vias = ['code', 'click', 'visit', 'live', 'binding', 'manual'];
const payments = ['paid', 'pending', 'void', 'unknown'];

const options = (of: string[]) => of.map((v) => ({ value: v, label: words(v) }));

export function Orders() {
  const [params, setParams] = useSearchParams();
  const [code, setCode] = useState(params.get('code') ?? '');
  const [typed] = useDebouncedValue(code.trim(), 300);
  const get = (k: string) => params.get(k) ?? undefined;
  const set = (k: string) => (v: string | null) =>
    setParams((old) => {
      if (v) old.set(k, v);
      else old.delete(k);
      return old;
    });
  const filter = { outcome: get('outcome'), via: get('via'), payment: get('payment'), influencer: get('influencer'), code: typed || undefined } as OrderFilter;
  const orders = useOrders(filter);
  const name = useNames();
  return (
    <>
      <Header title="Orders" note="What was sold, and who brought it" />
      <Group mb="md" gap="xs">
        <Select size="xs" w={140} placeholder="Any outcome" aria-label="Outcome" data={options(outcomes)} value={get('outcome') ?? null} onChange={set('outcome')} clearable />
        <Select size="xs" w={120} placeholder="Any way" aria-label="Way" data={options(vias)} value={get('via') ?? null} onChange={set('via')} clearable />
        <Select size="xs" w={130} placeholder="Any payment" aria-label="Payment" data={options(payments)} value={get('payment') ?? null} onChange={set('payment')} clearable />
        <TextInput size="xs" w={130} placeholder="Code" aria-label="Code" value={code} onChange={(e) => setCode(e.currentTarget.value)} />
      </Group>
      <List
        of={orders}
        label="Orders"
        id={(o) => o.id}
        empty="No orders are like that."
        columns={[
          { head: 'Order', cell: (o) => <To to={`/orders/${o.id}`}>{o.name || o.id}</To> },
          { head: 'When', cell: (o) => dateTime(o.paid_at ?? o.created_at ?? o.first_seen_at), wide: true },
          { head: 'Influencer', cell: (o) => (o.influencer_id ? <To to={`/influencers/${o.influencer_id}`}>{name(o.influencer_id)}</To> : '–') },
          { head: 'By', cell: (o) => o.via ?? '–', wide: true },
          { head: 'Outcome', cell: (o) => <State of={o.outcome} label={o.outcome === 'none' ? 'nobody' : undefined} /> },
          { head: 'Payment', cell: (o) => <State of={o.payment} />, wide: true },
          { head: 'Total', cell: (o) => <Amount value={o.total} />, right: true },
        ]}
      />
    </>
  );
}
