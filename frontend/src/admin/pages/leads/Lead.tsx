import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api } from '../../../shared/api';
import { dateTime, words } from '../../../shared/format';
import { useNames } from '../../data';
import { Ask, Deadline, Do, useAct } from '../../parts';
import { Facts, Header, Loading, Section, State, To, Trouble } from '../../ui';

type What = 'qualify' | 'reject' | 'redact';

export function Lead() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['leads', id], queryFn: () => answered(api.GET('/api/v1/leads/{id}', { params: { path: { id } } })) });
  const name = useNames();
  const [asking, ask] = useState<What>();
  const path = { id };
  const acting = useAct(({ what, reason }: { what: What; reason: string }, headers) => {
    const body = { reason: reason || undefined };
    if (what === 'redact') return answered(api.POST('/api/v1/leads/{id}/redact', { params: { path }, headers }));
    return what === 'qualify' ? answered(api.POST('/api/v1/leads/{id}/qualify', { params: { path }, body, headers })) : answered(api.POST('/api/v1/leads/{id}/reject', { params: { path }, body, headers }));
  }, 'leads');
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const l = found.data;
  return (
    <>
      <Header title={l.email ?? l.id} note={<>came {dateTime(l.submitted_at)} · <To to="/leads?state=pending_vetting">the queue</To></>}>
        <State of={l.state} />
        {l.state === 'pending_vetting' && <Do onClick={() => ask('qualify')}>Qualify</Do>}
        {(l.state === 'pending_vetting' || l.state === 'qualified') && (
          <Do color="red" variant="light" onClick={() => ask('reject')}>
            Reject
          </Do>
        )}
        {!l.redacted && (
          <Do variant="default" onClick={() => ask('redact')}>
            Forget who
          </Do>
        )}
      </Header>
      <Section title="Lead">
        <Facts
          of={[
            ['Brought by', l.agreement_id ? <To key="a" to={`/agreements/${l.agreement_id}`}>{name(l.agreement_id)}</To> : 'nobody'],
            ['Found by', l.via ?? '–'],
            ['Code', l.code ?? '–'],
            ['Click', l.click_id ?? '–'],
            ['Mailbox', l.confirmed_at ? `confirmed ${dateTime(l.confirmed_at)}` : l.confirm_by ? `to confirm by ${dateTime(l.confirm_by)}` : 'not asked'],
            ['Decide by', l.state === 'pending_vetting' ? <Deadline key="d" at={l.vet_by} then="the agreed default happens" /> : '–'],
            ['Why', l.reason ? words(l.reason) : '–'],
            ...(l.duplicate_of ? [['The same as', <To key="s" to={`/leads/lead/${l.duplicate_of}`}>{l.duplicate_of}</To>] as [string, React.ReactNode]] : []),
          ]}
        />
      </Section>
      <Section title="What they said">
        {l.redacted ? (
          <Text size="sm" c="dimmed">
            Who it was has been forgotten. That it came, and what was decided, stays.
          </Text>
        ) : (
          <Stack gap="sm">
            <Facts of={[['E-mail', l.email ?? '–'], ...Object.entries(l.answers ?? {}).map(([k, v]): [string, string] => [k, v])]} />
            <Text size="xs" c="dimmed">
              Agreed to: {l.consent || 'nothing was asked'}
            </Text>
          </Stack>
        )}
      </Section>
      <Section title="Decisions">
        {(l.decisions ?? []).length === 0 ? (
          <Text size="sm" c="dimmed">
            Nobody has said anything about it.
          </Text>
        ) : (
          <Table aria-label="Decisions" style={{ overflowWrap: 'anywhere' }}>
            <Table.Tbody>
              {l.decisions!.map((d, i) => (
                <Table.Tr key={i}>
                  <Table.Td>{dateTime(d.at)}</Table.Td>
                  <Table.Td>
                    <State of={d.outcome} />
                  </Table.Td>
                  <Table.Td>{d.reason || '–'}</Table.Td>
                  <Table.Td>by {d.source === 'crm' ? 'the CRM' : d.source === 'import' ? 'a file' : 'a person'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Section>
      <Ask
        title={asking === 'redact' ? 'Forget who this was?' : asking === 'reject' ? 'Reject this lead?' : 'Qualify this lead?'}
        act={asking === 'redact' ? 'Forget' : asking === 'reject' ? 'Reject' : 'Qualify'}
        danger={asking !== 'qualify'}
        reason={asking === 'reject' ? 'needed' : asking === 'qualify' ? 'welcome' : undefined}
        opened={asking !== undefined}
        onClose={() => ask(undefined)}
        doing={acting}
        onYes={(reason) => acting.mutate({ what: asking!, reason }, { onSuccess: () => ask(undefined) })}
      >
        <Text size="sm">
          {asking === 'redact'
            ? 'The mailbox and the answers are deleted for good. What was earned by it stays.'
            : asking === 'reject'
              ? 'Nothing is paid for it; what is in its hold is taken back.'
              : 'It is paid for as agreed, after its hold.'}
        </Text>
      </Ask>
      <Group>
        <Button size="xs" variant="subtle" onClick={() => found.refetch()}>
          Look again
        </Button>
      </Group>
    </>
  );
}
