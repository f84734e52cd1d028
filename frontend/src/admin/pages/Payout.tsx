import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, download } from '../../shared/api';
import { dateTime, month, words } from '../../shared/format';
import { useBatch, useDo, useLines, useNames } from '../data';
import { Amount, Facts, Header, List, Loading, Section, State, To, Trouble } from '../ui';

export function Payout() {
  const { id = '' } = useParams();
  const batch = useBatch(id);
  const lines = useLines(id);
  const name = useNames();
  const [asking, ask] = useDisclosure();
  const [by, setBy] = useState('');
  const [fileError, setFileError] = useState<unknown>();
  const path = { id };
  const approve = useDo((key) => answered(api.POST('/api/v1/payouts/{id}/approve', { params: { path }, body: { by: by.trim() }, headers: { 'Idempotency-Key': key } })), ['payouts']);
  const pay = useDo((key) => answered(api.POST('/api/v1/payouts/{id}/pay', { params: { path }, headers: { 'Idempotency-Key': key } })), ['payouts']);
  if (batch.isPending) return <Loading />;
  if (batch.error) return <Trouble error={batch.error} again={() => batch.refetch()} />;
  const b = batch.data;
  const doing = b.state === 'draft' ? approve : pay;
  const run = () => doing.mutate(undefined, { onSuccess: ask.close });
  return (
    <>
      <Header title={`Payouts of ${month(b.period)}`} note={`closed ${dateTime(b.created_at)}${b.created_by ? ` by ${b.created_by}` : ''}`}>
        <State of={b.state} />
        {b.state !== 'draft' && b.state !== 'approved' && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setFileError(undefined);
              download(`/api/v1/payouts/${id}/export.csv`, `payouts-${b.period}.csv`).catch(setFileError);
            }}
          >
            Export
          </Button>
        )}
        {(b.state === 'draft' || b.state === 'approved') && (
          <Button size="xs" onClick={ask.open}>
            {b.state === 'draft' ? 'Approve' : 'Pay'}
          </Button>
        )}
      </Header>
      {fileError !== undefined && <Trouble error={fileError} />}
      <Modal opened={asking} onClose={ask.close} title={b.state === 'draft' ? 'Approve these payouts?' : 'Hand these payouts to be paid?'} centered>
        <Stack>
          {(b.totals ?? []).map((t) => (
            <Group key={t.currency} justify="space-between">
              <Text size="sm">
                {t.payouts} {t.payouts === 1 ? 'payout' : 'payouts'}
              </Text>
              <Text fw={600}>
                <Amount value={t.pay} />
              </Text>
            </Group>
          ))}
          {b.state === 'draft' ? (
            <TextInput label="Approved by" description="Your name, which stands in the batch from then on." value={by} onChange={(e) => setBy(e.currentTarget.value)} required data-autofocus />
          ) : (
            <Text size="sm" c="dimmed">
              The amounts leave the balances and wait for the bank’s answer.
            </Text>
          )}
          {doing.error && <Trouble error={doing.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              Cancel
            </Button>
            <Button onClick={run} loading={doing.isPending} disabled={b.state === 'draft' && by.trim() === ''}>
              {b.state === 'draft' ? 'Approve' : 'Pay'}
            </Button>
          </Group>
        </Stack>
      </Modal>
      {(b.totals ?? []).map((t) => (
        <Section key={t.currency} title={t.currency}>
          <Facts
            of={[
              ['To pay', <Amount key="1" value={t.pay} />],
              ['Paid', <Amount key="2" value={t.paid} />],
              ['Waiting for the bank', <Amount key="3" value={t.waiting} />],
              ['Failed', <Amount key="4" value={t.failed} />],
              ['Carried to the next month', <Amount key="5" value={t.carried} />],
              ['Approved by', b.approved_by ?? '–'],
            ]}
          />
        </Section>
      ))}
      <Section title="Lines">
        <List
          of={lines}
          label="Payout lines"
          id={(l) => l.id}
          empty="Nobody is in this batch."
          columns={[
            { head: 'Influencer', cell: (l) => <To to={`/influencers/${l.influencer_id}`}>{name(l.influencer_id)}</To> },
            { head: 'State', cell: (l) => <State of={l.state} /> },
            { head: 'Why', cell: (l) => l.error || (l.carry_reason ? words(l.carry_reason) : '–'), wide: true },
            { head: 'Opening', cell: (l) => <Amount value={l.opening} />, right: true, wide: true },
            { head: 'Movement', cell: (l) => <Amount value={l.movement} />, right: true, wide: true },
            { head: 'Pay', cell: (l) => <Amount value={l.pay} />, right: true },
          ]}
        />
      </Section>
    </>
  );
}
