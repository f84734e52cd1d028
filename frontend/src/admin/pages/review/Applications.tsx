import { Button, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { date } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { Ask, fieldsOf, useAct, useMay } from '../../parts';
import { Facts, State, To } from '../../ui';

type Application = Schemas['Application'];

// Applications are of people who want to be in a campaign.
export function Applications() {
  const name = useNames();
  const may = useMay();
  const [open, setOpen] = useState<{ of: Application; yes: boolean }>();
  const [handle, setHandle] = useState('');
  const deciding = useAct((reason: string, headers) => {
    const path = { id: open!.of.id };
    if (open!.yes) return answered(api.POST('/api/v1/applications/{id}/approve', { params: { path }, body: { handle: handle.trim(), reason }, headers }));
    return answered(api.POST('/api/v1/applications/{id}/reject', { params: { path }, body: { reason }, headers }));
  }, 'applications', 'influencers', 'names');
  const a = open?.of;
  return (
    <>
      <Listing<Application>
        name="applications"
        label="Applications"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/applications', { params: { query: { ...asked, cursor, limit } } }))}
        id={(x) => x.id}
        empty="Nobody has applied. A campaign that is open to applications shows in the influencers’ portal."
        filters={[{ key: 'state', label: 'Any state', options: ['submitted', 'approved', 'rejected'] }]}
        columns={[
          { head: 'Who', cell: (x) => (x.influencer_id ? <To to={`/influencers/${x.influencer_id}`}>{x.name}</To> : x.name), csv: (x) => x.name },
          { head: 'Campaign', cell: (x) => name(x.campaign_id), csv: (x) => name(x.campaign_id) },
          { head: 'Came', cell: (x) => date(x.created_at), csv: (x) => x.created_at, wide: true },
          { head: 'State', cell: (x) => <State of={x.state} />, csv: (x) => x.state },
          {
            head: 'Decide',
            right: true,
            cell: (x) =>
              x.state !== 'submitted' || !may ? (
                '–'
              ) : (
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  <Button size="compact-xs" variant="default" onClick={() => setOpen({ of: x, yes: true })} aria-label={`Take ${x.name} in`}>
                    take in
                  </Button>
                  <Button size="compact-xs" variant="subtle" color="red" onClick={() => setOpen({ of: x, yes: false })} aria-label={`Turn ${x.name} down`}>
                    turn down
                  </Button>
                </Group>
              ),
          },
        ]}
      />
      <Ask title={open?.yes ? `Take ${a?.name ?? ''} in?` : `Turn ${a?.name ?? ''} down?`} act={open?.yes ? 'Take them in' : 'Turn them down'} danger={open?.yes === false} reason="welcome" opened={open !== undefined} onClose={() => setOpen(undefined)} doing={deciding} onYes={(reason) => deciding.mutate(reason, { onSuccess: () => { setOpen(undefined); setHandle(''); } })}>
        {a && <Facts of={[['E-mail', a.email ?? '–'], ['Campaign', name(a.campaign_id)], ...Object.entries((a.answers ?? {}) as Record<string, unknown>).map(([k, v]): [string, string] => [k, String(v)])]} />}
        {a?.message && (
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {a.message}
          </Text>
        )}
        {open?.yes && !a?.influencer_id && <TextInput label="Handle" description="Of the influencer to be." value={handle} onChange={(e) => setHandle(e.currentTarget.value)} error={fieldsOf(deciding.error)('handle')} data-autofocus />}
      </Ask>
    </>
  );
}
