import { Button, Card, Center, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { Amount, Loading, State, Trouble } from '../../admin/ui';
import { date, words } from '../../shared/format';
import type { Portal } from '../api';
import { useDealNames, useEarnings } from '../data';

type EarningState = Portal['Earning']['state'];
const states: EarningState[] = ['pending', 'locked', 'held', 'denied', 'unpaid', 'void'];

export function Earnings() {
  const [state, setState] = useState<EarningState | ''>('');
  const list = useEarnings(state || undefined);
  const name = useDealNames();
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>Earnings</Title>
        <NativeSelect
          aria-label="State"
          value={state}
          onChange={(e) => setState(e.currentTarget.value as EarningState | '')}
          data={[{ value: '', label: 'All states' }, ...states.map((s) => ({ value: s, label: words(s) }))]}
        />
      </Group>
      {list.isPending && <Loading />}
      {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
      {list.rows?.length === 0 && <Text c="dimmed">{state ? 'None in this state.' : 'Nothing yet.'}</Text>}
      {(list.rows ?? []).map((e) => (
        <Card key={e.id} component={Link} to={`/earnings/${e.id}`} style={{ color: 'inherit', textDecoration: 'none' }} data-testid="earning">
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <div>
              <Text fw={600}>{e.order ? `Order ${e.order}` : words(e.kind)}</Text>
              <Text size="xs" c="dimmed">
                {date(e.occurred_at)} · {name(e.agreement_id)}
              </Text>
            </div>
            <Stack gap={2} align="flex-end">
              <Text fw={600}>
                <Amount value={e.amount} />
              </Text>
              <State of={e.dispute_id ? 'disputed' : e.state} />
            </Stack>
          </Group>
          <Text size="sm" mt="xs">
            {e.explained}
            {e.state === 'pending' && e.release_at && ` The hold ends on ${date(e.release_at)}.`}
          </Text>
        </Card>
      ))}
      {list.hasNextPage && (
        <Center>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </Stack>
  );
}
