import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { Amount, Loading, Section, State, Trouble } from '../../admin/ui';
import { count, date, isZero } from '../../shared/format';
import { useAgreements, useBalances, useDealNames, useDisputes, useEarnings, usePayoutMethod, useShop, useToday } from '../data';

export function Home() {
  const shop = useShop();
  return (
    <Stack>
      <Title order={1}>Hello {shop.influencer}</Title>
      <ToDo />
      <Today />
      <Balances />
      <Latest />
    </Stack>
  );
}

// ToDo is what waits for the influencer.
function ToDo() {
  const agreements = useAgreements();
  const name = useDealNames();
  const disputes = useDisputes();
  const method = usePayoutMethod();
  const offered = (agreements.data?.data ?? []).filter((a) => a.state === 'offered');
  const asked = (disputes.rows ?? []).filter((d) => d.state === 'asked');
  const signed = (agreements.data?.data ?? []).some((a) => a.state === 'signed');
  return (
    <>
      {offered.map((a) => (
        <Alert key={a.id} color="blue" variant="light" title="An agreement waits for you">
          <Anchor component={Link} to={`/agreements/${a.id}`} fw={600} c="inherit" underline="always">
            Read and sign: {name(a.id)}
          </Anchor>
        </Alert>
      ))}
      {asked.map((d) => (
        <Alert key={d.id} color="yellow" variant="light" title="The shop asks you something">
          <Anchor component={Link} to={`/disputes/${d.id}`} fw={600} c="inherit" underline="always">
            Answer about {d.about} by {date(d.answer_by)}
          </Anchor>
        </Alert>
      ))}
      {signed && method.data && !method.data.shown && (
        <Alert color="yellow" variant="light" title="Nothing can be paid yet">
          <Anchor component={Link} to="/money" fw={600} c="inherit" underline="always">
            Say how you want to be paid
          </Anchor>
        </Alert>
      )}
      {method.data?.tax_form === 'missing' && (
        <Alert color="yellow" variant="light" title="A tax form is missing">
          <Anchor component={Link} to="/money" fw={600} c="inherit" underline="always">
            Fill it in, or nothing is paid
          </Anchor>
        </Alert>
      )}
    </>
  );
}

function Figure({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text fw={600} size="lg" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
    </div>
  );
}

function Today() {
  const today = useToday();
  if (today.isPending) return <Loading rows={3} />;
  if (today.error) return <Trouble error={today.error} again={() => today.refetch()} />;
  const t = today.data;
  return (
    <Section title="Today, live" right={<Text size="xs" c="dimmed">{date(t.day)}</Text>}>
      <SimpleGrid cols={{ base: 2, xs: 4 }} aria-live="polite">
        <Figure name="Clicks" value={count(t.clicks)} />
        <Figure name="Page visits" value={count(t.visits)} />
        <Figure name="Orders" value={count(t.orders)} />
        <Figure name="Leads" value={count(t.leads)} />
        {(t.sums ?? []).flatMap((s) => [
          <Figure key={s.sales.currency + 's'} name="Sales" value={<Amount value={s.sales} />} />,
          <Figure key={s.sales.currency + 'e'} name="Earned" value={<Amount value={s.earned} />} />,
          ...(isZero(s.reversed) ? [] : [<Figure key={s.sales.currency + 'r'} name="Taken back" value={<Amount value={s.reversed} />} />]),
        ])}
      </SimpleGrid>
    </Section>
  );
}

function Balances() {
  const balances = useBalances();
  if (balances.isPending) return <Loading rows={2} />;
  if (balances.error) return <Trouble error={balances.error} again={() => balances.refetch()} />;
  const rows = balances.data.data ?? [];
  return (
    <Section title="Your balance">
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing yet. What you earn is pending first, in case goods are returned, and then yours.
        </Text>
      )}
      {rows.map((b) => (
        <SimpleGrid cols={{ base: 2, xs: 4 }} key={b.currency} data-testid={`balance-${b.currency}`} mb="xs">
          <Figure name="In its hold" value={<Amount value={b.pending} />} />
          <Figure name="Yours to be paid" value={<Amount value={b.payable} />} />
          <Figure name="On its way" value={<Amount value={b.clearing} />} />
          <Figure name="Paid in all" value={<Amount value={b.paid} />} />
          {!isZero(b.disputed) && <Figure name="Of it, disputed" value={<Amount value={b.disputed} />} />}
        </SimpleGrid>
      ))}
    </Section>
  );
}

function Latest() {
  const earnings = useEarnings();
  if (earnings.isPending) return <Loading rows={4} />;
  if (earnings.error) return <Trouble error={earnings.error} again={() => earnings.refetch()} />;
  const rows = (earnings.rows ?? []).slice(0, 5);
  return (
    <Section title="Latest" right={<Anchor component={Link} to="/earnings" size="sm">All</Anchor>}>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          No sale yet. Share your <Link to="/links">links and codes</Link>.
        </Text>
      )}
      <Stack gap="xs">
        {rows.map((e) => (
          <Card key={e.id} component={Link} to={`/earnings/${e.id}`} padding="xs" style={{ color: 'inherit', textDecoration: 'none' }}>
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" truncate>
                {e.order ?? e.kind} <State of={e.state} />
              </Text>
              <Text fw={600}>
                <Amount value={e.amount} />
              </Text>
            </Group>
          </Card>
        ))}
      </Stack>
    </Section>
  );
}
