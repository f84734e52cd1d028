import { Group, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { answered, api } from '../../../shared/api';
import { Loading, To, Trouble } from '../../ui';

const limit = 50;

type Few = { data: unknown[] | null; next_cursor?: string };

// What waits for a person, and where it is decided. What decides it lets the lists
// of its kind (of) be read again.
const waiting: { one: string; many: string; to: string; of: string; look: () => Promise<Few> }[] = [
  { one: 'payout batch to approve', many: 'payout batches to approve', to: '/payouts?state=draft', of: 'payouts', look: () => answered(api.GET('/api/v1/payouts', { params: { query: { state: 'draft', limit } } })) },
  { one: 'approved batch to pay', many: 'approved batches to pay', to: '/payouts?state=approved', of: 'payouts', look: () => answered(api.GET('/api/v1/payouts', { params: { query: { state: 'approved', limit } } })) },
  { one: 'dispute to answer', many: 'disputes to answer', to: '/review/disputes?state=open', of: 'disputes', look: () => answered(api.GET('/api/v1/disputes', { params: { query: { state: 'open', limit } } })) },
  { one: 'application to answer', many: 'applications to answer', to: '/review/applications?state=submitted', of: 'applications', look: () => answered(api.GET('/api/v1/applications', { params: { query: { state: 'submitted', limit } } })) },
  { one: 'lead to vet', many: 'leads to vet', to: '/leads?state=pending_vetting', of: 'leads', look: () => answered(api.GET('/api/v1/leads', { params: { query: { state: 'pending_vetting', limit } } })) },
  { one: 'post to approve', many: 'posts to approve', to: '/content?state=submitted', of: 'posts', look: () => answered(api.GET('/api/v1/posts', { params: { query: { state: 'submitted', limit } } })) },
  { one: 'post whose numbers look wrong', many: 'posts whose numbers look wrong', to: '/review', of: 'posts', look: () => answered(api.GET('/api/v1/posts', { params: { query: { held: 'true', limit } } })) },
  { one: 'order held for a look', many: 'orders held for a look', to: '/orders?outcome=held', of: 'orders', look: () => answered(api.GET('/api/v1/orders', { params: { query: { outcome: 'held', limit } } })) },
  { one: 'agreement waiting for a signature', many: 'agreements waiting for a signature', to: '/agreements?state=offered', of: 'agreements', look: () => answered(api.GET('/api/v1/agreements', { params: { query: { state: 'offered', limit } } })) },
  { one: 'piece of work that failed', many: 'pieces of work that failed', to: '/review/failed', of: 'outbox', look: () => answered(api.GET('/api/v1/outbox', { params: { query: { state: 'failed', limit } } })) },
  { one: 'piece of work in doubt', many: 'pieces of work in doubt', to: '/review/failed', of: 'outbox', look: () => answered(api.GET('/api/v1/outbox', { params: { query: { state: 'in_doubt', limit } } })) },
  { one: 'webhook that could not be read', many: 'webhooks that could not be read', to: '/review/failed', of: 'deliveries', look: () => answered(api.GET('/api/v1/deliveries', { params: { query: { state: 'parked', limit } } })) },
];

export function Decide() {
  const found = useQueries({ queries: waiting.map((w) => ({ queryKey: [w.of, 'waiting', w.one], queryFn: w.look })) });
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
        <Group key={w.one} gap="xs">
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
