import { LineChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { Alert, Anchor, Button, Group, Modal, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { count, dateTime, words } from '../../../shared/format';
import { useNames, usePages } from '../../data';
import { List } from '../../listing';
import { Ask, Deadline, Do, fieldsOf, Figure, useAct } from '../../parts';
import { Facts, Header, Loading, Section, State, To, Trouble } from '../../ui';
import { Disclosed, where } from './Posts';

type Snapshot = Schemas['Snapshot'];
type What = 'approve' | 'reject' | 'release' | 'refuse';

const said: Record<What, { title: string; act: string; danger: boolean; text: string }> = {
  approve: { title: 'Let this post earn?', act: 'Approve', danger: false, text: 'It is paid for by its verified numbers, as agreed.' },
  reject: { title: 'Reject this post?', act: 'Reject', danger: true, text: 'It earns nothing; what it has earned is taken back.' },
  release: { title: 'Are these numbers real?', act: 'Release them', danger: false, text: 'The post is paid for by them from now on.' },
  refuse: { title: 'Are these numbers not real?', act: 'Refuse them', danger: true, text: 'The post earns nothing by them.' },
};

const numbers = ['likes', 'comments', 'shares', 'saves', 'views'] as const;

export function Post() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['posts', id], queryFn: () => answered(api.GET('/api/v1/posts/{id}', { params: { path: { id } } })) });
  const name = useNames();
  const [asking, ask] = useState<What>();
  const path = { id };
  const acting = useAct(({ what, reason }: { what: What; reason: string }, headers) => {
    if (what === 'approve') return answered(api.POST('/api/v1/posts/{id}/approve', { params: { path }, body: {}, headers }));
    if (what === 'reject') return answered(api.POST('/api/v1/posts/{id}/reject', { params: { path }, body: { reason }, headers }));
    return answered(api.POST('/api/v1/posts/{id}/decide', { params: { path }, body: { decision: what === 'release' ? 'release' : 'reject', reason }, headers }));
  }, 'posts');
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const p = found.data;
  const held = p.hold && !p.hold.decision;
  return (
    <>
      <Header title={where(p)} note={<>of <To to={`/agreements/${p.agreement_id}`}>{name(p.agreement_id)}</To> · published {dateTime(p.published_at)}</>}>
        <State of={p.state} />
        {p.state !== 'approved' && <Do onClick={() => ask('approve')}>Approve</Do>}
        {p.state !== 'rejected' && (
          <Do color="red" variant="light" onClick={() => ask('reject')}>
            Reject
          </Do>
        )}
      </Header>
      {held && (
        <Alert color="yellow" variant="light" title="These numbers look wrong" mb="md">
          <Text size="sm">
            {words(p.hold!.reason)}. Nothing is paid by them until somebody decides, <Deadline at={p.hold!.decide_by} then={`${p.on_deadline} by itself`} />.
          </Text>
          <Group mt="xs">
            <Do onClick={() => ask('release')}>They are real</Do>
            <Do color="red" variant="light" onClick={() => ask('refuse')}>
              They are not
            </Do>
          </Group>
        </Alert>
      )}
      <Section title="Post">
        <Stack gap="sm">
          <Facts
            of={[
              ['Address', <Anchor key="u" href={/^https?:\/\//.test(p.url) ? p.url : undefined} target="_blank" rel="noreferrer" inherit>{p.url}</Anchor>],
              ['By', p.author ?? '–'],
              ['Found by', p.origin === 'hashtag' ? 'its hashtag' : 'being submitted'],
              ['Hashtags', (p.hashtags ?? []).map((h) => `#${h}`).join(' ') || '–'],
              ['Decide by', p.state === 'submitted' ? <Deadline key="d" at={p.decide_by} then={`${p.on_deadline} by itself`} /> : '–'],
              ['Decided', p.decided_at ? `${dateTime(p.decided_at)} by ${p.decided_by || 'the deadline'}` : '–'],
              ['Why', p.reason || '–'],
              ['Next read', p.next_read_at ? dateTime(p.next_read_at) : 'not by us'],
              ...(p.hold?.decision ? [['Numbers', `${p.hold.decision} ${dateTime(p.hold.decided_at)}: ${p.hold.why ?? ''}`] as [string, string]] : []),
            ]}
          />
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {p.caption || 'Its caption is not known.'}
          </Text>
          {p.note && (
            <Text size="xs" c="dimmed">
              {p.note}
            </Text>
          )}
        </Stack>
      </Section>
      <Section title="Advertising" right={<Disclosed of={p.disclosure} />}>
        <Text size="sm">{p.disclosure.detail}</Text>
        <Text size="xs" c="dimmed">
          Checked {dateTime(p.disclosure.checked_at)}: whether plain words such as “#ad” stand before the fold, or the platform’s own label is shown, and the tag that the terms ask for.
        </Text>
      </Section>
      <Engagement of={p} />
      <Ask
        title={asking ? said[asking].title : ''}
        act={asking ? said[asking].act : ''}
        danger={asking !== undefined && said[asking].danger}
        reason={asking === 'approve' ? undefined : 'needed'}
        opened={asking !== undefined}
        onClose={() => ask(undefined)}
        doing={acting}
        onYes={(reason) => acting.mutate({ what: asking!, reason }, { onSuccess: () => ask(undefined) })}
      >
        <Text size="sm">{asking && said[asking].text}</Text>
        {asking === 'approve' && !p.disclosure.adequate && (
          <Alert color="yellow" variant="light">
            Nothing in it says plainly that it is advertising.
          </Alert>
        )}
      </Ask>
    </>
  );
}

function Engagement({ of: p }: { of: Schemas['Post'] }) {
  const found = usePages(['posts', p.id, 'snapshots'], (cursor) => answered(api.GET('/api/v1/posts/{id}/snapshots', { params: { path: { id: p.id }, query: { cursor, limit: 200 } } })));
  const [shown, setShown] = useState<string>('likes');
  const [adding, add] = useDisclosure();
  const field = shown as (typeof numbers)[number];
  const rows = found.rows ?? [];
  const plotted = rows
    .filter((s) => s.verified && s[field] != null)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map((s) => ({ at: dateTime(s.at), [field]: s[field] }));
  const number = (n: number | undefined) => (n == null ? '–' : count(n));
  return (
    <Section title="Engagement" right={<Do variant="default" onClick={add.open}>Add numbers</Do>}>
      <Stack>
        {p.standing && (
          <Group gap="xl">
            {numbers.map((n) => (
              <Figure key={n} label={n} formula={`of the last verified snapshot up to ${dateTime(p.standing!.final_at)}; later ones do not count`} value={count(p.standing![n])} />
            ))}
          </Group>
        )}
        {p.standing?.gone && <Text size="sm">The post is {p.standing.gone} now and keeps what it was last seen with.</Text>}
        {plotted.length > 1 && (
          <>
            <SegmentedControl size="xs" data={[...numbers]} value={shown} onChange={setShown} aria-label="Number" w="fit-content" maw="100%" style={{ overflowX: 'auto' }} />
            <figure style={{ margin: 0 }} aria-label={`${shown} over time`}>
              <LineChart h={180} data={plotted} dataKey="at" series={[{ name: field, color: 'river.6' }]} curveType="monotone" lineChartProps={{ accessibilityLayer: true }} />
            </figure>
          </>
        )}
        <List<Snapshot>
          of={found}
          label="Snapshots"
          id={(s) => s.id}
          empty="Nobody has read its numbers yet."
          columns={[
            { head: 'At', cell: (s) => dateTime(s.at) },
            { head: 'From', cell: (s) => (s.verified ? s.source : `${s.source}, not verified`), wide: true, tip: 'only verified snapshots are paid for' },
            ...numbers.map((n) => ({ head: n, cell: (s: Snapshot) => number(s[n]), right: true, wide: n !== 'likes' && n !== 'views' })),
            { head: 'State', cell: (s) => s.status || 'visible', wide: true },
          ]}
        />
      </Stack>
      <Modal opened={adding} onClose={add.close} title="Numbers that you read off" centered>
        <Add id={p.id} onClose={add.close} />
      </Modal>
    </Section>
  );
}

function Add({ id, onClose }: { id: string; onClose: () => void }) {
  const [of, setOf] = useState<Partial<Record<(typeof numbers)[number] | 'followers', number>>>({});
  const [status, setStatus] = useState('');
  const saving = useAct((_: void, headers) => answered(api.POST('/api/v1/posts/{id}/snapshots', { params: { path: { id } }, body: status ? { source: 'manual', status } : { source: 'manual', ...of }, headers })), 'posts');
  const at = fieldsOf(saving.error);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        saving.mutate(undefined, { onSuccess: onClose });
      }}
    >
      <Stack>
        <SegmentedControl
          value={status}
          onChange={setStatus}
          aria-label="Whether it can be seen"
          data={[
            { value: '', label: 'It can be seen' },
            { value: 'deleted', label: 'Deleted' },
            { value: 'private', label: 'Private' },
          ]}
        />
        {status === '' &&
          [...numbers, 'followers' as const].map((n) => (
            <NumberInput key={n} label={n} value={of[n] ?? ''} onChange={(v) => setOf({ ...of, [n]: typeof v === 'number' ? v : undefined })} min={0} allowDecimal={false} thousandSeparator="," error={at(n)} />
          ))}
        {saving.error && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
