import { Anchor, Box, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { Amount, Loading, Trouble } from '../../admin/ui';
import { dateTime, month, words } from '../../shared/format';
import { useShop, useStatement } from '../data';

export function StatementPage() {
  const [query] = useSearchParams();
  const shop = useShop();
  const currency = query.get('currency') ?? shop.currency;
  const period = query.get('period') ?? '';
  const found = useStatement(currency, period);
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const s = found.data;
  const file = (format: string) => `/portal/v1/shops/${shop.id}/statement?currency=${currency}${period ? `&period=${period}` : ''}&format=${format}`;
  const total = (name: string, value: typeof s.opening, id: string) => (
    <Table.Tr fw={600}>
      <Table.Td colSpan={2}>{name}</Table.Td>
      <Table.Td ta="right" data-testid={id}>
        <Amount value={value} />
      </Table.Td>
    </Table.Tr>
  );
  return (
    <Stack>
      <Title order={1}>{period ? month(period) : 'The open month'}</Title>
      <Text c="dimmed" size="sm">
        {shop.name}, {currency}. Every line that made the balance what it is.
      </Text>
      <Group>
        <Anchor size="sm" href={file('pdf')}>
          As PDF
        </Anchor>
        <Anchor size="sm" href={file('csv')}>
          As CSV
        </Anchor>
      </Group>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Movements">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Amount</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {total('Opening', s.opening, 'opening')}
            {(s.movements ?? []).map((m) => (
              <Table.Tr key={m.journal_id + m.effective_at}>
                <Table.Td>{dateTime(m.effective_at)}</Table.Td>
                <Table.Td>
                  {words(m.type)} {m.order_name ?? m.note ?? ''}
                  <Text size="xs" c="dimmed">
                    {(m.rules ?? []).join(', ')}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount value={m.amount} />
                </Table.Td>
              </Table.Tr>
            ))}
            {period ? total('Paid', s.payout, 'paid') : null}
            {total('Closing', s.closing, 'closing')}
          </Table.Tbody>
        </Table>
      </Box>
    </Stack>
  );
}
