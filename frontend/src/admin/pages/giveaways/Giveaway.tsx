import { Alert, Anchor, Button, Checkbox, Code, Group, List as Lines, Modal, NumberInput, SegmentedControl, Stack, Table, Text, TextInput, Timeline } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, download, type Schemas } from '../../../shared/api';
import { saveText } from '../../../shared/csv';
import { count, dateTime, words } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { Ask, Copied, Deadline, Do, fieldsOf, useAct, useNow } from '../../parts';
import { Facts, Header, Loading, Section, State, To, Trouble } from '../../ui';
import { Plan } from './Plan';
import { stage } from './stage';
import { hex, sha256, verify } from './verify';

type Of = Schemas['Giveaway'];

// Giveaway leads from open to drawn: announce the number, freeze the list, draw.
export function Giveaway() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['giveaways', id], queryFn: () => answered(api.GET('/api/v1/giveaways/{id}', { params: { path: { id } } })), refetchInterval: 30_000 });
  const name = useNames();
  const now = useNow(5_000);
  const [changing, change] = useDisclosure();
  const [ending, end] = useDisclosure();
  const [announcing, announce] = useDisclosure();
  const [freezing, freeze] = useDisclosure();
  const [drawing, draw] = useDisclosure();
  const [seed, setSeed] = useState('');
  const cancel = useAct((_: void, headers) => answered(api.POST('/api/v1/giveaways/{id}/cancel', { params: { path: { id } }, headers })), 'giveaways');
  const fix = useAct((_: void, headers) => answered(api.POST('/api/v1/giveaways/{id}/freeze', { params: { path: { id } }, headers })), 'giveaways');
  const pick = useAct((_: void, headers) => answered(api.POST('/api/v1/giveaways/{id}/draw', { params: { path: { id } }, body: seed.trim() ? { seed: seed.trim() } : {}, headers })), 'giveaways');
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const g = found.data;
  const at = stage(g, now);
  const step = g.state === 'drawn' ? 3 : g.state === 'frozen' ? 2 : g.beacon ? 1 : at === 'upcoming' ? -1 : 0;
  return (
    <>
      <Header title={g.title} note={<>{g.prize}, {g.winners === 1 ? 'one winner' : `${g.winners} winners`} · campaign {name(g.campaign_id)}</>}>
        <State of={at} />
        {at === 'upcoming' && (
          <Do variant="default" onClick={change.open}>
            Change
          </Do>
        )}
        {(g.state === 'planned' || g.state === 'frozen') && (
          <Do variant="default" color="red" onClick={end.open}>
            Cancel it
          </Do>
        )}
      </Header>
      {g.state === 'cancelled' ? (
        <Alert color="gray" variant="light" mb="md">
          This giveaway was cancelled. Nothing will be drawn.
        </Alert>
      ) : (
        <Section title="To the draw">
          <Timeline active={step} bulletSize={20}>
            <Timeline.Item title="People enter">
              <Text size="sm" c="dimmed" component="div">
                <>
                  {dateTime(g.opens_at)} – {dateTime(g.closes_at)}
                  {at === 'open' && <>, closes <Deadline at={g.closes_at} /></>}
                </>
              </Text>
            </Timeline.Item>
            <Timeline.Item title="The number is announced">
              <Text size="sm" c="dimmed" component="div">
                <Stack gap={4} align="flex-start">
                  {g.beacon?.announced_at ? <BeaconOf of={g} /> : <span>Before the list is fixed, say which number will draw: one that nobody can know yet.</span>}
                  {g.state === 'planned' && (
                    <Do variant={g.beacon ? 'default' : 'filled'} onClick={announce.open}>
                      {g.beacon ? 'Announce another' : 'Announce it'}
                    </Do>
                  )}
                </Stack>
              </Text>
            </Timeline.Item>
            <Timeline.Item title="The list is frozen">
              <Text size="sm" c="dimmed" component="div">
                <Stack gap={4} align="flex-start">
                  {g.frozen_at ? (
                    <>
                      <span>
                        {count(g.entry_count ?? 0)} entries, {dateTime(g.frozen_at)}. Its hash:
                      </span>
                      <Copied value={g.list_hash ?? ''} label="the hash of the list" />
                    </>
                  ) : (
                    <>
                      <span>After it has closed. From then on nobody can be put in or taken out unseen: the hash of the list is public.</span>
                      <Do onClick={freeze.open} disabled={at !== 'closed' || !g.beacon}>
                        Freeze the list
                      </Do>
                    </>
                  )}
                </Stack>
              </Text>
            </Timeline.Item>
            <Timeline.Item title="The winners are drawn">
              <Text size="sm" c="dimmed" component="div">
                <Stack gap={4} align="flex-start">
                  {g.drawn_at ? (
                    <span>{dateTime(g.drawn_at)}</span>
                  ) : (
                    <>
                      <span>{g.beacon?.kind === 'drand' ? <>By round {g.beacon.round}, made <Deadline at={g.beacon.round_at} />; draw once it is.</> : 'By the seed whose hash was announced.'}</span>
                      <Do onClick={draw.open} disabled={g.state !== 'frozen'}>
                        Draw
                      </Do>
                    </>
                  )}
                </Stack>
              </Text>
            </Timeline.Item>
          </Timeline>
        </Section>
      )}
      {g.drawn_at && <Proven of={g} />}
      <Section title="For people">
        <Stack gap="xs">
          <Group gap="xs">
            <Text size="sm" w={70}>Page</Text>
            <Copied value={g.page} label="the page" />
            <Anchor href={g.page} target="_blank" rel="noreferrer" size="sm">open</Anchor>
          </Group>
          <Group gap="xs">
            <Text size="sm" w={70}>Terms</Text>
            <Copied value={`${g.page}/terms`} label="the terms’ address" />
            <Anchor href={`${g.page}/terms`} target="_blank" rel="noreferrer" size="sm">open</Anchor>
          </Group>
          <Facts
            of={[
              ['Ways in', (g.ways ?? []).join(', ')],
              ['Countries', (g.countries ?? []).join(', ') || 'all'],
              ['For the people of', (g.agreement_ids ?? []).length === 0 ? 'nobody in particular' : (g.agreement_ids ?? []).map((a) => <div key={a}><To to={`/agreements/${a}`}>{name(a)}</To></div>)],
            ]}
          />
        </Stack>
      </Section>
      <Entries id={id} />
      <Plan of={g} opened={changing} onClose={change.close} onDone={() => {}} />
      <Announce of={g} opened={announcing} onClose={announce.close} />
      <Ask title="Cancel this giveaway?" act="Cancel the giveaway" danger opened={ending} onClose={end.close} doing={cancel} onYes={() => cancel.mutate(undefined, { onSuccess: end.close })}>
        <Text size="sm">Its page says so, and nothing is drawn. It cannot be taken back.</Text>
      </Ask>
      <Ask title="Freeze the list?" act="Freeze" opened={freezing} onClose={freeze.close} doing={fix} onYes={() => fix.mutate(undefined, { onSuccess: freeze.close })}>
        <Text size="sm">The entries that stand now are in it for good. Who gives back what they bought before the number is known stays in the list and cannot win.</Text>
      </Ask>
      <Ask title="Draw the winners?" act="Draw" opened={drawing} onClose={draw.close} doing={pick} ready={g.beacon?.kind === 'drand' || seed.trim() !== ''} onYes={() => pick.mutate(undefined, { onSuccess: draw.close })}>
        {g.beacon?.kind === 'drand' ? (
          <Text size="sm">The round is asked of drand. Before it is made there is nothing to draw with.</Text>
        ) : (
          <TextInput label="Seed" description="As it was given to you when it was announced. Only the one with the announced hash is taken." value={seed} onChange={(e) => setSeed(e.currentTarget.value)} required error={fieldsOf(pick.error)('seed')} data-autofocus />
        )}
      </Ask>
    </>
  );
}

