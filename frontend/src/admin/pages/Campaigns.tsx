import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { answered, api } from '../../shared/api';
import { date } from '../../shared/format';
import { Listing } from '../listing';
import { Header, State, To } from '../ui';

export function Campaigns() {
  return (
    <>
      <Header title="Campaigns" note="What agreements are made for">
        <Button size="xs" component={Link} to="/campaigns/new">
          New campaign
        </Button>
      </Header>
      <Listing
        name="campaigns"
        label="Campaigns"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/campaigns', { params: { query: { ...asked, cursor, limit } } }))}
        id={(c) => c.id}
        empty={
          <>
            There is no campaign yet. <To to="/campaigns/new">Five steps</To> lead to the first one.
          </>
        }
        filters={[{ key: 'state', label: 'Any state', options: ['draft', 'active', 'ended'] }]}
        columns={[
          { head: 'Campaign', cell: (c) => <To to={`/campaigns/${c.id}`}>{c.name}</To>, csv: (c) => c.name },
          { head: 'Goal', cell: (c) => c.goal || '–', csv: (c) => c.goal, wide: true },
          { head: 'State', cell: (c) => <State of={c.state} />, csv: (c) => c.state },
          { head: 'From', cell: (c) => date(c.starts_at), csv: (c) => c.starts_at, wide: true },
          { head: 'Until', cell: (c) => (c.ends_at ? date(c.ends_at) : 'no end'), csv: (c) => c.ends_at, right: true },
        ]}
      />
    </>
  );
}
