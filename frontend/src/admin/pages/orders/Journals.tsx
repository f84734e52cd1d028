import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answered, api } from '../../../shared/api';
import { dateTime, words } from '../../../shared/format';
import { Amount, Loading, Trouble } from '../../ui';

// Journals is an earning's way through the ledger.
export function Journals({ earning }: { earning: string }) {
  const found = useQuery({ queryKey: ['orders', 'journals', earning], queryFn: () => answered(api.GET('/api/v1/earnings/{id}/journals', { params: { path: { id: earning } } })) });
  if (found.isPending) return <Loading rows={2} />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const rows = found.data.data ?? [];
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was posted.
      </Text>
    );
  return (
    <Table aria-label="Journals">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          <Table.Th>What</Table.Th>
          <Table.Th>Account</Table.Th>
          <Table.Th ta="right">Debit</Table.Th>
          <Table.Th ta="right">Credit</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.flatMap((j) =>
          (j.postings ?? []).map((p, i) => (
            <Table.Tr key={`${j.id}-${i}`}>
              <Table.Td>{i === 0 ? dateTime(j.effective_at) : ''}</Table.Td>
              <Table.Td>{i === 0 ? words(j.kind) : ''}</Table.Td>
              <Table.Td>{words(p.account)}</Table.Td>
              <Table.Td ta="right">{p.debit && <Amount value={p.debit} />}</Table.Td>
              <Table.Td ta="right">{p.credit && <Amount value={p.credit} />}</Table.Td>
            </Table.Tr>
          )),
        )}
      </Table.Tbody>
    </Table>
  );
}
