import { Anchor, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { date, dateTime, words } from '../../shared/format';
import { useAgreements, useBalances, useCodes, useEarnings, useInfluencer, useLinks, useNames } from '../data';
import { Amount, Facts, Header, List, Loading, Section, State, To, Trouble } from '../ui';
import { Balances } from './payouts/Balances';

export function Influencer() {
  const { id = '' } = useParams();
  const who = useInfluencer(id);
  const balances = useBalances(id);
  const earnings = useEarnings({ influencer: id });
  const agreements = useAgreements({ influencer: id });
  const codes = useCodes({ influencer: id });
  const links = useLinks({ influencer: id });
  const name = useNames();
  if (who.isPending) return <Loading />;
  if (who.error) return <Trouble error={who.error} again={() => who.refetch()} />;
  const i = who.data;
  return (
    <>
      <Header title={i.name || i.handle} note={i.email}>
        <Anchor component={Link} to={`/orders?influencer=${id}`} size="sm">
          Orders
        </Anchor>
        <State of={i.banned_at ? 'banned' : i.active ? 'active' : 'inactive'} />
      </Header>
      <Section title="Balance">
        <Balances of={balances} names={false} />
      </Section>
      <Section title="Who it is">
        <Facts
          of={[
            ['Handle', i.handle],
            ['Since', date(i.created_at)],
            ['Paid by', i.payout_method || 'nothing yet'],
            ['Tax form', words(i.tax_form)],
          ]}
        />
      </Section>
      <Section title="Earnings">
        <List
          of={earnings}
          label="Earnings"
          id={(e) => e.id}
          empty="Nothing was earned yet."
          columns={[
            { head: 'When', cell: (e) => dateTime(e.occurred_at) },
            { head: 'For', cell: (e) => (e.order_id ? <To to={`/orders/${e.order_id}`}>order</To> : words(e.kind)) },
            { head: 'State', cell: (e) => <State of={e.state} /> },
            { head: 'Held until', cell: (e) => (e.state === 'pending' ? date(e.release_at) : '–'), wide: true },
            { head: 'Amount', cell: (e) => <Amount value={e.amount} />, right: true },
          ]}
        />
      </Section>
      <Section title="Agreements">
        <List
          of={agreements}
          label="Agreements"
          id={(a) => a.id}
          empty="Nothing is agreed yet."
          columns={[
            { head: 'Agreement', cell: (a) => <To to={`/agreements/${a.id}`}>{name(a.campaign_id)}</To> },
            { head: 'State', cell: (a) => <State of={a.state} /> },
            { head: 'Versions', cell: (a) => (a.versions ?? []).length, right: true },
          ]}
        />
      </Section>
      <Section title="Codes">
        <List
          of={codes}
          label="Codes"
          id={(c) => c.id}
          empty="There are no codes."
          columns={[
            { head: 'Code', cell: (c) => <Text span ff="monospace" size="sm">{c.code}</Text> },
            { head: 'From', cell: (c) => date(c.valid_from) },
            { head: 'Until', cell: (c) => (c.valid_to ? date(c.valid_to) : 'no end') },
          ]}
        />
      </Section>
      <Section title="Links">
        <List
          of={links}
          label="Links"
          id={(l) => l.id}
          empty="There are no links."
          columns={[
            { head: 'Link', cell: (l) => l.slug },
            { head: 'Leads to', cell: (l) => <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>{l.destination}</Text> },
          ]}
        />
      </Section>
    </>
  );
}
