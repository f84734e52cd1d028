import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { date } from '../../shared/format';
import { useInfluencers } from '../data';
import { Header, List, State, To } from '../ui';

export function Influencers() {
  const [search, setSearch] = useState('');
  const [typed] = useDebouncedValue(search.trim(), 300);
  const found = useInfluencers(typed);
  return (
    <>
      <Header title="Influencers" note="Those who are paid for what they bring" />
      <TextInput size="xs" maw={280} mb="md" placeholder="Name, handle or e-mail" aria-label="Search" value={search} onChange={(e) => setSearch(e.currentTarget.value)} />
      <List
        of={found}
        label="Influencers"
        id={(i) => i.id}
        empty={typed ? 'Nobody has that name.' : 'Nobody is here yet.'}
        columns={[
          { head: 'Name', cell: (i) => <To to={`/influencers/${i.id}`}>{i.name || i.handle}</To> },
          { head: 'Handle', cell: (i) => i.handle, wide: true },
          { head: 'E-mail', cell: (i) => i.email, wide: true },
          { head: 'State', cell: (i) => <State of={i.banned_at ? 'banned' : i.active ? 'active' : 'inactive'} /> },
          { head: 'Paid by', cell: (i) => i.payout_method || 'nothing yet', wide: true },
          { head: 'Since', cell: (i) => date(i.created_at), right: true },
        ]}
      />
    </>
  );
}
