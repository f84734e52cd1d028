import { Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { watch, type FeedEvent } from '../../../shared/feed';
import { ago, words } from '../../../shared/format';
import { useNames } from '../../data';
import { Amount, Section, To } from '../../ui';

const kept = 14;

// Activity is what happens, as it happens.
export function Activity() {
  const [events, setEvents] = useState<FeedEvent[]>([]);
  const [live, setLive] = useState(false);
  const [now, setNow] = useState(Date.now());
  const name = useNames();
  const client = useQueryClient();
  useEffect(() => {
    const end = new AbortController();
    let due: ReturnType<typeof setTimeout> | undefined;
    void watch(
      end.signal,
      (e) => {
        setEvents((old) => (old.some((o) => o.id === e.id) ? old : [e, ...old].slice(0, kept)));
        // The figures above are read again at most every five seconds.
        due ??= setTimeout(() => {
          due = undefined;
          void client.invalidateQueries({ queryKey: ['kpis'] });
        }, 5000);
      },
      setLive,
    );
    const tick = setInterval(() => setNow(Date.now()), 5000);
    return () => {
      end.abort();
      clearInterval(tick);
      clearTimeout(due);
    };
  }, [client]);
  return (
    <Section
      title="As it happens"
      right={
        <Text size="xs" c={live ? 'green.8' : 'dimmed'} role="status">
          {live ? '● live' : '○ connecting'}
        </Text>
      }
    >
      {events.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing yet. A sale shows here within seconds.
        </Text>
      ) : (
        <Stack gap={8}>
          {events.map((e) => (
            <Group key={e.id} justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
              <div style={{ minWidth: 0 }}>
                <Text size="sm" truncate>
                  <To to={`/influencers/${e.influencer_id}`}>{name(e.influencer_id)}</To> {verb(e)}
                </Text>
                <Text size="xs" c="dimmed">
                  {e.order_id ? <To to={`/orders/${e.order_id}`}>{e.kind === 'earned' ? 'why?' : 'order'}</To> : words(e.source)} · {ago(e.at, now)}
                </Text>
              </div>
              <Text size="sm">
                <Amount value={e.amount} />
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Section>
  );
}

function verb(e: FeedEvent): string {
  if (e.kind === 'reversed') return 'gave back';
  if (e.kind === 'changed') return 'earns differently';
  return 'earned';
}
