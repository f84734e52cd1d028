import { Anchor, Button, Group, Menu, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { answered, api } from '../../shared/api';
import { count, date, dateTime, decimal, money, words } from '../../shared/format';
import { useAct, useInfluencer, useKPIs, useNames } from '../data';
import { Listing } from '../listing';
import { Amount, Ask, Facts, Header, Help, Loading, say, Section, State, To, Trouble } from '../ui';
import { Copy } from './campaigns/Launch';
import { scoreFormula, useScores } from './Influencers';
import { PersonForm } from './influencers/PersonForm';
import { Balances, Statements } from './Payouts';

const turns = {
  activate: { yes: 'Make active', says: 'Orders from now on count again.', danger: false },
  deactivate: { yes: 'Make inactive', says: 'Orders from now on earn nothing. What was earned stays.', danger: false },
  ban: { yes: 'Ban', says: 'Ends the time in which they are active and holds everything that is pending; nothing is paid while the ban lasts. It can be lifted.', danger: true },
  unban: { yes: 'Lift the ban', says: 'What was held goes on. They stay inactive until you make them active.', danger: false },
} as const;

export function Influencer() {
  const { id = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const who = useInfluencer(id);
  const [changing, change] = useDisclosure();
  const [turn, setTurn] = useState<keyof typeof turns>();
  const act = useAct(
    (what: keyof typeof turns, key) => {
      const o = { params: { path: { id } }, headers: { 'Idempotency-Key': key } };
      if (what === 'activate') return answered(api.POST('/api/v1/influencers/{id}/activate', o));
      if (what === 'deactivate') return answered(api.POST('/api/v1/influencers/{id}/deactivate', o));
      return what === 'ban' ? answered(api.POST('/api/v1/influencers/{id}/ban', o)) : answered(api.POST('/api/v1/influencers/{id}/unban', o));
    },
    ['influencers'],
    ['orders'],
    ['balances'],
  );
  if (who.isPending) return <Loading />;
  if (who.error) return <Trouble error={who.error} again={() => who.refetch()} />;
  const i = who.data;
  const tab = params.get('tab') ?? 'overview';
  const possible: (keyof typeof turns)[] = i.banned_at ? ['unban'] : [i.active ? 'deactivate' : 'activate', 'ban'];
  return (
    <>
      <Header title={i.name || i.handle} note={i.email}>
        <State of={i.banned_at ? 'banned' : i.active ? 'active' : 'inactive'} />
        <Anchor component={Link} to={`/orders?influencer=${id}`} size="sm">
          Orders
        </Anchor>
        <Button size="xs" variant="default" onClick={change.open}>
          Change
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default">
              More
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {possible.map((t) => (
              <Menu.Item key={t} color={turns[t].danger ? 'red' : undefined} onClick={() => setTurn(t)}>
                {turns[t].yes}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Header>
      <PersonForm of={i} opened={changing} onClose={change.close} />
      {turn && (
        <Ask
          opened
          onClose={() => setTurn(undefined)}
          title={`${turns[turn].yes}: ${i.name || i.handle}?`}
          yes={turns[turn].yes}
          danger={turns[turn].danger}
          busy={act.isPending}
          error={act.error}
          onYes={() =>
            act.mutate(turn, {
              onSuccess: () => {
                say('Done');
                setTurn(undefined);
              },
            })
          }
        >
          <Text size="sm">{turns[turn].says}</Text>
        </Ask>
      )}
      <Tabs value={tab} onChange={(t) => setParams(t && t !== 'overview' ? { tab: t } : {}, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="earnings">Earnings</Tabs.Tab>
          <Tabs.Tab value="deals">Agreements, codes, links</Tabs.Tab>
          <Tabs.Tab value="statements">Statements</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Section title="Balance">
            <Balances influencer={id} />
          </Section>
          <Numbers id={id} />
          <Score id={id} />
          <Section title="Who it is">
            <Facts
              of={[
                ['Handle', i.handle],
                ['Since', date(i.created_at)],
                ['Paid by', i.payout_method || 'nothing yet'],
                ['Account', i.payout_detail || '–'],
                ['Tax form', words(i.tax_form)],
                ['Telephone', i.has_phone ? 'known, as a hash' : 'not known'],
                ['Number as a customer', i.customer_id || '–'],
                ['Active', (i.active_spans ?? []).map((s) => `${date(s.from)} – ${s.to ? date(s.to) : 'now'}`).join(', ') || 'never'],
              ]}
            />
          </Section>
        </Tabs.Panel>
        <Tabs.Panel value="earnings">
          <Earnings id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="deals">
          <Deals id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="statements">
          <Statements influencer={id} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Numbers({ id }: { id: string }) {
  const found = useKPIs({ dim: 'influencer', id, grain: 'total' });
  const steps = found.data?.steps ?? [];
  if (steps.length === 0) return null;
  return (
    <Section title="What they brought">
      {steps.map((s) => (
        <Facts
          key={s.currency}
          of={[
            ['Orders', count(s.counts.orders)],
            ['Net sales', <Amount key="n" value={s.counts.net} />],
            ...[...(s.net ?? []), s.repeat]
              .filter((k) => !['conversions', 'sales'].includes(k.name))
              .map((k): [string, React.ReactNode] => [
                k.name === 'ctr' || k.name === 'roi' || k.name === 'rpm' || k.name === 'cpa' ? k.name.toUpperCase() : words(k.name),
                <Help key={k.name} of={k.formula}>
                  {k.value === null ? 'n/a' : k.unit === 'money' ? money({ amount: k.value, currency: s.currency }) : k.unit === 'percent' ? `${decimal(k.value)} %` : decimal(k.value)}
                </Help>,
              ]),
          ]}
        />
      ))}
    </Section>
  );
}

function Score({ id }: { id: string }) {
  const scores = useScores();
  const s = scores.data?.data?.find((x) => x.influencer_id === id);
  if (!s) return null;
  return (
    <Section title="Score" right={<Help of={scoreFormula}>{s.points} of 100</Help>}>
      <Facts of={(s.components ?? []).map((c): [string, React.ReactNode] => [`${words(c.name)}, weight ${c.weight}`, <Help key={c.name} of={`Own ${c.own ?? 'n/a'} from ${c.sample}, the shop’s ${c.shop ?? 'n/a'}; ${c.used ?? 'n/a'} is used, for a small sample is drawn towards the shop’s.`}>{c.points} points</Help>])} />
    </Section>
  );
}

function Earnings({ id }: { id: string }) {
  return (
    <Listing
      name="earnings"
      label="Earnings"
      fixed={{ influencer: id }}
      load={(asked, cursor, limit) => answered(api.GET('/api/v1/earnings', { params: { query: { ...asked, cursor, limit } } }))}
      id={(e) => e.id}
      empty="Nothing was earned yet."
      filters={[{ key: 'state', label: 'Any state', options: ['pending', 'held', 'denied', 'void', 'unpaid', 'locked'] }]}
      columns={[
        { head: 'When', cell: (e) => dateTime(e.occurred_at), csv: (e) => e.occurred_at },
        { head: 'For', cell: (e) => (e.order_id ? <To to={`/orders/${e.order_id}`}>order</To> : words(e.kind)), csv: (e) => e.order_id ?? e.kind },
        { head: 'State', cell: (e) => <State of={e.state} />, csv: (e) => e.state },
        { head: 'Why', cell: (e) => (e.reason ? words(e.reason) : (e.rules ?? []).join(', ')), csv: (e) => e.reason ?? (e.rules ?? []).join(' '), wide: true },
        { head: 'Held until', cell: (e) => (e.state === 'pending' ? date(e.release_at) : '–'), csv: (e) => e.release_at, wide: true },
        { head: 'Amount', tip: 'What the ledger holds for it now: by the signed terms, less what refunds took back.', cell: (e) => <Amount value={e.amount} />, csv: (e) => e.amount, right: true },
      ]}
    />
  );
}

function Deals({ id }: { id: string }) {
  const name = useNames();
  return (
    <>
      <Section title="Agreements">
        <Listing
          local
          name="agreements"
          label="Agreements"
          fixed={{ influencer: id }}
          load={(asked, cursor, limit) => answered(api.GET('/api/v1/agreements', { params: { query: { ...asked, cursor, limit } } }))}
          id={(a) => a.id}
          empty="Nothing is agreed yet."
          columns={[
            { head: 'Agreement', cell: (a) => <To to={`/agreements/${a.id}`}>{name(a.campaign_id)}</To>, csv: (a) => name(a.campaign_id) },
            { head: 'State', cell: (a) => <State of={a.state} />, csv: (a) => a.state },
            { head: 'Versions', cell: (a) => (a.versions ?? []).length, csv: (a) => (a.versions ?? []).length, right: true },
          ]}
        />
      </Section>
      <Section title="Codes">
        <Listing
          local
          name="codes"
          label="Codes"
          fixed={{ influencer: id }}
          load={(asked, cursor, limit) => answered(api.GET('/api/v1/codes', { params: { query: { ...asked, cursor, limit } } }))}
          id={(c) => c.id}
          empty="There are no codes."
          columns={[
            { head: 'Code', cell: (c) => <Copy value={c.code} />, csv: (c) => c.code },
            { head: 'From', cell: (c) => date(c.valid_from), csv: (c) => c.valid_from },
            { head: 'Until', cell: (c) => (c.valid_to ? date(c.valid_to) : 'no end'), csv: (c) => c.valid_to },
          ]}
        />
      </Section>
      <Section title="Links">
        <Listing
          local
          name="links"
          label="Links"
          fixed={{ influencer: id }}
          load={(asked, cursor, limit) => answered(api.GET('/api/v1/links', { params: { query: { ...asked, cursor, limit } } }))}
          id={(l) => l.id}
          empty="There are no links."
          columns={[
            { head: 'Link', cell: (l) => <Copy value={l.url} />, csv: (l) => l.url },
            { head: 'Leads to', cell: (l) => <Group gap={4} wrap="nowrap"><Text span size="sm" style={{ overflowWrap: 'anywhere' }}>{l.destination}</Text></Group>, csv: (l) => l.destination },
          ]}
        />
      </Section>
    </>
  );
}
