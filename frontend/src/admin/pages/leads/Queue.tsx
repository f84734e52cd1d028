import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime, words } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { Ask, Deadline, useAct, useMay } from '../../parts';
import { State, To, Trouble } from '../../ui';

type Lead = Schemas['Lead'];
type Outcome = 'qualified' | 'rejected';

// Queue lists leads; those in vetting can be decided about together.
export function Queue() {
  const name = useNames();
  const may = useMay();
  return (
    <Listing<Lead>
      name="leads"
      label="Leads"
      load={(asked, cursor, limit) => answered(api.GET('/api/v1/leads', { params: { query: { ...asked, cursor, limit } } }))}
      id={(l) => l.id}
      empty="No lead has come yet. Leads come by a form of yours, from a file, or from your CRM."
      none="No lead is like that."
      search={{ key: 'email', placeholder: 'A whole e-mail address' }}
      filters={[{ key: 'state', label: 'Any state', options: ['pending_vetting', 'pending_confirmation', 'qualified', 'rejected', 'duplicate', 'invalid', 'expired'] }]}
      columns={[
        { head: 'Lead', cell: (l) => <To to={`/leads/lead/${l.id}`}>{l.id}</To>, csv: (l) => l.id },
        { head: 'State', cell: (l) => <State of={l.state} />, csv: (l) => l.state },
        { head: 'Brought by', cell: (l) => name(l.agreement_id), csv: (l) => name(l.agreement_id) },
        { head: 'Via', cell: (l) => l.via ?? '–', csv: (l) => l.via, wide: true, tip: 'how it was found who brought it: their form, their code, a click, or a link' },
        { head: 'Came', cell: (l) => dateTime(l.submitted_at), csv: (l) => l.submitted_at, wide: true },
        { head: 'Decide', cell: (l) => (l.state === 'pending_vetting' ? <Deadline at={l.vet_by} then="the agreed default happens" /> : '–'), csv: (l) => l.vet_by, tip: 'when nobody has decided by then, the terms say what happens' },
        { head: 'Why', cell: (l) => (l.reason ? words(l.reason) : '–'), csv: (l) => l.reason, wide: true },
      ]}
      bulk={may ? (rows, done) => <Decide rows={rows} onDone={done} /> : undefined}
    />
  );
}

function Decide({ rows, onDone }: { rows: Lead[]; onDone: () => void }) {
  const [outcome, setOutcome] = useState<Outcome>();
  const deciding = useAct((b: { outcome: Outcome; reason: string }, headers) => answered(api.POST('/api/v1/leads/decide', { body: { ids: rows.map((r) => r.id), outcome: b.outcome, reason: b.reason || undefined }, headers })), 'leads');
  const refused = (deciding.data?.results ?? []).filter((r) => r.error);
  return (
    <>
      <Button size="compact-xs" onClick={() => setOutcome('qualified')}>
        Qualify
      </Button>
      <Button size="compact-xs" color="red" variant="light" onClick={() => setOutcome('rejected')}>
        Reject
      </Button>
      {refused.length > 0 && (
        <Text size="xs" c="red.7" role="alert">
          {deciding.data?.decided} decided; {refused.map((r) => `${r.id}: ${r.error}`).join(' ')}
        </Text>
      )}
      {deciding.error && !outcome && <Trouble error={deciding.error} />}
      <Ask
        title={`${outcome === 'rejected' ? 'Reject' : 'Qualify'} ${rows.length === 1 ? 'this lead' : `these ${rows.length} leads`}?`}
        act={outcome === 'rejected' ? 'Reject' : 'Qualify'}
        danger={outcome === 'rejected'}
        reason={outcome === 'rejected' ? 'needed' : 'welcome'}
        opened={outcome !== undefined}
        onClose={() => setOutcome(undefined)}
        doing={deciding}
        onYes={(reason) =>
          deciding.mutate(
            { outcome: outcome!, reason },
            {
              onSuccess: (d) => {
                setOutcome(undefined);
                if (d.refused === 0) onDone();
              },
            },
          )
        }
      >
        <Text size="sm">{outcome === 'rejected' ? 'Nothing is paid for what is rejected.' : 'What is qualified is paid for as agreed, after its hold.'}</Text>
      </Ask>
    </>
  );
}
