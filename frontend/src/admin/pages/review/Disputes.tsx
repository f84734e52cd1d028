import { Code, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime, words } from '../../../shared/format';
import { useNames, useSession } from '../../data';
import { Listing } from '../../listing';
import { Ask, Deadline, Do, fieldsOf, useAct } from '../../parts';
import { Amount, Facts, Loading, Section, State, To, Trouble } from '../../ui';

type Dispute_ = Schemas['Dispute'];

// Disputes are opened by influencers; each has a day by which to answer.
export function Disputes() {
  const name = useNames();
  return (
    <Listing<Dispute_>
      name="disputes"
      label="Disputes"
      load={(asked, cursor, limit) => answered(api.GET('/api/v1/disputes', { params: { query: { ...asked, cursor, limit } } }))}
      id={(d) => d.id}
      empty="Nobody disputes anything."
      filters={[
        { key: 'state', label: 'Any state', options: ['open', 'asked', 'accepted', 'rejected', 'withdrawn', 'lapsed'] },
        { key: 'overdue', label: 'Any time', options: [{ value: 'true', label: 'overdue' }] },
      ]}
      columns={[
        { head: 'About', cell: (d) => <To to={`/review/disputes/${d.id}`}>{`${words(d.subject)}: ${d.about}`}</To>, csv: (d) => `${d.subject}: ${d.about}` },
        { head: 'Influencer', cell: (d) => name(d.influencer_id), csv: (d) => name(d.influencer_id) },
        { head: 'State', cell: (d) => <State of={d.state} />, csv: (d) => d.state },
        { head: 'Claimed', cell: (d) => <Amount value={d.claimed} />, csv: (d) => d.claimed, right: true },
        { head: 'Answer', cell: (d) => (['open', 'asked'].includes(d.state) ? <Deadline at={d.answer_by} then={d.state === 'open' ? 'your turn' : 'the influencer’s turn'} /> : '–'), right: true, tip: 'whose turn it is has until then' },
      ]}
    />
  );
}

export function Dispute() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['disputes', id], queryFn: () => answered(api.GET('/api/v1/disputes/{id}', { params: { path: { id } } })) });
  const name = useNames();
  const [asking, ask] = useState<'accept' | 'reject'>();
  const [text, setText] = useState('');
  const [amount, setAmount] = useState('');
  const session = useSession().data;
  const by = session?.name || session?.actor || '';
  const path = { id };
  const answer = useAct((_: void, headers) => answered(api.POST('/api/v1/disputes/{id}/answer', { params: { path }, body: { text }, headers })), 'disputes');
  const decide = useAct((reason: string, headers) => {
    if (asking === 'reject') return answered(api.POST('/api/v1/disputes/{id}/reject', { params: { path }, body: { by, reason }, headers }));
    const claimed = found.data?.claimed;
    return answered(api.POST('/api/v1/disputes/{id}/accept', { params: { path }, body: { by, reason, awarded: amount.trim() && claimed ? { amount: amount.trim(), currency: claimed.currency } : undefined }, headers }));
  }, 'disputes', 'earnings', 'balances');
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const d = found.data;
  const open = d.state === 'open' || d.state === 'asked';
  return (
    <>
      <Section title={`${words(d.subject)}: ${d.about}`} right={<State of={d.state} />}>
        <Facts
          of={[
            ['Influencer', <To key="i" to={`/influencers/${d.influencer_id}`}>{name(d.influencer_id)}</To>],
            ['Claimed', <Amount key="c" value={d.claimed} />],
            ['Opened', dateTime(d.opened_at)],
            ['To answer', open ? <Deadline key="a" at={d.answer_by} then={d.state === 'open' ? 'your turn' : 'the influencer’s turn'} /> : '–'],
            ...(d.decided_at ? ([['Decided', `${dateTime(d.decided_at)} by ${d.decided_by || 'the deadline'}`], ['Why', d.reason || '–'], ['Awarded', <Amount key="w" value={d.awarded} />]] as [string, React.ReactNode][]) : []),
          ]}
        />
        {open && (
          <Stack gap="xs" mt="md" align="flex-start" style={{ flexDirection: 'row' }}>
            <Do onClick={() => ask('accept')}>Accept</Do>
            <Do color="red" variant="light" onClick={() => ask('reject')}>
              Reject
            </Do>
          </Stack>
        )}
      </Section>
      <Section title="What was said">
        <Stack gap="sm">
          {(d.messages ?? []).map((m, i) => (
            <div key={i}>
              <Text size="xs" c="dimmed">
                {m.author === 'merchant' ? 'you' : m.author === 'influencer' ? name(d.influencer_id) : 'the deadline'}, {dateTime(m.at)}
              </Text>
              <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {m.text}
              </Text>
            </div>
          ))}
          {open && (
            <>
              <Textarea aria-label="Answer" placeholder="Ask, or explain" value={text} onChange={(e) => setText(e.currentTarget.value)} autosize minRows={2} maxLength={4000} error={fieldsOf(answer.error)('text')} />
              {answer.error && <Trouble error={answer.error} />}
              <div>
                <Do variant="default" disabled={text.trim() === ''} loading={answer.isPending} onClick={() => answer.mutate(undefined, { onSuccess: () => setText('') })}>
                  Send
                </Do>
              </div>
            </>
          )}
        </Stack>
      </Section>
      {d.evidence !== undefined && d.evidence !== null && (
        <Section title="Our records when it was opened">
          <Code block tabIndex={0} aria-label="Evidence" style={{ maxHeight: 360, overflow: 'auto' }}>
            {JSON.stringify(d.evidence, null, 2)}
          </Code>
        </Section>
      )}
      <Ask title={asking === 'accept' ? 'Accept this claim?' : 'Reject this claim?'} act={asking === 'accept' ? 'Accept' : 'Reject'} danger={asking === 'reject'} reason="needed" opened={asking !== undefined} onClose={() => ask(undefined)} doing={decide} onYes={(reason) => decide.mutate(reason, { onSuccess: () => ask(undefined) })}>
        {asking === 'accept' && <TextInput label={`Awarded, ${d.claimed?.currency ?? ''}`} description="Empty: what was claimed. 0 when evidence or a correction has brought it home already." placeholder={d.claimed?.amount} inputMode="decimal" value={amount} onChange={(e) => setAmount(e.currentTarget.value)} error={fieldsOf(decide.error)('awarded') ?? fieldsOf(decide.error)('awarded.amount')} />}
        <Text size="sm">{asking === 'accept' ? 'What is awarded is added to their balance by a journal of its own.' : 'It is settled by that, and they read why.'}</Text>
      </Ask>
    </>
  );
}
