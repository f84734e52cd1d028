import { Alert, Button, Group, Select, Stack, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearchParams } from 'react-router';
import { useState } from 'react';
import { answered, api, download, type Schemas } from '../../shared/api';
import { date, dateTime, month, words } from '../../shared/format';
import { useAct, useInfluencers, useNames } from '../data';
import { List, Listing } from '../listing';
import { Amount, Ask, Facts, Header, Help, Loading, say, Section, State, To, Trouble } from '../ui';

const tabs = ['batches', 'next', 'balances', 'statements'];

export function Payouts() {
  const [params, setParams] = useSearchParams();
  const tab = tabs.find((t) => t === params.get('tab')) ?? 'batches';
  return (
    <>
      <Header title="Payouts" note="Months that were closed, and what is owed" />
      <Tabs value={tab} onChange={(t) => setParams(t && t !== 'batches' ? { tab: t } : {})} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="batches">Batches</Tabs.Tab>
          <Tabs.Tab value="next">Next close</Tabs.Tab>
          <Tabs.Tab value="balances">Balances</Tabs.Tab>
          <Tabs.Tab value="statements">Statements</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="batches">
          <Batches />
        </Tabs.Panel>
        <Tabs.Panel value="next">
          <Next />
        </Tabs.Panel>
        <Tabs.Panel value="balances">
          <Balances />
        </Tabs.Panel>
        <Tabs.Panel value="statements">
          <Statements />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Batches() {
  return (
    <Listing
      name="payouts"
      label="Payout batches"
      load={(asked, cursor, limit) => answered(api.GET('/api/v1/payouts', { params: { query: { ...asked, cursor, limit } } }))}
      id={(b) => b.id}
      empty={
        <>
          No month has ended yet. <To to="/payouts?tab=next">The next close</To> shows what it will pay.
        </>
      }
      filters={[{ key: 'state', label: 'Any state', options: ['draft', 'approved', 'paying', 'paid', 'failed'] }]}
      columns={[
        { head: 'Month', cell: (b) => <To to={`/payouts/${b.id}`}>{month(b.period)}</To>, csv: (b) => b.period },
        { head: 'State', cell: (b) => <State of={b.state} />, csv: (b) => b.state },
        { head: 'Closed', cell: (b) => date(b.created_at), csv: (b) => b.created_at, wide: true },
        { head: 'Closed by', cell: (b) => b.created_by ?? 'the schedule', csv: (b) => b.created_by, hidden: true },
        { head: 'Approved by', cell: (b) => b.approved_by ?? '–', csv: (b) => b.approved_by, wide: true },
        { head: 'To pay', cell: (b) => <Totals of={b} value={(t) => t.pay} />, csv: (b) => (b.totals ?? []).map((t) => `${t.pay.amount} ${t.currency}`).join('; '), right: true },
        { head: 'Paid', cell: (b) => <Totals of={b} value={(t) => t.paid} />, csv: (b) => (b.totals ?? []).map((t) => `${t.paid.amount} ${t.currency}`).join('; '), right: true, wide: true },
      ]}
    />
  );
}

function Totals({ of, value }: { of: Schemas['PayoutBatch']; value: (t: Schemas['PayoutTotal']) => Schemas['Money'] }) {
  const totals = of.totals ?? [];
  if (totals.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        nothing
      </Text>
    );
  return (
    <Stack gap={0} align="flex-end">
      {totals.map((t) => (
        <Amount key={t.currency} value={value(t)} />
      ))}
    </Stack>
  );
}

// Next is what the next close would do, line by line, before anybody does it.
function Next() {
  const go = useNavigate();
  const name = useNames();
  const found = useQuery({ queryKey: ['payouts', 'preview'], queryFn: () => answered(api.GET('/api/v1/payouts/preview')) });
  const [asking, ask] = useDisclosure();
  const close = useAct((period: string, key) => answered(api.POST('/api/v1/payouts/close', { body: { period }, headers: { 'Idempotency-Key': key } })), ['payouts'], ['balances']);
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const p = found.data;
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text size="sm">
          {p.closable ? `${month(p.period)} has ended and can be closed.` : `${month(p.period)} so far, up to ${dateTime(p.cut_at)}. It can be closed from ${dateTime(p.closable_from)} on; the schedule does it then.`}
        </Text>
        <Button size="xs" disabled={!p.closable} onClick={ask.open}>
          Close {month(p.period)}
        </Button>
      </Group>
      <Ask
        opened={asking}
        onClose={ask.close}
        title={`Close ${month(p.period)}?`}
        yes="Close"
        busy={close.isPending}
        error={close.error}
        onYes={() =>
          close.mutate(p.period, {
            onSuccess: (b) => {
              say('Closed');
              go(`/payouts/${b.id}`);
            },
          })
        }
      >
        <Text size="sm">A closed month never changes. What comes later counts in the month that is open then. Somebody else than you has to approve the payouts.</Text>
      </Ask>
      {p.due_earnings > 0 && (
        <Alert color="gray" variant="light" mb="md">
          {p.due_earnings} earnings whose hold is over are in these lines and will be locked first; a bonus at a goal may follow from them.
        </Alert>
      )}
      {(p.totals ?? []).map((t) => (
        <Section key={t.currency} title={t.currency}>
          <Facts
            of={[
              ['To pay', <Amount key="1" value={t.pay} />],
              ['Payouts', t.payouts],
              ['Carried to the next month', <Amount key="3" value={t.carried} />],
            ]}
          />
        </Section>
      ))}
      <Section title="Lines">
        <List
          of={{ rows: p.lines ?? [], error: null, isPending: false, isFetching: found.isFetching, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => undefined, refetch: found.refetch }}
          label="Lines of the next close"
          id={(l) => l.influencer_id + l.pay.currency}
          empty="Nobody has earned anything that is due."
          columns={[
            { head: 'Influencer', cell: (l) => <To to={`/influencers/${l.influencer_id}`}>{name(l.influencer_id)}</To> },
            { head: 'Why not', cell: (l) => (l.carry_reason ? words(l.carry_reason) : '–'), wide: true },
            { head: 'Opening', cell: (l) => <Amount value={l.opening} />, right: true, wide: true },
            { head: 'Movement', cell: (l) => <Amount value={l.movement} />, right: true, wide: true },
            { head: 'Pay', tip: 'Opening + movement, if it is more than the threshold and the influencer can be paid; else nothing.', cell: (l) => <Amount value={l.pay} />, right: true },
          ]}
        />
      </Section>
    </>
  );
}

type Balance = Schemas['Balance'];

export function Balances({ influencer }: { influencer?: string }) {
  const name = useNames();
  return (
    <Listing<Balance>
      name="balances"
      label="Balances"
      local
      fixed={influencer ? { influencer } : {}}
      load={(asked, cursor, limit) => answered(api.GET('/api/v1/balances', { params: { query: { ...asked, cursor, limit } } }))}
      id={(b) => b.influencer_id + b.payable.currency}
      empty="Nothing was earned yet."
      columns={[
        ...(influencer ? [] : [{ head: 'Influencer', cell: (b: Balance) => <To to={`/influencers/${b.influencer_id}`}>{name(b.influencer_id)}</To>, csv: (b: Balance) => name(b.influencer_id) }]),
        { head: 'Pending', tip: 'Earned, and in its hold until the time for returns is over.', cell: (b) => <Amount value={b.pending} />, csv: (b) => b.pending, right: true, wide: !influencer },
        { head: 'Payable', tip: 'Owed now; negative after refunds of what was paid already.', cell: (b) => <Amount value={b.payable} />, csv: (b) => b.payable, right: true },
        { head: 'Clearing', tip: 'In a payout that is under way.', cell: (b) => <Amount value={b.clearing} />, csv: (b) => b.clearing, right: true, wide: true },
        { head: 'Paid', tip: 'All that was ever paid.', cell: (b) => <Amount value={b.paid} />, csv: (b) => b.paid, right: true },
      ]}
    />
  );
}

// Statements is one account of one influencer: a closed month, or the open one.
export function Statements({ influencer }: { influencer?: string }) {
  const [who, setWho] = useState<string | null>(influencer ?? null);
  const [search, setSearch] = useState('');
  const people = useInfluencers(search);
  const batches = useQuery({ queryKey: ['payouts', 'months'], queryFn: () => answered(api.GET('/api/v1/payouts', { params: { query: { limit: 60 } } })) });
  const [period, setPeriod] = useState('');
  const [error, setError] = useState<unknown>();
  const query = { influencer: who ?? '', ...(period && { period }) };
  const found = useQuery({ queryKey: ['statements', query], enabled: who !== null, retry: false, queryFn: () => answered(api.GET('/api/v1/statements', { params: { query }, headers: { Accept: 'application/json' } })) as Promise<Schemas['Statement']> });
  const s = found.data;
  return (
    <>
      <Group gap="xs" mb="md">
        {!influencer && (
          <Select size="xs" w={220} placeholder="Influencer" aria-label="Influencer" data={(people.rows ?? []).map((i) => ({ value: i.id, label: i.name || i.handle }))} value={who} onChange={setWho} searchable onSearchChange={setSearch} />
        )}
        <Select size="xs" w={180} aria-label="Period" data={[{ value: '', label: 'open period' }, ...(batches.data?.data ?? []).map((b) => ({ value: b.period, label: month(b.period) }))]} value={period} onChange={(v) => setPeriod(v ?? '')} allowDeselect={false} />
        {who && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setError(undefined);
              const q = new URLSearchParams(query);
              download(`/api/v1/statements?${q}`, `statement-${period || 'open'}.csv`, 'text/csv').catch(setError);
            }}
          >
            CSV
          </Button>
        )}
      </Group>
      {error !== undefined && <Trouble error={error} />}
      {!who ? (
        <Text size="sm" c="dimmed">
          Choose whose account it is.
        </Text>
      ) : found.isPending ? (
        <Loading />
      ) : found.error ? (
        <Trouble error={found.error} />
      ) : s ? (
        <>
          <Facts
            of={[
              ['Opening', <Amount key="o" value={s.opening} />],
              ['Movement', <Help key="m" of="The sum of the movements below."><Amount value={s.movement} /></Help>],
              ['Paid', <Amount key="p" value={s.payout} />],
              ['Closing', <Help key="c" of="Opening + movement − paid."><Amount value={s.closing} /></Help>],
            ]}
          />
          <List
            of={{ rows: s.movements ?? [], error: null, isPending: false, isFetching: false, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: () => undefined, refetch: found.refetch }}
            label="Movements"
            id={(m) => m.journal_id}
            empty="Nothing moved."
            columns={[
              { head: 'When', cell: (m) => dateTime(m.effective_at) },
              { head: 'What', cell: (m) => (m.order_id ? <To to={`/orders/${m.order_id}`}>{m.order_name || 'order'}</To> : words(m.type)) },
              { head: 'Kind', cell: (m) => words(m.type), wide: true },
              { head: 'Amount', cell: (m) => <Amount value={m.amount} />, right: true },
            ]}
          />
        </>
      ) : null}
    </>
  );
}
