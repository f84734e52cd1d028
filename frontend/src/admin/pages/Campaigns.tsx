import { date } from '../../shared/format';
import { useCampaigns } from '../data';
import { Header, List, State, To } from '../ui';

export function Campaigns() {
  const found = useCampaigns();
  return (
    <>
      <Header title="Campaigns" note="What agreements are made for" />
      <List
        of={found}
        label="Campaigns"
        id={(c) => c.id}
        empty="There is no campaign yet."
        columns={[
          { head: 'Campaign', cell: (c) => <To to={`/agreements?campaign=${c.id}`}>{c.name}</To> },
          { head: 'Goal', cell: (c) => c.goal || '–', wide: true },
          { head: 'State', cell: (c) => <State of={c.state} /> },
          { head: 'From', cell: (c) => date(c.starts_at), wide: true },
          { head: 'Until', cell: (c) => (c.ends_at ? date(c.ends_at) : 'no end'), right: true },
        ]}
      />
    </>
  );
}
