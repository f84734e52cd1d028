import { Button, SegmentedControl, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, download, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { Listing } from '../../listing';
import { Ask, Deadline, Do, fieldsOf, useAct, useMay } from '../../parts';
import { Loading, Section, State, Trouble } from '../../ui';

type Request_ = Schemas['PrivacyRequest'];

const topics: Record<Request_['topic'], string> = { 'customers/data_request': 'What is known of somebody', 'customers/redact': 'Forget somebody', 'shop/redact': 'Forget the shop' };

export function Privacy() {
  return (
    <>
      <Consent />
      <Requests />
    </>
  );
}

function Consent() {
  const found = useQuery({ queryKey: ['consent'], queryFn: () => answered(api.GET('/api/v1/settings/consent')) });
  const may = useMay();
  const setting = useAct((required: boolean, headers) => answered(api.POST('/api/v1/settings/consent', { body: { required }, headers })), 'consent');
  return (
    <Section title="Visitors’ consent">
      {found.error ? (
        <Trouble error={found.error} again={() => found.refetch()} />
      ) : !found.data ? (
        <Loading rows={1} />
      ) : (
        <Switch
          checked={setting.isPending ? setting.variables : found.data.required}
          disabled={!may || setting.isPending}
          onChange={(e) => setting.mutate(e.currentTarget.checked)}
          label="A visitor is recognised only after they agreed"
          description="They agree by your store’s cookie banner (tributary_consent=granted). Without it their click is not counted and not paid for; codes and orders work all the same."
        />
      )}
      {setting.error && <Trouble error={setting.error} />}
    </Section>
  );
}

function Requests() {
  const [asking, setAsking] = useState(false);
  const [topic, setTopic] = useState<'customers/data_request' | 'customers/redact'>('customers/data_request');
  const [email, setEmail] = useState('');
  const [customer, setCustomer] = useState('');
  const [failed, setFailed] = useState<unknown>();
  const ask = useAct((_: void, headers) => answered(api.POST('/api/v1/privacy-requests', { body: { topic, email: email.trim() || undefined, customer_id: customer.trim() || undefined }, headers })), 'privacy');
  const at = fieldsOf(ask.error);
  return (
    <Section title="Requests about personal data" right={<Do onClick={() => setAsking(true)}>Ask for somebody</Do>}>
      {failed !== undefined && <Trouble error={failed} />}
      <Listing<Request_>
        local
        name="privacy"
        label="Privacy requests"
        load={(_, cursor, limit) => answered(api.GET('/api/v1/privacy-requests', { params: { query: { cursor, limit } } }))}
        id={(r) => r.id}
        empty="Nobody has asked. Requests that the store sends show here, too."
        columns={[
          { head: 'What', cell: (r) => topics[r.topic] ?? r.topic },
          { head: 'Asked', cell: (r) => dateTime(r.requested_at), wide: true },
          { head: 'State', cell: (r) => (r.done_at ? <State of="done" /> : <State of="waiting" />) },
          { head: 'Due', cell: (r) => (r.done_at ? `done ${dateTime(r.done_at)}` : <Deadline at={r.due_at} then="the law’s deadline" />), wide: true },
          { head: 'Note', cell: (r) => r.note || '–', wide: true },
          {
            head: 'Answer',
            right: true,
            cell: (r) =>
              r.has_report ? (
                <Button size="compact-xs" variant="subtle" onClick={() => { setFailed(undefined); download(`/api/v1/privacy-requests/${r.id}/report`, `${r.id}.json`).catch(setFailed); }}>
                  save
                </Button>
              ) : (
                '–'
              ),
          },
        ]}
      />
      <Ask
        title="About somebody’s data"
        act={topic === 'customers/redact' ? 'Forget them' : 'Gather it'}
        danger={topic === 'customers/redact'}
        opened={asking}
        onClose={() => setAsking(false)}
        doing={ask}
        ready={email.trim() !== '' || customer.trim() !== ''}
        onYes={() => ask.mutate(undefined, { onSuccess: () => { setAsking(false); setEmail(''); setCustomer(''); } })}
      >
        <SegmentedControl value={topic} onChange={(v) => setTopic(v as typeof topic)} aria-label="What" data={[{ value: 'customers/data_request', label: 'What is known' }, { value: 'customers/redact', label: 'Forget them' }]} />
        <TextInput label="E-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} error={at('email')} data-autofocus />
        <TextInput label="Customer number" description="The store’s, if you have it." value={customer} onChange={(e) => setCustomer(e.currentTarget.value)} error={at('customer_id')} />
        <Text size="sm">{topic === 'customers/redact' ? 'They are forgotten in orders, deliveries, leads and giveaways within minutes, for good. What was earned by them stays in the books, without them.' : 'What is kept of them is gathered within minutes, to be sent to them.'}</Text>
      </Ask>
    </Section>
  );
}