function BeaconOf({ of: g }: { of: Of }) {
  const b = g.beacon!;
  if (b.kind === 'drand')
    return (
      <span>
        Round {b.round} of drand, the public randomness of many; made {dateTime(b.round_at)}. Announced {dateTime(b.announced_at)}.
      </span>
    );
  return (
    <>
      <span>A seed of yours with this hash; announced {dateTime(b.announced_at)}.</span>
      <Copied value={b.commitment ?? ''} label="the hash of the seed" />
    </>
  );
}

function Announce({ of: g, opened, onClose }: { of: Of; opened: boolean; onClose: () => void }) {
  const [kind, setKind] = useState('drand');
  const [round, setRound] = useState<number | string>('');
  const [own, setOwn] = useState<{ seed: string; hash: string }>();
  const [kept, setKept] = useState(false);
  const saying = useAct((_: void, headers) => {
    const body = kind === 'drand' ? { kind, round: typeof round === 'number' ? round : undefined } : { kind, commitment: own!.hash };
    return answered(api.POST('/api/v1/giveaways/{id}/commit', { params: { path: { id: g.id } }, body, headers }));
  }, 'giveaways');
  const at = fieldsOf(saying.error);
  const make = async () => {
    const b = crypto.getRandomValues(new Uint8Array(32));
    setOwn({ seed: hex(b), hash: await sha256(b) });
    setKept(false);
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Announce the number that draws" centered>
      <Stack>
        <SegmentedControl
          value={kind}
          onChange={(k) => {
            setKind(k);
            if (k === 'commit' && !own) void make();
          }}
          aria-label="Which number"
          data={[
            { value: 'drand', label: 'Public randomness' },
            { value: 'commit', label: 'A seed of yours' },
          ]}
        />
        {kind === 'drand' ? (
          <>
            <Text size="sm">drand makes a random number every few seconds, signed by many who would all have to conspire. The one to be used is named now, long before it exists.</Text>
            <NumberInput label="Round" description="Empty: the first one an hour after the giveaway closes." value={round} onChange={setRound} allowDecimal={false} min={1} error={at('round')} />
          </>
        ) : (
          <>
            <Text size="sm">The seed was made in this browser. Only its hash is sent and published: who has the seed knows the winners as soon as the list is fixed, so people must trust you not to look. Without it nothing can be drawn.</Text>
            {own && (
              <>
                <Copied value={own.seed} label="the seed" />
                <Group>
                  <Button size="xs" variant="default" onClick={() => saveText(`${own.seed}\n`, `seed-${g.id}.txt`, 'text/plain')}>
                    Save it as a file
                  </Button>
                  <Button size="xs" variant="subtle" onClick={() => void make()}>
                    Another
                  </Button>
                </Group>
                <Checkbox label="I have kept the seed in a safe place" checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />
              </>
            )}
          </>
        )}
        {saying.error && <Trouble error={saying.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => saying.mutate(undefined, { onSuccess: onClose })} loading={saying.isPending} disabled={kind === 'commit' && (!own || !kept)}>
            Announce
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

// Proven shows the winners, and that drawing again gives the same.
function Proven({ of: g }: { of: Of }) {
  const found = useQuery({ queryKey: ['giveaways', g.id, 'proof'], staleTime: Infinity, queryFn: () => answered(api.GET('/api/v1/giveaways/{id}/proof', { params: { path: { id: g.id } } })) });
  const checked = useQuery({ queryKey: ['giveaways', g.id, 'checked'], enabled: found.data !== undefined, staleTime: Infinity, queryFn: () => verify(found.data!) });
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Loading rows={3} />;
  const p = found.data;
  return (
    <Section title="Winners" right={<Button size="xs" variant="default" onClick={() => saveText(JSON.stringify(p, null, 2) + '\n', `${g.id}-proof.json`, 'application/json')}>Save the proof</Button>}>
      <Stack>
        <Table aria-label="Winners">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={60}>Place</Table.Th>
              <Table.Th>Entry</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(p.drawn ?? []).map((w) => (
              <Table.Tr key={w.id}>
                <Table.Td>{w.place}</Table.Td>
                <Table.Td>
                  <Code>{w.id}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Text size="xs" c="dimmed">
          Who they are is in nobody’s interest but theirs: they are told by mail.
          {(p.void ?? []).length > 0 && ` ${p.void!.length} ${p.void!.length === 1 ? 'entry' : 'entries'} could not win: ${[...new Set(p.void!.map((v) => words(v.reason)))].join(', ')}.`}
        </Text>
        <div>
          <Text size="sm" fw={600}>
            Drawn again in this browser, from what is public:
          </Text>
          <div role="status">
          <Lines size="sm" aria-label="What was checked">
            {(checked.data ?? []).map((f) => (
              <Lines.Item key={f.what} icon={<Text span c={f.ok ? 'green.8' : 'red.7'} aria-label={f.ok ? 'true' : 'not true'}>{f.ok ? '✓' : '✗'}</Text>}>
                {f.what}
              </Lines.Item>
            ))}
          </Lines>
          </div>
        </div>
        <div>
          <Text size="sm" fw={600}>
            How anyone draws again
          </Text>
          <Lines type="ordered" size="sm">
            <Lines.Item>
              Take the proof at <Anchor href={`${g.page}/proof`} target="_blank" rel="noreferrer" inherit underline="always">{g.page}/proof</Anchor>; it has every entry’s id and the number.
            </Lines.Item>
            <Lines.Item>The sha256 of the sorted ids joined by “|”, then “|” and their count, is the hash that was published at the freeze.</Lines.Item>
            <Lines.Item>{p.beacon.kind === 'drand' ? 'The number is the sha256 of the round’s signature, which drand publishes.' : 'The sha256 of the seed is the hash that was announced before the freeze.'}</Lines.Item>
            <Lines.Item>Order the ids by HMAC-SHA256 under that number, smallest first; leave out those that could not win. The first {p.winners} have won.</Lines.Item>
          </Lines>
          <Group gap="xs" mt={6}>
            <Text size="sm">Or let a program do it:</Text>
            <Copied value={`tributary draw verify ${g.page}/proof`} label="the command" />
          </Group>
        </div>
      </Stack>
    </Section>
  );
}

function Entries({ id }: { id: string }) {
  const name = useNames();
  const [failed, setFailed] = useState<unknown>();
  return (
    <Section title="Entries" right={<Button size="xs" variant="default" onClick={() => { setFailed(undefined); download(`/api/v1/giveaways/${id}/entries.csv`, `${id}-entries.csv`).catch(setFailed); }}>All as a file</Button>}>
      {failed !== undefined && <Trouble error={failed} />}
      <Listing<Schemas['GiveawayEntry']>
        local
        name="giveaways"
        label="Entries"
        fixed={{ giveaway: id }}
        load={(_, cursor, limit) => answered(api.GET('/api/v1/giveaways/{id}/entries', { params: { path: { id }, query: { cursor, limit } } }))}
        id={(e) => e.id}
        empty="Nobody has entered yet."
        columns={[
          { head: 'Entry', cell: (e) => <Code>{e.id}</Code> },
          { head: 'By', cell: (e) => e.way, tip: 'of a person with several, the earliest that counts: one entry a person' },
          { head: 'When', cell: (e) => dateTime(e.at), wide: true },
          { head: 'Order', cell: (e) => (e.order_id ? <To to={`/orders/${e.order_id}`}>{e.order_id}</To> : '–'), wide: true },
          { head: 'Came by', cell: (e) => name(e.agreement_id) },
        ]}
      />
    </Section>
  );
}
