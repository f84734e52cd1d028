import { Select } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { Schemas } from '../../shared/api';
import { date } from '../../shared/format';
import { useAgreements, useNames } from '../data';
import { Header, List, State, To } from '../ui';

const states: Schemas['Agreement']['state'][] = ['draft', 'offered', 'signed', 'superseded', 'declined', 'withdrawn'];

export function Agreements() {
  const [params, setParams] = useSearchParams();
  const state = states.find((s) => s === params.get('state'));
  const campaign = params.get('campaign') ?? undefined;
  const found = useAgreements({ state, campaign });
  const name = useNames();
  return (
    <>
      <Header title="Agreements" note={campaign ? `Of ${name(campaign)}` : 'Terms that both sides signed, and those they may'} />
      <Select
        size="xs"
        w={160}
        mb="md"
        placeholder="Any state"
        aria-label="State"
        data={states}
        value={state ?? null}
        clearable
        onChange={(v) =>
          setParams((old) => {
            if (v) old.set('state', v);
            else old.delete('state');
            return old;
          })
        }
      />
      <List
        of={found}
        label="Agreements"
        id={(a) => a.id}
        empty="There are no such agreements."
        columns={[
          { head: 'Influencer', cell: (a) => <To to={`/agreements/${a.id}`}>{name(a.influencer_id)}</To> },
          { head: 'Campaign', cell: (a) => name(a.campaign_id) },
          { head: 'State', cell: (a) => <State of={a.state} /> },
          { head: 'Versions', cell: (a) => (a.versions ?? []).length, right: true, wide: true },
          { head: 'Since', cell: (a) => date(a.created_at), right: true, wide: true },
        ]}
      />
    </>
  );
}
