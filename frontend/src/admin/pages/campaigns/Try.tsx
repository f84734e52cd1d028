import { Button, Group, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { addDays, startOfDay } from '../../../shared/days';
import { count } from '../../../shared/format';
import { useSession } from '../../data';
import type { Terms } from '../../models';
import { Amount, Help, Loading, Section, Trouble } from '../../ui';

// useExamples works the draft out for simple things, and says what is wrong with it.
export const useExamples = (terms: Terms, on = true) =>
  useQuery({ queryKey: ['examples', terms], enabled: on, retry: false, queryFn: () => answered(api.POST('/api/v1/terms/examples', { body: { terms } })) });

export function Examples({ terms }: { terms: Terms }) {
  const found = useExamples(terms);
  if (found.isPending) return <Loading rows={3} />;
  if (found.error) return <Trouble error={found.error} />;
  return (
    <Table aria-label="Worked example" data-testid="examples">
      <Table.Tbody>
        {(found.data.examples ?? []).map((e, i) => (
          <Table.Tr key={i}>
            <Table.Td>{e.when}</Table.Td>
            <Table.Td ta="right" fw={600}>
              <Amount value={e.earns} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const spans = [
  { value: '30', label: 'last 30 days' },
  { value: '90', label: 'last 90 days' },
  { value: '365', label: 'last year' },
  { value: '', label: 'all there is' },
];

// Simulator runs the draft over what the shop has really sold.
export function Simulator({ terms }: { terms: Terms }) {
  const [days, setDays] = useState('90');
  const session = useSession();
  const shop = session.data?.shop;
  const from = days && shop ? startOfDay(addDays(shop.today, 1 - Number(days)), shop.time_zone) : undefined;
  const run = useQuery({
    queryKey: ['simulation', terms, from],
    enabled: shop !== undefined,
    retry: false,
    queryFn: () => answered(api.POST('/api/v1/simulations', { body: { terms, from, limit: 10, holds: 'over' } })),
  });
  return (
    <Stack>
      <Group gap="xs">
        <Text size="sm">On the orders of the</Text>
        <Select size="xs" w={150} data={spans} value={days} onChange={(v) => setDays(v ?? '')} allowDeselect={false} aria-label="Orders of" />
        <Button size="compact-sm" variant="default" onClick={() => run.refetch()} loading={run.isFetching}>
          Again
        </Button>
      </Group>
      {run.error ? <Trouble error={run.error} /> : run.data ? <Outcome of={run.data} /> : <Loading rows={4} />}
    </Stack>
  );
}

function Outcome({ of }: { of: Schemas['Simulation'] }) {
  const t = of.totals;
  const cells: [string, string, React.ReactNode][] = [
    ['Sales that count', 'Shares of orders that somebody’s code or link won, in that time.', count(of.sales)],
    ['What counts of them', 'Net of discounts, returns, tax and shipping.', <Amount key="b" value={t.base} />],
    ['Paid under the terms of today', 'What the ledger holds for them.', t.today ? <Amount key="t" value={t.today} /> : '–'],
    ['Under this draft', 'The same sales, reckoned by the draft, by the rules that pay.', <Amount key="s" value={t.simulated} />],
    ['Difference', 'Draft less today.', t.difference ? <Amount key="d" value={t.difference} /> : 'not in one currency'],
  ];
  return (
    <>
      <SimpleGrid cols={{ base: 2, md: 5 }} data-testid="simulation">
        {cells.map(([label, help, value]) => (
          <div key={label}>
            <Text size="xs" c="dimmed">
              <Help of={help}>{label}</Help>
            </Text>
            <Text fw={600}>{value}</Text>
          </div>
        ))}
      </SimpleGrid>
      {(of.rate_tiers ?? []).length > 0 && (
        <Section title="The same tiers under other conventions">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Convention</Table.Th>
                <Table.Th ta="right">Refunds keep the rate</Table.Th>
                <Table.Th ta="right">Refunds are rated again</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {(of.rate_tiers ?? []).map((c) => (
                <Table.Tr key={c.convention}>
                  <Table.Td fw={c.drafted ? 600 : 400}>
                    {c.convention.replace(/_/g, ' ')}
                    {c.drafted && ' (the draft)'}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount value={c.at_original_rate} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount value={c.refold} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Section>
      )}
      {(of.influencers ?? []).length > 0 && (
        <Table aria-label="By influencer">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Influencer</Table.Th>
              <Table.Th ta="right">Sales</Table.Th>
              <Table.Th ta="right">Today</Table.Th>
              <Table.Th ta="right">Draft</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(of.influencers ?? []).slice(0, 8).map((i) => (
              <Table.Tr key={i.influencer}>
                <Table.Td>{i.influencer}</Table.Td>
                <Table.Td ta="right">{count(i.sales)}</Table.Td>
                <Table.Td ta="right">{i.today ? <Amount value={i.today} /> : '–'}</Table.Td>
                <Table.Td ta="right">
                  <Amount value={i.simulated} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {(of.notes ?? []).map((n) => (
        <Text key={n} size="xs" c="dimmed">
          {n}
        </Text>
      ))}
    </>
  );
}
