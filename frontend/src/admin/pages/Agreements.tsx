import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { answered, api } from '../../shared/api';
import { date } from '../../shared/format';
import { useNames } from '../data';
import { sentence, type Terms } from '../models';
import { Listing } from '../listing';
import { Header, State, To } from '../ui';

export function Agreements() {
  const name = useNames();
  return (
    <>
      <Header title="Agreements" note="Terms that both sides signed, and those they may">
        <Button size="xs" component={Link} to="/campaigns/new">
          New campaign
        </Button>
      </Header>
      <Listing
        name="agreements"
        label="Agreements"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/agreements', { params: { query: { ...asked, cursor, limit } } }))}
        id={(a) => a.id}
        empty={
          <>
            Nothing is agreed yet. <To to="/campaigns/new">A campaign</To> makes the terms and offers them.
          </>
        }
        none="There are no such agreements."
        filters={[
          { key: 'state', label: 'Any state', options: ['draft', 'offered', 'signed', 'superseded', 'declined', 'withdrawn'] },
          { key: 'influencer', label: 'Influencer’s id', kind: 'text' },
          { key: 'campaign', label: 'Campaign’s id', kind: 'text' },
        ]}
        columns={[
          { head: 'Influencer', cell: (a) => <To to={`/agreements/${a.id}`}>{name(a.influencer_id)}</To>, csv: (a) => name(a.influencer_id) },
          { head: 'Campaign', cell: (a) => <To to={`/campaigns/${a.campaign_id}`}>{name(a.campaign_id)}</To>, csv: (a) => name(a.campaign_id) },
          {
            head: 'Pays',
            cell: (a) => {
              const t = a.versions?.at(-1)?.terms as Terms | undefined;
              return (t?.components ?? []).map((c) => sentence(c, t?.currency ?? '')).join('; ');
            },
            wide: true,
          },
          { head: 'State', cell: (a) => <State of={a.state} />, csv: (a) => a.state },
          { head: 'Versions', cell: (a) => (a.versions ?? []).length, csv: (a) => (a.versions ?? []).length, right: true, wide: true },
          { head: 'Hash', cell: (a) => a.versions?.at(-1)?.hash.slice(0, 12), csv: (a) => a.versions?.at(-1)?.hash, hidden: true },
          { head: 'Since', cell: (a) => date(a.created_at), csv: (a) => a.created_at, right: true, wide: true },
        ]}
      />
    </>
  );
}
