import { AreaChart, Sparkline } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { Box, Card, Grid, Group, SegmentedControl, SimpleGrid, Text, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import type { Schemas } from '../../shared/api';
import { date, decimal, money } from '../../shared/format';
import { useKPIs } from '../data';
import { Header, Loading, Section, Trouble } from '../ui';
import { Activity } from './home/Activity';
import { Decide } from './home/Decide';

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

const day = (offset: number) => new Date(Date.now() - offset * 86_400_000).toISOString().slice(0, 10);

export function Home() {
  const [days, setDays] = useState('30');
  const [picked, setPicked] = useState<string>();
  const n = Number(days);
  const from = day(n - 1);
  const now = useKPIs({ dim: 'shop', grain: 'total', from });
  const before = useKPIs({ dim: 'shop', grain: 'total', from: day(2 * n - 1), to: from });
  const series = useKPIs({ dim: 'shop', grain: 'day', from });
  if (now.error) return <Trouble error={now.error} again={() => now.refetch()} />;
  const totals = now.data?.steps ?? [];
  // Currencies are never added up: the one with the most orders is shown first.
  const currencies = [...totals].sort((a, b) => b.counts.orders - a.counts.orders).map((s) => s.currency);
  const currency = picked && currencies.includes(picked) ? picked : currencies[0];
  const total = totals.find((s) => s.currency === currency);
  const was = before.data?.steps?.find((s) => s.currency === currency);
  const steps = (series.data?.steps ?? []).filter((s) => s.currency === currency);
  return (
    <>
      <Header title="Home" note={now.data ? `Days of ${now.data.time_zone}` : undefined}>
        {currencies.length > 1 && <SegmentedControl size="xs" data={currencies} value={currency} onChange={setPicked} aria-label="Currency" />}
        <SegmentedControl
          size="xs"
          value={days}
          onChange={setDays}
          aria-label="Period"
          data={[
            { value: '7', label: '7 days' },
            { value: '30', label: '30 days' },
            { value: '90', label: '90 days' },
          ]}
        />
      </Header>
      {now.isPending ? (
        <Loading rows={4} />
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
            {series.isPending ? <Loading rows={5} /> : <Chart steps={steps} />}
          </Section>
          <Section title="To decide">
            <Decide />
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Activity />
        </Grid.Col>
      </Grid>
    </>
  );
}

// A chart plots numbers; what people read are the strings of the API.
function Chart({ steps }: { steps: Step[] }) {
  if (steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was sold in this time.
      </Text>
    );
  const data = steps.map((s) => ({ day: date(s.from).replace(/, \d+$/, ''), Sales: Number(s.counts.gross.amount), Commission: Number(s.counts.earned.amount) }));
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
    <Card padding="sm">
      <Tooltip label={now?.formula ?? 'not known yet'} openDelay={200}>
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
              </Text>
              before {shown(before, currency)}
            </span>
          </Text>
        </div>
        {wide && points.filter((p) => p !== null).length > 1 && (
          <Box aria-hidden>
            <Sparkline w={90} h={36} data={points.map((p) => p ?? 0)} color="river.6" fillOpacity={0.2} strokeWidth={1.5} />
          </Box>
        )}
      </Group>
    </Card>
  );
}

