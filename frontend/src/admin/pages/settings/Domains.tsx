import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { usePages } from '../../data';
import { List } from '../../listing';
import { Ask, Copied, Do, fieldsOf, useAct } from '../../parts';
import { Section, State, Trouble } from '../../ui';

type Domain = Schemas['Domain'];

const purposes = [
  { value: 'links', label: 'for links and pages: it points to this server' },
  { value: 'store', label: 'of the store: links may lead there' },
];

export function Domains() {
  const found = usePages(['domains'], () => answered(api.GET('/api/v1/domains')));
  const [adding, setAdding] = useState(false);
  const [host, setHost] = useState('');
  const [purpose, setPurpose] = useState('links');
  const [proving, setProving] = useState<string>();
  const [going, setGoing] = useState<Domain>();
  const add = useAct((_: void, headers) => answered(api.POST('/api/v1/domains', { body: { host: host.trim(), purpose }, headers })), 'domains');
  const check = useAct((id: string, headers) => answered(api.POST('/api/v1/domains/{id}/check', { params: { path: { id } }, headers })), 'domains');
  const remove = useAct((_: void, headers) => answered(api.POST('/api/v1/domains/{id}/remove', { params: { path: { id: going!.id } }, headers })), 'domains');
  const at = fieldsOf(add.error);
  const shown = (found.rows ?? []).find((d) => d.id === proving);
  return (
    <Section title="Domains" right={<Do onClick={() => setAdding(true)}>Add a domain</Do>}>
      <Text size="sm" mb="sm">
        Links and pages under a name of your own, and the names your store is reached by. Each has to be proven: else anybody could say it is theirs.
      </Text>
      <List<Domain>
        of={found}
        label="Domains"
        id={(d) => d.id}
        empty="There is none: links and pages are under this server’s own name."
        columns={[
          { head: 'Domain', cell: (d) => d.host },
          { head: 'Is', cell: (d) => (d.purpose === 'links' ? 'for links and pages' : 'of the store'), wide: true },
          { head: 'State', cell: (d) => <State of={d.verified ? 'active' : 'pending'} label={d.verified ? 'proven' : 'to be proven'} /> },
          { head: 'Last look', cell: (d) => (d.problem ? `${dateTime(d.checked_at)}: ${d.problem}` : dateTime(d.checked_at)), wide: true },
          {
            head: 'Do',
            right: true,
            cell: (d) => (
              <Group gap={4} justify="flex-end" wrap="nowrap">
                {!d.verified && <Button size="compact-xs" variant="subtle" onClick={() => setProving(d.id)}>prove</Button>}
                <Button size="compact-xs" variant="subtle" color="red" onClick={() => setGoing(d)} aria-label={`Take ${d.host} away`}>take away</Button>
              </Group>
            ),
          },
        ]}
      />
      <Ask title="Add a domain" act="Add" opened={adding} onClose={() => setAdding(false)} doing={add} ready={host.trim() !== ''} onYes={() => add.mutate(undefined, { onSuccess: (d) => { setAdding(false); setHost(''); setProving(d.id); } })}>
        <TextInput label="Domain" placeholder="go.example.com" value={host} onChange={(e) => setHost(e.currentTarget.value)} error={at('host')} data-autofocus />
        <Select label="It is" data={purposes} value={purpose} onChange={(v) => setPurpose(v!)} allowDeselect={false} error={at('purpose')} />
      </Ask>
      <Modal opened={shown !== undefined} onClose={() => setProving(undefined)} title={`Prove ${shown?.host ?? ''}`} centered size="lg">
        {shown && (
          <Stack>
            {shown.verified ? (
              <Text size="sm" role="status">
                It is proven.
              </Text>
            ) : (
              <>
                <Text size="sm">Put this text record into the domain’s DNS:</Text>
                <Copied value={shown.txt_name} label="the record’s name" />
                <Copied value={shown.txt_value} label="the record’s text" />
                <Text size="sm">Or let this address answer with the token; a domain that points to this server does so by itself:</Text>
                <Copied value={shown.url} label="the address" />
                <Copied value={shown.token} label="the token" />
                {shown.problem && (
                  <Text size="sm" c="red.7" role="status">
                    {shown.problem}
                  </Text>
                )}
              </>
            )}
            {check.error && <Trouble error={check.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setProving(undefined)}>
                Close
              </Button>
              {!shown.verified && (
                <Do size="sm" loading={check.isPending} onClick={() => check.mutate(shown.id)}>
                  Look now
                </Do>
              )}
            </Group>
          </Stack>
        )}
      </Modal>
      <Ask title={`Take ${going?.host ?? ''} away?`} act="Take it away" danger opened={going !== undefined} onClose={() => setGoing(undefined)} doing={remove} onYes={() => remove.mutate(undefined, { onSuccess: () => setGoing(undefined) })}>
        <Text size="sm">{going?.purpose === 'links' ? 'Links and pages under it lead nowhere any more, printed ones too.' : 'New links cannot lead there any more.'}</Text>
      </Ask>
    </Section>
  );
}
