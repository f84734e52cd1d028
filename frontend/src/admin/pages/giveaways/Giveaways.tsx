import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { Do, useNow } from '../../parts';
import { Header, State, To } from '../../ui';
import { Plan } from './Plan';
import { stage } from './stage';

export function Giveaways() {
  const name = useNames();
  const go = useNavigate();
  const now = useNow();
  const [planning, plan] = useDisclosure();
  return (
    <>
      <Header title="Giveaways" note="Prizes by a draw that anyone can check">
        <Do onClick={plan.open}>Plan a giveaway</Do>
      </Header>
      <Listing<Schemas['Giveaway']>
        name="giveaways"
        label="Giveaways"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/giveaways', { params: { query: { ...asked, cursor, limit } } }))}
        id={(g) => g.id}
        empty="No giveaway was planned yet. People enter by buying, by signing up or free of charge; the winners are drawn by a number that nobody could know before."
        filters={[{ key: 'state', label: 'Any state', options: ['planned', 'frozen', 'drawn', 'cancelled'] }]}
        columns={[
          { head: 'Giveaway', cell: (g) => <To to={`/giveaways/${g.id}`}>{g.title}</To>, csv: (g) => g.title },
          { head: 'Prize', cell: (g) => g.prize, csv: (g) => g.prize, wide: true },
          { head: 'Campaign', cell: (g) => name(g.campaign_id), csv: (g) => name(g.campaign_id), wide: true },
          { head: 'State', cell: (g) => <State of={stage(g, now)} />, csv: (g) => g.state },
          { head: 'Winners', cell: (g) => g.winners, csv: (g) => g.winners, right: true, wide: true },
          { head: 'Closes', cell: (g) => dateTime(g.closes_at), csv: (g) => g.closes_at, right: true },
        ]}
      />
      <Plan opened={planning} onClose={plan.close} onDone={(g) => go(`/giveaways/${g.id}`)} />
    </>
  );
}
