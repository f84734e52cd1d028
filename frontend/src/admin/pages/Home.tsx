import { AreaChart, Sparkline } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { Box, Card, Grid, Group, NativeSelect, SegmentedControl, SimpleGrid, Stack, Text, Tooltip, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { answered, api, type Schemas } from '../../shared/api';
import { addDays } from '../../shared/days';
import { date, decimal, money } from '../../shared/format';
import { useKPIs, useNames } from '../data';
import { Amount, Header, Loading, Section, To, Trouble } from '../ui';
import { Activity } from './home/Activity';
import { Decide } from './home/Decide';
import { Guide } from './home/Guide';

type Step = Schemas['KPIStep'];
type Figure = Schemas['KPI'];

// The six figures, and what each is called. better says which way is good.
const tiles: { name: Figure['name']; title: string; better: 1 | -1 }[] = [
  { name: 'conversions', title: 'Conversions', better: 1 },
  { name: 'ctr', title: 'Click-through rate', better: 1 },
  { name: 'roi', title: 'Return on spend', better: 1 },
  { name: 'rpm', title: 'Sales per 1,000 views', better: 1 },
  { name: 'cpa', title: 'Cost per conversion', better: -1 },
  { name: 'repeat_rate', title: 'Repeat conversions', better: 1 },
];

const figure = (s: Step | undefined, name: Figure['name']): Figure | undefined => (name === 'repeat_rate' ? s?.repeat : s?.net?.find((k) => k.name === name));

function shown(k: Figure | undefined, currency: string): string {
  if (!k || k.value === null) return 'n/a';
  if (k.unit === 'money') return money({ amount: k.value, currency });
  return k.unit === 'percent' ? `${decimal(k.value)} %` : decimal(k.value);
}

// useOverview is what the first page shows in one answer: the last thirty days of
// the shop and those before, day by day and hour by hour.
const useOverview = () => useQuery({ queryKey: ['kpis', 'overview'], queryFn: () => answered(api.GET('/api/v1/kpis/overview')) });

export function Home() {
  const [params, setParams] = useSearchParams();
  const set = (k: string, v: string) =>
    setParams(
      (old) => {
        old.set(k, v);
        return old;
      },
      { replace: true },
    );
  const days = ['1', '7', '30', '90'].find((d) => d === params.get('days')) ?? '30';
  const n = Number(days);
  const over = useOverview();
  // The days are the shop's: the last one that has something is counted back from.
  const today = useQuery({ queryKey: ['session'], queryFn: () => answered(api.GET('/api/v1/session')) }).data?.shop.today;
  const from = today && addDays(today, 1 - n);
  const standard = n === 30;
  const now = useKPIs({ dim: 'shop', grain: 'total', from }, !standard && from !== undefined);
  const before = useKPIs({ dim: 'shop', grain: 'total', from: today && addDays(today, 1 - 2 * n), to: from }, !standard && from !== undefined);
  if (over.error) return <Trouble error={over.error} again={() => over.refetch()} />;
  if (now.error) return <Trouble error={now.error} again={() => now.refetch()} />;
  const totals = (standard ? over.data?.period : now.data?.steps) ?? [];
  const past = (standard ? over.data?.before : before.data?.steps) ?? [];
  // Currencies are never added up: the one with the most orders is shown first.
  const currencies = [...totals].sort((a, b) => b.counts.orders - a.counts.orders).map((s) => s.currency);
  const picked = params.get('currency');
  const currency = picked && currencies.includes(picked) ? picked : currencies[0];
  const total = totals.find((s) => s.currency === currency);
  const was = past.find((s) => s.currency === currency);
  const steps = ((n === 1 ? over.data?.hours?.slice(-96) : over.data?.days) ?? []).filter((s) => s.currency === currency && (n === 1 ? true : !from || (s.from ?? '') >= from));
  const top = (over.data?.top ?? []).filter((s) => s.currency === currency).slice(0, 5);
  const waiting = over.isPending || (!standard && now.isPending);
  return (
    <>
      <Header title="Home" note={over.data ? `Days of ${over.data.time_zone}` : '\u00a0'}>
        <Group gap="xs" wrap="nowrap">
          <SegmentedControl
            size="xs"
            value={days}
            onChange={(v) => set('days', v)}
            aria-label="Period"
            data={[
              { value: '1', label: 'Today' },
              { value: '7', label: '7 days' },
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
            ]}
          />
          {/* Beside the period, so that nothing moves when it is known. */}
          {currencies.length > 1 && <NativeSelect size="xs" w={76} data={currencies} value={currency} onChange={(e) => set('currency', e.currentTarget.value)} aria-label="Currency" />}
        </Group>
      </Header>
      <Guide />
      {waiting ? (
        <SimpleGrid cols={{ base: 2, md: 3 }} spacing="sm" mb="md" aria-busy="true" aria-label="Loading">
          {tiles.map((t) => (
            <Card key={t.name} padding="sm" h={86} />
          ))}
        </SimpleGrid>
      ) : (
        <SimpleGrid cols={{ base: 2, md: 3 }} spacing="sm" mb="md">
          {tiles.map((t) => (
            <Tile key={t.name} title={t.title} better={t.better} now={figure(total, t.name)} before={figure(was, t.name)} series={steps.map((s) => figure(s, t.name))} currency={currency ?? ''} sales={t.name === 'conversions' ? figure(total, 'sales') : undefined} />
          ))}
        </SimpleGrid>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Section title={`Sales and commission${currency ? `, ${currency}` : ''}`}>
            <Box mih={240}>{over.isPending ? <Loading rows={5} /> : <Chart steps={steps} hours={n === 1} />}</Box>
          </Section>
          <Section title="To decide">
            <Decide />
          </Section>
          {top.length > 0 && (
            <Section title="Who brings most, last 30 days" right={<To to="/reports">All</To>}>
              <Top of={top} />
            </Section>
          )}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Activity />
        </Grid.Col>
      </Grid>
    </>
  );
}

function Top({ of }: { of: Step[] }) {
  const name = useNames();
  return (
    <Stack gap={6}>
      {of.map((s) => (
        <Group key={s.id} justify="space-between" wrap="nowrap">
          <Text size="sm" truncate>
            <To to={`/influencers/${s.id}`}>{name(s.id)}</To>{' '}
            <Text span inherit c="dimmed">
              {s.counts.orders} {s.counts.orders === 1 ? 'order' : 'orders'}
            </Text>
          </Text>
          <Text size="sm">
            <Amount value={s.counts.net} />
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

const hour = (iso: string) => new Intl.DateTimeFormat('en-US', { hour: 'numeric' }).format(new Date(iso));

// A chart plots numbers; what people read are the strings of the API.
function Chart({ steps, hours }: { steps: Step[]; hours: boolean }) {
  if (steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was sold in this time.
      </Text>
    );
  const label = (s: Step) => (hours ? hour(s.from ?? '') : date(s.from).replace(/, \d+$/, ''));
  const data = steps.map((s) => ({ day: label(s), Sales: Number(s.counts.gross.amount), Commission: Number(s.counts.earned.amount) }));
  return (
    <figure style={{ margin: 0 }}>
      <AreaChart
        h={240}
        data={data}
        dataKey="day"
        withLegend
        withDots={false}
        curveType="monotone"
        series={[
          { name: 'Sales', color: 'river.6' },
          { name: 'Commission', color: 'orange.6' },
        ]}
        valueFormatter={(v) => new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }).format(v)}
        areaChartProps={{ accessibilityLayer: true }}
      />
      <VisuallyHidden component="figcaption">
        {steps.map((s) => `${label(s)}: sold ${money(s.counts.gross)}, earned ${money(s.counts.earned)}.`).join(' ')}
      </VisuallyHidden>
    </figure>
  );
}

type TileOf = { title: string; better: 1 | -1; now: Figure | undefined; before: Figure | undefined; series: (Figure | undefined)[]; currency: string; sales: Figure | undefined };

function Tile({ title, better, now, before, series, currency, sales }: TileOf) {
  const wide = useMediaQuery('(min-width: 48em)');
  const known = now?.value != null && before?.value != null;
  const way = known ? Math.sign(Number(now.value) - Number(before.value)) : 0;
  const points = series.map((k) => (k?.value == null ? null : Number(k.value)));
  return (
    <Card padding="sm" mih={86}>
      <Tooltip label={now?.formula ?? 'not known yet'} openDelay={200} multiline maw={300} events={{ hover: true, focus: true, touch: true }}>
        <Text size="xs" c="dimmed" tabIndex={0} w="fit-content" style={{ textDecoration: 'underline dotted', cursor: 'help' }}>
          {title}
        </Text>
      </Tooltip>
      <Group justify="space-between" align="flex-end" wrap="nowrap" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Text fz={{ base: 18, sm: 22 }} fw={600} style={{ fontVariantNumeric: 'tabular-nums' }} c={now?.value == null ? 'dimmed' : undefined} lh={1.3}>
            {shown(now, currency)}
          </Text>
          <Text size="xs" c="dimmed">
            {sales && <>{shown(sales, currency)} sold · </>}
            <span style={{ whiteSpace: 'nowrap' }}>
              <Text span inherit c={way === 0 ? undefined : way === better ? 'green.8' : 'red.7'}>
                {way > 0 ? '▲ ' : way < 0 ? '▼ ' : ''}
                {way !== 0 && <VisuallyHidden component="span">{way > 0 ? 'more than ' : 'less than '}</VisuallyHidden>}
              </Text>
              before {shown(before, currency)}
            </span>
          </Text>
        </div>
        {wide && points.filter((p) => p !== null).length > 1 && (
          <Box aria-hidden inert>
            <Sparkline w={90} h={36} data={points.map((p) => p ?? 0)} color="river.6" fillOpacity={0.2} strokeWidth={1.5} />
          </Box>
        )}
      </Group>
    </Card>
  );
}
