import { BarChart, LineChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { Button, Group, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { answered, api, download, type Schemas } from '../../../shared/api';
import { date } from '../../../shared/format';
import { List } from '../../listing';
import { Ask, Do, fieldsOf, useAct } from '../../parts';
import { Header, Loading, Section, To, Trouble } from '../../ui';
import { byName, canSort, dims, grains, measures, readAsked, shown, valueOf, writeAsked, type Asked, type Row } from './measures';

const ranges = [
  { value: '7', label: 'last 7 days' },
  { value: '30', label: 'last 30 days' },
  { value: '90', label: 'last 90 days' },
  { value: '365', label: 'last 365 days' },
  { value: '', label: 'from … to' },
];

const labels: Record<string, string> = { shop: 'the shop', campaign: 'campaigns', influencer: 'influencers', link: 'links', code: 'codes', page: 'landing pages', session: 'live sessions', post: 'posts' };
const where: Record<string, (id: string) => string> = { influencer: (id) => `/influencers/${id}`, page: (id) => `/landing-pages/${id}`, session: (id) => `/live/${id}`, post: (id) => `/content/post/${id}` };

// Reports asks the server for a dimension over a range; what is asked stands in
// the address, and can be saved under a name.
export default function Reports() {
  const [params, setParams] = useSearchParams();
  const asked = readAsked(params);
  const set = (part: Partial<Asked>) => setParams(writeAsked({ ...asked, ...part }), { replace: true });
  const query = { dim: asked.dim, ...(asked.days ? { days: Number(asked.days) } : { from: asked.from, to: asked.to || undefined }), ...(asked.dim === 'shop' || asked.id ? { grain: asked.grain, id: asked.id || undefined } : { by: asked.by }) };
  const found = useQuery({
    queryKey: ['reports', 'run', query],
    placeholderData: keepPreviousData,
    queryFn: () => answered(api.GET('/api/v1/reports/run', { params: { query: query as never } })),
  });
  const [failed, setFailed] = useState<unknown>();
  const chosen = asked.measures.map((n) => byName.get(n)!);
  const each = asked.dim !== 'shop' && !asked.id;
  const at = fieldsOf(found.error);
  const file = () => {
    const q = writeAsked(asked);
    setFailed(undefined);
    download(`/api/v1/reports/run.csv?${q}`, `report-${asked.dim}.csv`).catch(setFailed);
  };
  return (
    <>
      <Header title="Reports" note={found.data ? `Days of ${found.data.time_zone}, ${date(found.data.from)} to before ${date(found.data.to)}` : 'Any measure, by anything, over any time'}>
        <Button size="xs" variant="default" onClick={file}>
          CSV
        </Button>
        <Save query={writeAsked(asked).toString()} />
      </Header>
      <Saved />
      <Section title="What to show">
        <Group align="flex-start" gap="sm">
          <Select size="xs" w={150} label="By" data={dims.map((d) => ({ value: d, label: labels[d]! }))} value={asked.dim} onChange={(v) => set({ dim: v!, id: '' })} allowDeselect={false} />
          <Select size="xs" w={150} label="Time" data={ranges} value={asked.days} onChange={(v) => (v ? set({ days: v, from: '', to: '' }) : set({ days: '', from: found.data?.from ?? '' }))} allowDeselect={false} />
          {!asked.days && (
            <>
              <TextInput size="xs" type="date" label="From" value={asked.from} onChange={(e) => e.currentTarget.value && set({ from: e.currentTarget.value })} error={at('from')} />
              <TextInput size="xs" type="date" label="Before" value={asked.to} onChange={(e) => set({ to: e.currentTarget.value })} error={at('to')} />
            </>
          )}
          {each ? (
            <Select size="xs" w={150} label="Most first" data={measures.filter((m) => canSort(m.name)).map((m) => ({ value: m.name, label: m.label }))} value={asked.by} onChange={(v) => set({ by: v! })} allowDeselect={false} />
          ) : (
            <Select size="xs" w={110} label="A step is" data={grains.map((g) => ({ value: g, label: g === 'total' ? 'all of it' : `a ${g}` }))} value={asked.grain} onChange={(v) => set({ grain: v! })} allowDeselect={false} error={at('grain')} />
          )}
          <MultiSelect size="xs" label="Measures" data={measures.map((m) => ({ value: m.name, label: m.label }))} value={asked.measures} onChange={(v) => v.length > 0 && set({ measures: v })} searchable hidePickedOptions style={{ flex: 1, minWidth: 220 }} maxDropdownHeight={320} />
        </Group>
        {asked.id && (
          <Text size="sm" mt="xs">
            {found.data?.rows?.[0]?.name ?? asked.id} alone. <Button size="compact-xs" variant="subtle" onClick={() => set({ id: '' })}>all {labels[asked.dim]}</Button>
          </Text>
        )}
      </Section>
      {failed !== undefined && <Trouble error={failed} again={file} />}
      {found.error ? (
        <Trouble error={found.error} again={() => found.refetch()} />
      ) : !found.data ? (
        <Loading />
      ) : (
        <>
          {chosen[0] && <Chart of={found.data} measure={chosen[0].name} />}
          <List<Row>
            of={{ rows: found.data.rows ?? [], error: null, isPending: false, isFetching: found.isFetching, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => {}, refetch: found.refetch }}
            label="Report"
            id={(r) => `${r.id ?? ''}${r.from ?? ''}${r.currency}`}
            empty="Nothing happened in this time."
            columns={[
              each
                ? { head: labels[asked.dim]!, cell: (r) => <Thing of={r} dim={asked.dim} onAlone={() => set({ id: r.id!, grain: 'day' })} /> }
                : { head: asked.grain === 'total' ? 'In all' : `From`, cell: (r) => (r.from ? date(r.from) : 'all of it') },
              ...chosen.map((m) => ({ head: m.label, tip: m.formula, cell: (r: Row) => <Text span size="sm" style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>{shown(r, m)}</Text>, right: true })),
              { head: 'Currency', cell: (r) => r.currency, right: true, wide: true },
            ]}
          />
        </>
      )}
    </>
  );
}

function Thing({ of: r, dim, onAlone }: { of: Row; dim: string; onAlone: () => void }) {
  const to = r.id ? where[dim]?.(r.id) : undefined;
  const name = r.name || r.id || '–';
  return (
    <Group gap={6} wrap="nowrap">
      {to ? <To to={to}>{name}</To> : name}
      <Button size="compact-xs" variant="subtle" onClick={onAlone} aria-label={`${name} over time`}>
        over time
      </Button>
    </Group>
  );
}

// Chart plots one measure of the currency with the most rows; amounts of
// different currencies do not stand on one axis.
function Chart({ of, measure }: { of: Schemas['Report']; measure: string }) {
  const m = byName.get(measure)!;
  const rows = of.rows ?? [];
  const counts = new Map<string, number>();
  for (const r of rows) counts.set(r.currency, (counts.get(r.currency) ?? 0) + 1);
  const currency = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  const plotted = rows.filter((r) => r.currency === currency && valueOf(r, measure) !== undefined).slice(0, of.each ? 12 : 400);
  if (plotted.length < 2) return null;
  const label = m.unit === 'money' ? `${m.label}, ${currency}` : m.label;
  const data = plotted.map((r) => ({ at: of.each ? r.name || r.id : date(r.from).replace(/, \d+$/, ''), [label]: Number(valueOf(r, measure)) }));
  const common = { h: 220, data, dataKey: 'at', series: [{ name: label, color: 'river.6' }], withLegend: true };
  return (
    <figure style={{ margin: '0 0 var(--mantine-spacing-md)' }} aria-label={`${label}, ${m.formula}`}>
      {of.each ? <BarChart {...common} barChartProps={{ accessibilityLayer: true }} /> : <LineChart {...common} curveType="monotone" withDots={false} lineChartProps={{ accessibilityLayer: true }} />}
    </figure>
  );
}

function Save({ query }: { query: string }) {
  const [opened, { open, close }] = useDisclosure();
  const [name, setName] = useState('');
  const saving = useAct((_: void, headers) => answered(api.POST('/api/v1/reports', { body: { name, query }, headers })), 'reports');
  return (
    <>
      <Do onClick={open}>Save</Do>
      <Ask title="Save this report" act="Save" opened={opened} onClose={close} doing={saving} ready={name.trim() !== ''} onYes={() => saving.mutate(undefined, { onSuccess: () => { close(); setName(''); } })}>
        <TextInput label="Name" description="“Last … days” stays relative: the report is of the day it is looked at." value={name} onChange={(e) => setName(e.currentTarget.value)} maxLength={100} error={fieldsOf(saving.error)('name')} data-autofocus />
      </Ask>
    </>
  );
}

function Saved() {
  const found = useQuery({ queryKey: ['reports', 'saved'], queryFn: () => answered(api.GET('/api/v1/reports')) });
  const [going, setGoing] = useState<Schemas['SavedReport']>();
  const removing = useAct((_: void, headers) => answered(api.POST('/api/v1/reports/{id}/remove', { params: { path: { id: going!.id } }, headers })), 'reports');
  const all = found.data?.data ?? [];
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (all.length === 0) return null;
  return (
    <Section title="Saved">
      <Stack gap={6}>
        {all.map((r) => (
          <Group key={r.id} gap="xs">
            <To to={`/reports?${r.query}`}>{r.name}</To>
            <Button size="compact-xs" variant="subtle" color="red" onClick={() => setGoing(r)} aria-label={`Forget ${r.name}`}>
              forget
            </Button>
          </Group>
        ))}
      </Stack>
      <Ask title={`Forget “${going?.name ?? ''}”?`} act="Forget" danger opened={going !== undefined} onClose={() => setGoing(undefined)} doing={removing} onYes={() => removing.mutate(undefined, { onSuccess: () => setGoing(undefined) })}>
        <Text size="sm">Only what it asks for is forgotten, no figure.</Text>
      </Ask>
    </Section>
  );
}
