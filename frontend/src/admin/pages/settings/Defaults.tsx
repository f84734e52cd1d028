import { Box, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answered, api } from '../../../shared/api';
import { Loading, Section, To, Trouble } from '../../ui';
import { defaultsOf } from './terms';

// Defaults shows what terms say by themselves: attribution, holds, when is paid.
export function Defaults() {
  const found = useQuery({ queryKey: ['terms', 'schema'], staleTime: Infinity, queryFn: () => answered(api.GET('/api/v1/terms/schema')) });
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Loading />;
  return (
    <Section title="Unless an agreement says otherwise">
      <Text size="sm" mb="sm">
        How orders are attributed, how long earnings are held and when they are paid stands in each agreement, signed by both sides, and not in a setting that could change behind their backs. This is what new terms begin with; <To to="/campaigns">campaigns</To> are where they are written.
      </Text>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Defaults">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Term</Table.Th>
              <Table.Th>Begins as</Table.Th>
              <Table.Th>What it means</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {defaultsOf(found.data).map((d) => (
              <Table.Tr key={d.path}>
                <Table.Td>{d.path}</Table.Td>
                <Table.Td>{d.value}</Table.Td>
                <Table.Td>{d.about}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Section>
  );
}
