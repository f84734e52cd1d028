import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../../shared/api';
import { date } from '../../shared/format';
import { Listing } from '../listing';
import { Header, Help, State, To } from '../ui';
import { Import } from './influencers/Import';
import { PersonForm } from './influencers/PersonForm';

// useScores is how everybody did in the last ninety days, beside each other.
export const useScores = () => useQuery({ queryKey: ['scores'], staleTime: 60_000, queryFn: () => answered(api.GET('/api/v1/kpis/scores')) });

export const scoreFormula = '50 is the shop’s average of the last 90 days; sales, what is kept of them, new customers and what it costs count, each beside everybody else’s.';

export function Influencers() {
  const [adding, setAdding] = useState(false);
  const [importing, setImporting] = useState(false);
  const scores = useScores();
  const points = new Map((scores.data?.data ?? []).map((s) => [s.influencer_id, s.points]));
  return (
    <>
      <Header title="Influencers" note="Those who are paid for what they bring">
        <Button size="xs" variant="default" onClick={() => setImporting(true)}>
          Import
        </Button>
        <Button size="xs" onClick={() => setAdding(true)}>
          Add
        </Button>
      </Header>
      <PersonForm opened={adding} onClose={() => setAdding(false)} />
      <Import opened={importing} onClose={() => setImporting(false)} />
      <Listing
        name="influencers"
        label="Influencers"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/influencers', { params: { query: { ...asked, cursor, limit } } }))}
        id={(i) => i.id}
        empty="Nobody is here yet. Add the first influencer, or import a file with all of them."
        none="Nobody is like that."
        search={{ key: 'search', placeholder: 'Name, handle or e-mail' }}
        filters={[
          { key: 'active', label: 'Active or not', options: [{ value: 'true', label: 'active' }, { value: 'false', label: 'inactive' }] },
          { key: 'banned', label: 'Banned or not', options: [{ value: 'true', label: 'banned' }, { value: 'false', label: 'not banned' }] },
        ]}
        columns={[
          { head: 'Name', cell: (i) => <To to={`/influencers/${i.id}`}>{i.name || i.handle}</To>, csv: (i) => i.name },
          { head: 'Handle', cell: (i) => i.handle, csv: (i) => i.handle, wide: true },
          { head: 'E-mail', cell: (i) => i.email, csv: (i) => i.email, wide: true },
          { head: 'State', cell: (i) => <State of={i.banned_at ? 'banned' : i.active ? 'active' : 'inactive'} />, csv: (i) => (i.banned_at ? 'banned' : i.active ? 'active' : 'inactive') },
          { head: 'Score', tip: scoreFormula, cell: (i) => points.get(i.id) ?? <Help of="Not enough sales yet to tell.">–</Help>, csv: (i) => points.get(i.id), right: true },
          { head: 'Paid by', cell: (i) => i.payout_method || 'nothing yet', csv: (i) => i.payout_method, wide: true },
          { head: 'Tax form', cell: (i) => i.tax_form.replace(/_/g, ' '), csv: (i) => i.tax_form, hidden: true },
          { head: 'Since', cell: (i) => date(i.created_at), csv: (i) => i.created_at, right: true, wide: true },
        ]}
      />
    </>
  );
}
