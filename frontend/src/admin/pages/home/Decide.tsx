import { Group, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { answered, api } from '../../../shared/api';
import { Loading, To, Trouble } from '../../ui';

const limit = 50;

type Few = { data: unknown[] | null; next_cursor?: string };

// What waits for a person, and where it is decided.
const waiting: { one: string; many: string; to: string; look: () => Promise<Few> }[] = [
  { one: 'payout batch to approve', many: 'payout batches to approve', to: '/payouts?state=draft', look: () => answered(api.GET('/api/v1/payouts', { params: { query: { state: 'draft', limit } } })) },
  { one: 'approved batch to pay', many: 'approved batches to pay', to: '/payouts?state=approved', look: () => answered(api.GET('/api/v1/payouts', { params: { query: { state: 'approved', limit } } })) },
  { one: 'order held for a look', many: 'orders held for a look', to: '/orders?outcome=held', look: () => answered(api.GET('/api/v1/orders', { params: { query: { outcome: 'held', limit } } })) },
  { one: 'agreement waiting for a signature', many: 'agreements waiting for a signature', to: '/agreements?state=offered', look: () => answered(api.GET('/api/v1/agreements', { params: { query: { state: 'offered', limit } } })) },
];

export function Decide() {
  const found = useQueries({ queries: waiting.map((w) => ({ queryKey: ['waiting', w.to], queryFn: w.look })) });
  if (found.some((f) => f.isPending)) return <Loading rows={3} />;
  const failed = found.find((f) => f.error);
  if (failed) return <Trouble error={failed.error} again={() => found.forEach((f) => void f.refetch())} />;
  const due = waiting.flatMap((w, i) => {
    const f = found[i]?.data;
    const n = f?.data?.length ?? 0;
    return n > 0 ? [{ ...w, n, more: f?.next_cursor !== undefined }] : [];
  });
  if (due.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing waits for you.
      </Text>
    );
  return (
    <Stack gap={8}>
      {due.map((w) => (
        <Group key={w.to} gap="xs">
          <Text size="sm" fw={600} miw={32} ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
            {w.n}
            {w.more && '+'}
          </Text>
          <Text size="sm">
            <To to={w.to}>{w.n === 1 ? w.one : w.many}</To>
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
