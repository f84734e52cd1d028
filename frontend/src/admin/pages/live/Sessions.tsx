import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { Do } from '../../parts';
import { Header, State, To } from '../../ui';
import { Plan } from './Plan';

export function Sessions() {
  const name = useNames();
  const go = useNavigate();
  const [planning, plan] = useDisclosure();
  return (
    <>
      <Header title="Live sessions" note="Selling while somebody is on air">
        <Do onClick={plan.open}>Schedule a session</Do>
      </Header>
      <Listing<Schemas['LiveSession']>
        name="live"
        label="Live sessions"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/live-sessions', { params: { query: { ...asked, cursor, limit } } }))}
        id={(l) => l.id}
        empty="No session was scheduled yet. A session has a beginning, an end, and codes of its own: what is sold by them in that time counts for it."
        filters={[{ key: 'state', label: 'Any state', options: ['scheduled', 'live', 'ended', 'cancelled'] }]}
        columns={[
          { head: 'Session', cell: (l) => <To to={`/live/${l.id}`}>{l.title}</To>, csv: (l) => l.title },
          { head: 'Influencer', cell: (l) => name(l.agreement_id), csv: (l) => name(l.agreement_id) },
          { head: 'State', cell: (l) => <State of={l.state} />, csv: (l) => l.state },
          { head: 'Platform', cell: (l) => l.platform, csv: (l) => l.platform, wide: true },
          { head: 'Codes', cell: (l) => (l.codes ?? []).map((c) => c.code).join(', ') || '–', csv: (l) => (l.codes ?? []).map((c) => c.code).join(' '), wide: true },
          { head: 'Starts', cell: (l) => dateTime(l.starts_at), csv: (l) => l.starts_at, right: true },
        ]}
      />
      <Plan opened={planning} onClose={plan.close} onDone={(l) => go(`/live/${l.id}`)} />
    </>
  );
}
