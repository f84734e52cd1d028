import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { Badge, Box, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { watch } from '../../../shared/feed';
import { count, dateTime, money } from '../../../shared/format';
import { useNames, useSession } from '../../data';
import { Ask, Copied, Deadline, Do, fieldsOf, Figure, useAct } from '../../parts';
import { Amount, Facts, Header, Loading, Section, State, To, Trouble } from '../../ui';
import { bars } from './minutes';
import { Plan } from './Plan';

const every = 5_000;

// Session is one session as it runs, and what it came to after it.
export function Session() {
  const { id = '' } = useParams();
  const client = useQueryClient();
  const running = (l: Schemas['LiveSession'] | undefined) => l !== undefined && (l.state === 'live' || (l.state === 'ended' && Date.parse(l.orders_until) > Date.now()));
  const found = useQuery({ queryKey: ['live', id], queryFn: () => answered(api.GET('/api/v1/live-sessions/{id}', { params: { path: { id } } })), refetchInterval: (q) => (q.state.data && ['live', 'scheduled'].includes(q.state.data.state) ? every * 2 : false) });
  const on = running(found.data);
  const minutes = useQuery({ queryKey: ['live', id, 'minutes'], queryFn: () => answered(api.GET('/api/v1/live-sessions/{id}/minutes', { params: { path: { id } } })), refetchInterval: on ? every : false });
  const name = useNames();
  const zone = useSession().data?.shop.time_zone;
  const [changing, change] = useDisclosure();
  const [ending, end] = useDisclosure();
  const [adding, add] = useDisclosure();
  const [code, setCode] = useState('');
  // A sale shows within a second of being settled, not with the next look.
  useEffect(() => {
    if (!on) return;
    const stop = new AbortController();
    void watch(stop.signal, () => void client.invalidateQueries({ queryKey: ['live', id] }), () => {});
    return () => stop.abort();
  }, [on, id, client]);
  const cancel = useAct((_: void, headers) => answered(api.POST('/api/v1/live-sessions/{id}/cancel', { params: { path: { id } }, headers })), 'live');
  const addCode = useAct((_: void, headers) => answered(api.POST('/api/v1/live-sessions/{id}/codes', { params: { path: { id } }, body: { code: code.trim() }, headers })), 'live');
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const l = found.data;
  const m = minutes.data;
  const label = (at: number) => new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(at);
  const plotted = m ? bars(m, l.starts_at, l.orders_until, label) : [];
  return (
    <>
      <Header title={l.title} note={<>with <To to={`/agreements/${l.agreement_id}`}>{name(l.agreement_id)}</To> on {l.platform}</>}>
        {l.state === 'live' ? (
          <Badge color="red" variant="filled" tt="none" role="status">
            ● on air
          </Badge>
        ) : (
          <State of={l.state} />
        )}
        {l.state !== 'cancelled' && (
          <>
            <Do variant="default" onClick={change.open}>
              Change
            </Do>
            <Do variant="default" color="red" onClick={end.open}>
              Cancel it
            </Do>
          </>
        )}
      </Header>
      <Section title={l.state === 'scheduled' ? 'Begins' : 'Sold'} right={on ? <Text size="xs" c="green.8" role="status">● live, in the grace until {dateTime(l.orders_until)}</Text> : undefined}>
        {l.state === 'scheduled' ? (
          <Text size="sm">
            <Deadline at={l.starts_at} />, at {dateTime(l.starts_at)}. Sales show here as they happen.
          </Text>
        ) : minutes.error ? (
          <Trouble error={minutes.error} again={() => minutes.refetch()} />
        ) : !m ? (
          <Loading rows={4} />
        ) : (
          <Stack>
            <Group gap="xl">
              <Figure label="Orders" formula="paid orders whose winning touch is this session, by its codes or its link" value={<span data-testid="live-orders">{count(m.orders)}</span>} />
              <Figure label="Sales" formula="goods after discounts, without tax, as sold" value={<Amount value={m.gross} />} />
              <Figure label="After returns" formula="sales − refunds, edits and cancellations" value={<Amount value={m.net} />} />
            </Group>
            <figure style={{ margin: 0 }} aria-label="Sales per minute">
              <BarChart h={220} data={plotted} dataKey="minute" series={[{ name: 'Sales', color: 'river.6' }]} valueFormatter={(v) => money({ amount: v.toFixed(m.net.amount.split('.')[1]?.length ?? 0), currency: m.net.currency })} barChartProps={{ accessibilityLayer: true }} />
              <Text component="figcaption" size="xs" c="dimmed">
                Sales per minute after returns, by the minute of the order, {zone}
              </Text>
            </figure>
          </Stack>
        )}
      </Section>
      <Section
        title="Codes and link"
        right={
          l.state !== 'cancelled' && (
            <Do variant="default" onClick={add.open}>
              One more code
            </Do>
          )
        }
      >
        <Stack gap="sm">
          {(l.codes ?? []).length === 0 && <Text size="sm" c="dimmed">This session has no code of its own.</Text>}
          {(l.codes ?? []).map((c) => (
            <Group key={c.id} gap="md">
              <Copied value={c.code} label={`the code ${c.code}`} />
              <Text size="xs" c="dimmed">
                {c.follows ? 'from the start to the end of the grace' : `${dateTime(c.valid_from)} – ${c.valid_to ? dateTime(c.valid_to) : 'no end'}`}
              </Text>
            </Group>
          ))}
          {l.link_id && <LiveLink id={l.link_id} />}
          <Facts
            of={[
              ['Starts', dateTime(l.starts_at)],
              ['Ends', dateTime(l.ends_at)],
              ['Grace', `${l.grace_minutes} minutes: an order by a click counts until ${dateTime(l.orders_until)}`],
            ]}
          />
        </Stack>
      </Section>
      {(l.state === 'ended' || l.state === 'live') && <Summary id={id} on={on} />}
      <Plan of={l} opened={changing} onClose={change.close} onDone={() => {}} />
      <Ask title="Cancel this session?" act="Cancel the session" danger opened={ending} onClose={end.close} doing={cancel} onYes={() => cancel.mutate(undefined, { onSuccess: end.close })}>
        <Text size="sm">Orders that are still in their hold are decided again without it, and may go to somebody else. It cannot be taken back.</Text>
      </Ask>
      <Ask title="One more code" act="Give it" opened={adding} onClose={add.close} doing={addCode} ready={code.trim() !== ''} onYes={() => addCode.mutate(undefined, { onSuccess: () => { add.close(); setCode(''); } })}>
        <TextInput label="Code" description="Valid from the start to the end of the grace." value={code} onChange={(e) => setCode(e.currentTarget.value)} error={fieldsOf(addCode.error)('code')} data-autofocus />
      </Ask>
    </>
  );
}

function LiveLink({ id }: { id: string }) {
  const found = useQuery({ queryKey: ['links', id], queryFn: () => answered(api.GET('/api/v1/links/{id}', { params: { path: { id } } })) });
  if (!found.data) return null;
  return <Copied value={found.data.url} label="the link" />;
}

function Summary({ id, on }: { id: string; on: boolean }) {
  const found = useQuery({ queryKey: ['live', id, 'summary'], queryFn: () => answered(api.GET('/api/v1/live-sessions/{id}/summary', { params: { path: { id } } })), refetchInterval: on ? 15_000 : false });
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const s = found.data;
  return (
    <Section title={on ? 'So far' : 'Summary'}>
      {!s ? (
        <Loading rows={3} />
      ) : (
        <Stack>
          <Facts
            of={[
              ['Orders', `${count(s.orders)}${s.cancelled ? `, and ${count(s.cancelled)} cancelled or not paid` : ''}`],
              ['Sales', <Amount key="g" value={s.gross} />],
              ['After returns', <Amount key="n" value={s.net} />],
              ['Commission', (s.commission ?? []).length === 0 ? '–' : (s.commission ?? []).map((c) => <div key={c.currency}><Amount value={c} /></div>)],
              ['Best minute', s.best_minute ? <>{dateTime(s.best_minute.at)}: <Amount value={s.best_minute.net} /></> : '–'],
            ]}
          />
          {(s.products ?? []).length > 0 && (
            <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Products">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Product</Table.Th>
                    <Table.Th ta="right">Units kept</Table.Th>
                    <Table.Th ta="right">Sales</Table.Th>
                    <Table.Th ta="right">After returns</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {(s.products ?? []).map((p, i) => (
                    <Table.Tr key={i}>
                      <Table.Td>{p.sku || p.product_id || '–'}</Table.Td>
                      <Table.Td ta="right">{count(p.units)}</Table.Td>
                      <Table.Td ta="right"><Amount value={p.gross} /></Table.Td>
                      <Table.Td ta="right"><Amount value={p.net} /></Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Box>
          )}
          <Group>
            <Button size="xs" variant="default" component={Link} to={`/reports?dim=session&id=${id}&days=365&grain=day`}>
              As a report
            </Button>
          </Group>
        </Stack>
      )}
    </Section>
  );
}
