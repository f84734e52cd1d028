import { Anchor, Box, Button, Group, Modal, NumberInput, SegmentedControl, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { count, dateTime } from '../../../shared/format';
import { useNames, usePages } from '../../data';
import { List } from '../../listing';
import { Ask, Clock, Copied, Do, fieldsOf, Figure, percent, useAct, useMay } from '../../parts';
import { Amount, Facts, Header, Loading, Section, State, To, Trouble } from '../../ui';
import { Preview } from './Preview';

type Release = Schemas['PageRelease'];
type Counts = Schemas['PageCounts'];

// Page is one landing page: what it shows, what came of it, its versions.
export function Page() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['pages', id], queryFn: () => answered(api.GET('/api/v1/pages/{id}', { params: { path: { id } } })) });
  const name = useNames();
  const [publishing, publish] = useDisclosure();
  const [ending, end] = useDisclosure();
  const [renaming, rename] = useDisclosure();
  const unpublish = useAct((at: string | undefined, headers) => answered(api.POST('/api/v1/pages/{id}/unpublish', { params: { path: { id } }, body: { at }, headers })), 'pages');
  const [endAt, setEndAt] = useState<string>();
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const p = found.data;
  return (
    <>
      <Header title={p.slug} note={<>for <To to={`/agreements/${p.agreement_id}`}>{name(p.agreement_id)}</To></>}>
        <State of={p.state} />
        <Button size="xs" variant="default" component={Link} to={`/landing-pages/${id}/edit`}>
          Write
        </Button>
        {(p.state === 'published' || p.state === 'scheduled') && (
          <Do variant="default" onClick={end.open}>
            Unpublish
          </Do>
        )}
        <Do onClick={publish.open}>Publish</Do>
      </Header>
      <Section title="Shown">
        <Stack gap="sm">
          <Group gap="xs">
            <Copied value={p.url} label="the address" />
            {p.state === 'published' && (
              <Anchor href={p.url} target="_blank" rel="noreferrer" size="sm">
                open
              </Anchor>
            )}
            <Button size="compact-xs" variant="subtle" onClick={rename.open}>
              rename
            </Button>
          </Group>
          {p.live ? <ReleaseOf of={p.live} title="Now" /> : <Text size="sm" c="dimmed">Nothing is shown at this address now.</Text>}
          {(p.scheduled ?? []).map((r) => (
            <ReleaseOf key={r.publish_at} of={r} title="Later" />
          ))}
        </Stack>
      </Section>
      <Edits of={p} />
      <Stats id={id} />
      <Versions id={id} live={p.live} />
      <Publish key={p.versions} id={id} versions={p.versions} opened={publishing} onClose={publish.close} />
      <Rename id={id} slug={p.slug} opened={renaming} onClose={rename.close} />
      <Ask title="Take this page down?" act="Take it down" danger opened={ending} onClose={end.close} doing={unpublish} onYes={() => unpublish.mutate(endAt, { onSuccess: end.close })}>
        <Text size="sm">Visitors are told that it is gone, and what was to be shown later is taken back. Clicks and sales so far stay counted.</Text>
        <Clock label="When" description="Empty: at once." value={endAt} onChange={setEndAt} error={fieldsOf(unpublish.error)('at')} />
      </Ask>
    </>
  );
}

function ReleaseOf({ of, title }: { of: Release; title: string }) {
  const variants = of.variants ?? [];
  return (
    <Facts
      of={[
        [title, variants.length > 1 ? `${variants.length} variants side by side` : `version ${variants[0]?.version}`],
        ['From', dateTime(of.publish_at)],
        ['Until', of.unpublish_at ? dateTime(of.unpublish_at) : 'another is published'],
        ...(variants.length > 1 ? variants.map((v): [string, string] => [`Variant ${v.name}`, `version ${v.version}, ${v.weight} % of visitors`]) : []),
      ]}
    />
  );
}

const edits = [
  { value: 'none', label: 'nothing' },
  { value: 'propose', label: 'write a version that you publish' },
  { value: 'publish', label: 'write and publish' },
];

// Edits says what the influencer may do to the page's texts and pictures.
function Edits({ of: p }: { of: Schemas['LandingPage'] }) {
  const may = useMay();
  const setting = useAct((influencer_edits: string, headers) => answered(api.PATCH('/api/v1/pages/{id}', { params: { path: { id: p.id } }, body: { influencer_edits }, headers })), 'pages');
  return (
    <Section title="The influencer">
      <Select size="xs" w={280} label="May, in their portal," data={edits} value={setting.isPending ? setting.variables : p.influencer_edits} onChange={(v) => v && setting.mutate(v)} allowDeselect={false} disabled={!may || setting.isPending} description="Texts and pictures only: codes, products and addresses stay yours." />
      {setting.error && <Trouble error={setting.error} />}
    </Section>
  );
}

