import { Text } from '@mantine/core';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { usePages } from '../../data';
import { List } from '../../listing';
import { Do, useAct } from '../../parts';
import { Section, State, To, Trouble } from '../../ui';

type Work = Schemas['OutboxWork'];
type Delivery = Schemas['Delivery'];

const kinds: Record<string, string> = {
  'code:apply': 'Discount code in the store',
  'mail:send': 'Mail',
  'webhook:send': 'Event to one of your addresses',
};

// Failed is work that needs somebody: what could not be done outside, and what
// the store sent that could not be understood.
export function Failed() {
  return (
    <>
      <Outbox state="failed" title="Work that failed" empty="Nothing failed." note="It was tried for two days, or was refused for good. What went wrong stands beside it; when that is mended, try again." />
      <Outbox state="in_doubt" title="Work in doubt" empty="Nothing is in doubt." note="The other side did not answer, so nobody knows whether it was done. Look there before you try again." />
      <Parked />
    </>
  );
}

function Outbox({ state, title, empty, note }: { state: 'failed' | 'in_doubt'; title: string; empty: string; note: string }) {
  const found = usePages(['outbox', state], (cursor) => answered(api.GET('/api/v1/outbox', { params: { query: { state, cursor } } })));
  const retry = useAct((id: string, headers) => answered(api.POST('/api/v1/outbox/{id}/retry', { params: { path: { id } }, headers })), 'outbox');
  return (
    <Section title={title}>
      <Text size="xs" c="dimmed" mb="xs">
        {note}
      </Text>
      {retry.error && <Trouble error={retry.error} />}
      {retry.data && !retry.isPending && (
        <Text size="sm" role="status">
          {retry.data.id} is tried again now.
        </Text>
      )}
      <List<Work>
        of={found}
        label={title}
        id={(w) => w.id}
        empty={empty}
        columns={[
          { head: 'What', cell: (w) => kinds[w.kind] ?? w.kind },
          { head: 'Since', cell: (w) => dateTime(w.created_at), wide: true },
          { head: 'Tried', cell: (w) => w.attempts, right: true, wide: true },
          { head: 'What went wrong', cell: (w) => w.note || '–' },
          { head: 'Again', right: true, cell: (w) => <Do variant="default" loading={retry.isPending && retry.variables === w.id} onClick={() => retry.mutate(w.id)}>Try again</Do> },
        ]}
      />
    </Section>
  );
}

function Parked() {
  const found = usePages(['deliveries', 'parked'], (cursor) => answered(api.GET('/api/v1/deliveries', { params: { query: { state: 'parked', cursor } } })));
  const waiting = usePages(['deliveries', 'retry'], (cursor) => answered(api.GET('/api/v1/deliveries', { params: { query: { state: 'retry', cursor } } })));
  const retry = useAct((id: string, headers) => answered(api.POST('/api/v1/deliveries/{id}/retry', { params: { path: { id } }, headers })), 'deliveries');
  const order = (d: Delivery) => (d.order_id ? <To to={`/orders/${d.order_id}`}>{d.order_id}</To> : '–');
  return (
    <>
      <Section title="Parked webhooks">
        <Text size="xs" c="dimmed" mb="xs">
          What the store sent and could not be settled, after several attempts. The others are not held up by it.
        </Text>
        {retry.error && <Trouble error={retry.error} />}
        <List<Delivery>
          of={found}
          label="Parked webhooks"
          id={(d) => d.id}
          empty="No webhook is parked."
          columns={[
            { head: 'Topic', cell: (d) => d.topic },
            { head: 'Order', cell: order },
            { head: 'Came', cell: (d) => dateTime(d.received_at), wide: true },
            { head: 'What went wrong', cell: (d) => d.note || '–' },
            { head: 'Again', right: true, cell: (d) => <Do variant="default" loading={retry.isPending && retry.variables === d.id} onClick={() => retry.mutate(d.id)}>Try again</Do> },
          ]}
        />
      </Section>
      <Section title="Webhooks that are tried again">
        <List<Delivery>
          of={waiting}
          label="Webhooks that are tried again"
          id={(d) => d.id}
          empty="None."
          columns={[
            { head: 'Topic', cell: (d) => d.topic },
            { head: 'Order', cell: order },
            { head: 'State', cell: (d) => <State of={d.state} />, wide: true },
            { head: 'What went wrong', cell: (d) => d.note || '–' },
            { head: 'Next', cell: (d) => dateTime(d.next_at), right: true },
          ]}
        />
      </Section>
    </>
  );
}
