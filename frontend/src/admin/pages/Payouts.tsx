import { Group, Select, Stack, Text } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { Schemas } from '../../shared/api';
import { date, month } from '../../shared/format';
import { useBalances, useBatches } from '../data';
import { Amount, Header, List, Section, State, To } from '../ui';
import { Balances } from './payouts/Balances';

const states: Schemas['PayoutBatch']['state'][] = ['draft', 'approved', 'paying', 'paid', 'failed'];

export function Payouts() {
  const [params, setParams] = useSearchParams();
  const state = states.find((s) => s === params.get('state'));
  const batches = useBatches(state);
  const balances = useBalances();
  return (
    <>
      <Header title="Payouts" note="Months that were closed, and what is owed" />
      <Section
        title="Batches"
        right={<Select size="xs" w={130} placeholder="Any state" aria-label="State" data={states} value={state ?? null} clearable onChange={(v) => setParams(v ? { state: v } : {})} />}
      >
        <List
          of={batches}
          label="Payout batches"
          id={(b) => b.id}
          empty={state ? `No batch is ${state}.` : 'No month has ended yet.'}
          columns={[
            { head: 'Month', cell: (b) => <To to={`/payouts/${b.id}`}>{month(b.period)}</To> },
            { head: 'State', cell: (b) => <State of={b.state} /> },
            { head: 'Closed', cell: (b) => date(b.created_at), wide: true },
            { head: 'Approved by', cell: (b) => b.approved_by ?? '–', wide: true },
            { head: 'To pay', cell: (b) => <Totals of={b} value={(t) => t.pay} />, right: true },
            { head: 'Paid', cell: (b) => <Totals of={b} value={(t) => t.paid} />, right: true, wide: true },
          ]}
        />
      </Section>
      <Section title="Balances">
        <Balances of={balances} names />
      </Section>
    </>
  );
}

function Totals({ of, value }: { of: Schemas['PayoutBatch']; value: (t: Schemas['PayoutTotal']) => Schemas['Money'] }) {
  const totals = of.totals ?? [];
  if (totals.length === 0) return <Text span size="sm" c="dimmed">nothing</Text>;
  return (
    <Stack gap={0} align="flex-end">
      {totals.map((t) => (
        <Group key={t.currency} gap={0}>
          <Amount value={value(t)} />
        </Group>
      ))}
    </Stack>
  );
}
