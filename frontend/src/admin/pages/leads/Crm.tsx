import { Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { Copied, Do, fieldsOf, useAct } from '../../parts';
import { Loading, Section, Trouble } from '../../ui';

type CRM = Schemas['CRM'];

// Crm lets stage changes in a CRM decide about leads.
export function Crm() {
  const found = useQuery({ queryKey: ['lead-crm'], queryFn: () => answered(api.GET('/api/v1/lead-crm')) });
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  return <Form key={found.data.updated_at ?? ''} of={found.data} />;
}

function Form({ of }: { of: CRM }) {
  const [secret, setSecret] = useState('');
  const [mapping, setMapping] = useState(of.mapping);
  const stages = mapping.stages ?? [];
  const setStage = (i: number, part: Partial<Schemas['CRMStage']>) => setMapping({ ...mapping, stages: stages.map((s, k) => (k === i ? { ...s, ...part } : s)) });
  const saving = useAct((_: void, headers) => answered(api.PATCH('/api/v1/lead-crm', { body: { secret, mapping }, headers })), 'lead-crm');
  const at = fieldsOf(saving.error);
  return (
    <Section title="Stage changes from your CRM">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          saving.mutate();
        }}
      >
        <Stack gap="sm" maw={680}>
          <Text size="sm">When a contact reaches a stage in HubSpot, the lead with its mailbox or click is decided about. Events must be signed as HubSpot signs them (version 3).</Text>
          {of.url && (
            <div>
              <Text size="sm" fw={500}>
                Send the events to
              </Text>
              <Copied value={of.url} label="the webhook’s address" />
              <Text size="xs" c="dimmed">
                set {dateTime(of.updated_at)}
              </Text>
            </div>
          )}
          <PasswordInput label="Client secret" description={of.url ? 'Type it again to change anything: it is kept sealed and never shown.' : 'Of the CRM’s app. It is kept sealed and never shown.'} value={secret} onChange={(e) => setSecret(e.currentTarget.value)} required error={at('secret')} autoComplete="off" />
          <Group grow align="flex-start">
            <TextInput label="Property with the mailbox" value={mapping.email_property} onChange={(e) => setMapping({ ...mapping, email_property: e.currentTarget.value })} error={at('mapping.email_property')} />
            <TextInput label="Property with our click" value={mapping.click_property} onChange={(e) => setMapping({ ...mapping, click_property: e.currentTarget.value })} error={at('mapping.click_property')} />
          </Group>
          <Text size="sm" fw={500}>
            Stages that decide
          </Text>
          {stages.map((s, i) => (
            <Group key={i} align="flex-start" gap="xs">
              <TextInput size="xs" aria-label="Property" value={s.property} onChange={(e) => setStage(i, { property: e.currentTarget.value })} error={at(`mapping.stages[${i}].property`)} />
              <TextInput size="xs" aria-label="Value" value={s.value} onChange={(e) => setStage(i, { value: e.currentTarget.value })} error={at(`mapping.stages[${i}].value`)} />
              <Select size="xs" w={120} aria-label="Outcome" data={['qualified', 'rejected']} value={s.outcome} allowDeselect={false} onChange={(v) => setStage(i, { outcome: v! })} error={at(`mapping.stages[${i}].outcome`)} />
              <Button size="compact-sm" variant="subtle" color="red" onClick={() => setMapping({ ...mapping, stages: stages.filter((_, k) => k !== i) })} aria-label={`Remove stage ${i + 1}`}>
                ✕
              </Button>
            </Group>
          ))}
          {at('mapping.stages') && (
            <Text size="xs" c="red.7">
              Stages {at('mapping.stages')}
            </Text>
          )}
          <Group>
            <Button size="xs" variant="default" onClick={() => setMapping({ ...mapping, stages: [...stages, { property: 'lifecyclestage', value: '', outcome: 'qualified' }] })}>
              Add a stage
            </Button>
          </Group>
          {saving.error && <Trouble error={saving.error} />}
          <Group>
            <Do type="submit" loading={saving.isPending} disabled={secret === ''}>
              {of.url ? 'Change' : 'Let them in'}
            </Do>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
