import { Button, Card, CloseButton, Group, List, Progress, Text, ThemeIcon, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { answered, api } from '../../../shared/api';
import { useSession } from '../../data';
import { To } from '../../ui';

// useSetup is how far a shop has come on the way to its first sale.
const useSetup = (on: boolean) =>
  useQuery({
    queryKey: ['setup'],
    enabled: on,
    queryFn: async () => {
      const one = { params: { query: { limit: 1 } } };
      const [people, signed, codes, orders] = await Promise.all([
        answered(api.GET('/api/v1/influencers', one)),
        answered(api.GET('/api/v1/agreements', { params: { query: { state: 'signed', limit: 1 } } })),
        answered(api.GET('/api/v1/codes', one)),
        answered(api.GET('/api/v1/orders', { params: { query: { outcome: 'attributed', limit: 1 } } })),
      ]);
      const some = (l: { data: unknown[] | null }) => (l.data ?? []).length > 0;
      return { people: some(people), signed: some(signed), code: some(codes), live: (codes.data ?? []).some((c) => c.in_store === undefined || c.in_store === 'live'), sale: some(orders) };
    },
    refetchInterval: (q) => (q.state.data && q.state.data.code && !q.state.data.live ? 2000 : false),
  });

// Guide leads from the installation to the first code that is live and the first
// sale, and goes away by itself.
export function Guide() {
  const session = useSession();
  const domain = session.data?.shop.domain ?? '';
  const [closed, setClosed] = useLocalStorage({ key: `guide-closed:${domain}`, defaultValue: false, getInitialValueInEffect: false });
  const setup = useSetup(!closed && domain !== '');
  if (closed || !setup.data || setup.data.sale) return null;
  const s = setup.data;
  const steps = [
    { done: true, what: 'The store is connected', more: `${session.data?.shop.name}, ${session.data?.shop.currency}, ${session.data?.shop.time_zone}` },
    { done: s.people, what: 'Somebody to work with', more: <To to="/influencers">Add or import influencers</To> },
    { done: s.signed, what: 'Terms that both sides signed', more: 'The campaign’s five steps lead there' },
    { done: s.live, what: 'A code that is live in the store', more: s.code ? 'On its way to the store …' : 'Made with the campaign' },
    { done: s.sale, what: 'The first sale', more: 'It shows on this page within seconds' },
  ];
  const done = steps.filter((x) => x.done).length;
  return (
    <Card component="section" mb="md" aria-label="Setup guide" data-testid="guide">
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Title order={2}>To the first sale</Title>
        <Group gap="xs" wrap="nowrap">
          <Text size="sm" c="dimmed">
            {done} of {steps.length}
          </Text>
          <CloseButton size="sm" aria-label="Close the guide" onClick={() => setClosed(true)} />
        </Group>
      </Group>
      <Progress value={(done * 100) / steps.length} mb="md" size="sm" aria-label={`${done} of ${steps.length} done`} />
      <List spacing={6} size="sm" center>
        {steps.map((x) => (
          <List.Item
            key={x.what}
            icon={
              <ThemeIcon size={18} radius="xl" variant={x.done ? 'filled' : 'default'} aria-label={x.done ? 'done' : 'to do'}>
                <span aria-hidden style={{ fontSize: 11 }}>
                  {x.done ? '✓' : ''}
                </span>
              </ThemeIcon>
            }
          >
            {x.what}{' '}
            <Text span inherit c="dimmed">
              {x.more}
            </Text>
          </List.Item>
        ))}
      </List>
      {!s.live && (
        <Button component={Link} to="/campaigns/new" mt="md" size="xs">
          {s.code ? 'Another campaign' : 'Make the first campaign'}
        </Button>
      )}
    </Card>
  );
}
