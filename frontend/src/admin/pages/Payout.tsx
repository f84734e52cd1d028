import { Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, download } from '../../shared/api';
import { dateTime, month, words } from '../../shared/format';
import { useAct, useBatch, useDo, useNames, useSession } from '../data';
import { Listing } from '../listing';
import { Amount, Facts, Header, Loading, Section, State, To, Trouble } from '../ui';

export function Payout() {
  const { id = '' } = useParams();
  const batch = useBatch(id);
  const name = useNames();
  const [asking, ask] = useDisclosure();
  const session = useSession();
  const [settled, setSettled] = useState(false);
  const [fileError, setFileError] = useState<unknown>();
  const path = { id };
  const approve = useDo((key) => answered(api.POST('/api/v1/payouts/{id}/approve', { params: { path }, headers: { 'Idempotency-Key': key } })), ['payouts']);
  const pay = useDo((key) => answered(api.POST('/api/v1/payouts/{id}/pay', { params: { path }, headers: { 'Idempotency-Key': key } })), ['payouts']);
  if (batch.isPending) return <Loading />;
  if (batch.error) return <Trouble error={batch.error} again={() => batch.refetch()} />;
  const b = batch.data;
  const own = b.state === 'draft' && b.created_by !== undefined && b.created_by === session.data?.actor;
  const doing = b.state === 'draft' ? approve : pay;
  const run = () => doing.mutate(undefined, { onSuccess: ask.close });
  return (
    <>
      <Header title={`Payouts of ${month(b.period)}`} note={`closed ${dateTime(b.created_at)}${b.created_by ? ` by ${b.created_by}` : ' by the schedule'}`}>
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
          <Button size="xs" onClick={ask.open} disabled={own} title={own ? 'You closed this month: somebody else has to approve it.' : undefined}>
            {b.state === 'draft' ? 'Approve' : 'Pay'}
          </Button>
        )}
      </Header>
      {own && (
        <Text size="sm" mb="md" role="status">
          You closed this month, so somebody else has to approve it.
        </Text>
      )}
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
            <Text size="sm" c="dimmed">
              You stand in the batch as {session.data?.actor} from then on.
            </Text>
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
            <Button onClick={run} loading={doing.isPending}>
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
      {(b.state === 'paying' || settled) && <Settle id={id} onDone={() => setSettled(true)} />}
      <Section title="Lines">
        <Listing
          name="payout-lines"
          label="Payout lines"
          fixed={{ id }}
          load={({ id: of, ...asked }, cursor, limit) => answered(api.GET('/api/v1/payouts/{id}/lines', { params: { path: { id: of }, query: { ...asked, cursor, limit } } }))}
          id={(l) => l.id}
          empty="Nobody is in this batch."
          filters={[{ key: 'state', label: 'Any state', options: ['carried', 'draft', 'paying', 'paid', 'failed', 'in_doubt'] }]}
          columns={[
            { head: 'Influencer', cell: (l) => <To to={`/influencers/${l.influencer_id}`}>{name(l.influencer_id)}</To>, csv: (l) => name(l.influencer_id) },
            { head: 'State', cell: (l) => <State of={l.state} />, csv: (l) => l.state },
            { head: 'Why', cell: (l) => l.error || (l.carry_reason ? words(l.carry_reason) : '–'), csv: (l) => l.error || l.carry_reason, wide: true },
            { head: 'Opening', cell: (l) => <Amount value={l.opening} />, csv: (l) => l.opening, right: true, wide: true },
            { head: 'Movement', cell: (l) => <Amount value={l.movement} />, csv: (l) => l.movement, right: true, wide: true },
            { head: 'Reference', cell: (l) => l.reference || '–', csv: (l) => l.reference, hidden: true },
            { head: 'Pay', tip: 'Opening + movement, if it is more than the threshold and the influencer can be paid.', cell: (l) => <Amount value={l.pay} />, csv: (l) => l.pay, right: true },
          ]}
        />
      </Section>
    </>
  );
}

// Settle takes in what the bank says became of the payouts.
function Settle({ id, onDone }: { id: string; onDone: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const run = useAct(
    async (of: File, key: string) => answered(api.POST('/api/v1/payouts/{id}/settlements', { params: { path: { id } }, body: (await of.text()) as never, bodySerializer: (x: unknown) => x as string, headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': key } })),
    ['payouts'],
    ['payout-lines'],
    ['balances'],
  );
  return (
    <Section title="The bank’s answer">
      <Stack gap="xs">
        <Text size="sm">
          A CSV file with <b>payout_id</b> or <b>payout_key</b> and <b>status</b>: paid, failed or in_doubt. What failed goes back to the balances; what is in doubt waits for another answer.
        </Text>
        <Group align="flex-end">
          <FileInput w={280} size="xs" aria-label="Settlement file" placeholder="settlement.csv" accept=".csv,text/csv" value={file} onChange={setFile} clearable />
          <Button size="xs" disabled={!file} loading={run.isPending} onClick={() => file && (onDone(), run.mutate(file))}>
            Take in
          </Button>
        </Group>
        {run.error && <Trouble error={run.error} />}
        {run.data && (
          <Text size="sm" role="status">
            {run.data.paid} paid, {run.data.failed} failed, {run.data.in_doubt} in doubt, {run.data.unchanged} known before; {run.data.waiting} still wait.
          </Text>
        )}
      </Stack>
    </Section>
  );
}