const ranges = [
  { value: '', label: 'All time' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
];

const columns: { head: string; tip: string; cell: (c: Counts) => React.ReactNode }[] = [
  { head: 'Views', tip: 'by people: no bots, previews or prefetches', cell: (c) => count(c.views) },
  { head: 'Visitors', tip: 'different people of those who may be recognised; who comes again on another day counts again', cell: (c) => count(c.unique_visitors) },
  { head: 'Clicks', tip: 'clicks on its buttons', cell: (c) => count(c.button_clicks) },
  { head: 'Click rate', tip: 'visitors who clicked ÷ visitors', cell: (c) => percent(c.click_rate) },
  { head: 'Conversions', tip: 'paid orders whose winning touch is this page', cell: (c) => count(c.conversions) },
  { head: 'Conversion rate', tip: 'conversions ÷ button clicks', cell: (c) => percent(c.conversion_rate) },
  { head: 'Sales', tip: 'what those orders sold, after returns; one line a currency', cell: (c) => <Amounts of={c} pick={(r) => r.net} /> },
  { head: 'Commission', tip: 'what the influencer earned by it, net of what was taken back', cell: (c) => <Amounts of={c} pick={(r) => r.commission} /> },
];

function Amounts({ of, pick }: { of: Counts; pick: (r: Schemas['PageRevenue']) => Schemas['Money'] }) {
  const all = of.revenue ?? [];
  if (all.length === 0) return <>–</>;
  return (
    <Stack gap={0}>
      {all.map((r, i) => (
        <Amount key={i} value={pick(r)} />
      ))}
    </Stack>
  );
}

function Stats({ id }: { id: string }) {
  const [params, setParams] = useSearchParams();
  const days = params.get('days') ?? '';
  // The hour, so that what is asked for stays the same for a while.
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const from = days ? new Date(hour - Number(days) * 86_400_000).toISOString() : undefined;
  const found = useQuery({ queryKey: ['pages', id, 'stats', from], queryFn: () => answered(api.GET('/api/v1/pages/{id}/stats', { params: { path: { id }, query: { from } } })) });
  const s = found.data;
  return (
    <Section title="What came of it" right={<SegmentedControl size="xs" data={ranges} value={days} onChange={(v) => setParams(v ? { days: v } : {}, { replace: true })} aria-label="Period" />}>
      {found.error ? (
        <Trouble error={found.error} again={() => found.refetch()} />
      ) : !s ? (
        <Loading rows={2} />
      ) : (
        <>
          <Box style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(120px, 1fr))', gap: 'var(--mantine-spacing-sm)' }}>
            {columns.map((c) => (
              <Figure key={c.head} label={c.head} formula={c.tip} value={c.cell(s.total)} />
            ))}
          </Box>
          {(s.variants ?? []).length > 1 && (
            <Box mt="md" style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="By variant">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Variant</Table.Th>
                    {columns.map((c) => (
                      <Table.Th key={c.head} ta="right" style={{ whiteSpace: 'nowrap' }}>
                        {c.head}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {(s.variants ?? []).map((v) => (
                    <Table.Tr key={v.variant ?? ''}>
                      <Table.Td>{v.variant || 'not known'}</Table.Td>
                      {columns.map((c) => (
                        <Table.Td key={c.head} ta="right">
                          {c.cell(v)}
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <Text size="xs" c="dimmed">
                A visitor who saw two variants counts in both.
              </Text>
            </Box>
          )}
        </>
      )}
    </Section>
  );
}

function Versions({ id, live }: { id: string; live: Release | undefined }) {
  const found = usePages(['pages', id, 'versions'], (cursor) => answered(api.GET('/api/v1/pages/{id}/versions', { params: { path: { id }, query: { cursor } } })));
  const [shown, show] = useState<number>();
  const look = useAct((version: number, headers) => answered(api.POST('/api/v1/pages/{id}/preview', { params: { path: { id } }, body: { version }, headers })));
  return (
    <Section title="Versions">
      <List
        of={found}
        label="Versions"
        id={(v) => String(v.number)}
        empty="There is none."
        columns={[
          { head: 'Version', cell: (v) => v.number },
          { head: 'What is new', cell: (v) => v.note || '–' },
          { head: 'By', cell: (v) => v.author ?? '–', wide: true },
          { head: 'When', cell: (v) => dateTime(v.created_at), wide: true },
          { head: 'Hash', cell: (v) => <Text size="xs" ff="monospace">{v.hash.slice(0, 12)}…</Text>, wide: true, tip: 'sha256 of the document: the same document has the same hash' },
          { head: 'Shown', cell: (v) => (live?.variants?.some((x) => x.version === v.number) ? <State of="live" label="now" /> : '–') },
          {
            head: 'Look',
            right: true,
            cell: (v) => (
              <Button size="compact-xs" variant="subtle" onClick={() => { show(v.number); look.mutate(v.number); }} aria-label={`Look at version ${v.number}`}>
                look
              </Button>
            ),
          },
        ]}
      />
      <Modal opened={shown !== undefined} onClose={() => show(undefined)} title={`Version ${shown}`} size="xl">
        {look.error ? (
          <Trouble error={look.error} />
        ) : look.data ? (
          <Stack>
            <Preview url={look.data.url} />
            <Text size="xs" c="dimmed">
              Whoever has this address can look at the version until {dateTime(look.data.expires_at)}:
            </Text>
            <Copied value={look.data.url} label="the preview’s address" />
          </Stack>
        ) : (
          <Loading />
        )}
      </Modal>
    </Section>
  );
}

function Publish({ id, versions, opened, onClose }: { id: string; versions: number; opened: boolean; onClose: () => void }) {
  const [way, setWay] = useState('one');
  const [version, setVersion] = useState(String(versions));
  const [variants, setVariants] = useState([
    { version: String(versions), weight: 50 },
    { version: String(Math.max(1, versions - 1)), weight: 50 },
  ]);
  const [from, setFrom] = useState<string>();
  const [to, setTo] = useState<string>();
  const publishing = useAct((_: void, headers) => {
    const what = way === 'one' ? { version: Number(version) } : { variants: variants.map((v) => ({ version: Number(v.version), weight: v.weight })) };
    return answered(api.POST('/api/v1/pages/{id}/publish', { params: { path: { id } }, body: { ...what, publish_at: from, unpublish_at: to }, headers }));
  }, 'pages');
  const at = fieldsOf(publishing.error);
  const data = Array.from({ length: versions }, (_, i) => ({ value: String(versions - i), label: `Version ${versions - i}` }));
  return (
    <Modal opened={opened} onClose={onClose} title="Publish" centered>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          publishing.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <Stack>
          <SegmentedControl
            value={way}
            onChange={setWay}
            aria-label="What to show"
            data={[
              { value: 'one', label: 'One version' },
              { value: 'several', label: 'Side by side', disabled: versions < 2 },
            ]}
          />
          {way === 'one' ? (
            <Select label="Version" data={data} value={version} onChange={(v) => setVersion(v ?? String(versions))} allowDeselect={false} error={at('version') ?? at('variants')} />
          ) : (
            <Stack gap="xs">
              {variants.map((v, i) => (
                <Group key={i} align="flex-start" wrap="nowrap" gap="xs">
                  <Select label={`Variant ${'abcd'[i]}`} data={data} value={v.version} allowDeselect={false} onChange={(x) => setVariants(variants.map((y, k) => (k === i ? { ...y, version: x ?? y.version } : y)))} error={at(`variants[${i}].version`)} style={{ flex: 1 }} />
                  <NumberInput label="Visitors" suffix=" %" min={1} max={100} allowDecimal={false} value={v.weight} onChange={(x) => setVariants(variants.map((y, k) => (k === i ? { ...y, weight: Number(x) || 0 } : y)))} error={at(`variants[${i}].weight`)} w={100} />
                  <Button mt={24} size="compact-sm" variant="subtle" color="red" disabled={variants.length <= 2} onClick={() => setVariants(variants.filter((_, k) => k !== i))} aria-label={`Remove variant ${'abcd'[i]}`}>
                    ✕
                  </Button>
                </Group>
              ))}
              <Group justify="space-between">
                <Button size="xs" variant="default" disabled={variants.length >= 4} onClick={() => setVariants([...variants, { version: String(versions), weight: 10 }])}>
                  Add a variant
                </Button>
                {at('variants') && (
                  <Text size="xs" c="red.7">
                    The variants {at('variants')}.
                  </Text>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                Who comes again sees the same variant. Compare them below “What came of it”.
              </Text>
            </Stack>
          )}
          <Group grow align="flex-start">
            <Clock label="From" description="Empty: at once." value={from} onChange={setFrom} error={at('publish_at')} />
            <Clock label="Until" description="Empty: for good." value={to} onChange={setTo} error={at('unpublish_at')} />
          </Group>
          {publishing.error && <Trouble error={publishing.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={publishing.isPending}>
              {from ? 'Schedule' : 'Publish'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Rename({ id, slug, opened, onClose }: { id: string; slug: string; opened: boolean; onClose: () => void }) {
  const [text, setText] = useState(slug);
  const renaming = useAct((_: void, headers) => answered(api.PATCH('/api/v1/pages/{id}', { params: { path: { id } }, body: { slug: text.trim() }, headers })), 'pages');
  return (
    <Ask title="Rename this page" act="Rename" opened={opened} onClose={onClose} doing={renaming} onYes={() => renaming.mutate(undefined, { onSuccess: onClose })}>
      <TextInput label="Address ends in" description="The old address leads on to the new one." value={text} onChange={(e) => setText(e.currentTarget.value.toLowerCase())} error={fieldsOf(renaming.error)('slug')} maxLength={64} data-autofocus />
    </Ask>
  );
}
