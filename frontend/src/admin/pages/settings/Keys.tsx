import { Alert, Button, Modal, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { date } from '../../../shared/format';
import { usePages, useSession } from '../../data';
import { List } from '../../listing';
import { Ask, Copied, Do, fieldsOf, useAct } from '../../parts';
import { Section, State } from '../../ui';

type Key = Schemas['APIKey'];

// Keys are what programs, and people without a store's admin, come in by.
export function Keys() {
  const found = usePages(['api-keys'], () => answered(api.GET('/api/v1/api-keys')));
  const me = useSession().data?.actor;
  const [making, setMaking] = useState(false);
  const [name, setName] = useState('');
  const [scope, setScope] = useState('read');
  const [made, setMade] = useState<Schemas['MadeAPIKey']>();
  const [ending, setEnding] = useState<Key>();
  const make = useAct(() => answered(api.POST('/api/v1/api-keys', { body: { name: name.trim(), scope } })), 'api-keys');
  const end = useAct((_: void, headers) => answered(api.POST('/api/v1/api-keys/{id}/revoke', { params: { path: { id: ending!.id } }, headers })), 'api-keys');
  const at = fieldsOf(make.error);
  return (
    <Section title="API keys" right={<Do onClick={() => setMaking(true)}>Make a key</Do>}>
      <Text size="sm" mb="sm">
        A key opens this shop’s data to a program, or to a person without the store’s admin. One that may look cannot change anything.
      </Text>
      <List<Key>
        of={found}
        label="API keys"
        id={(k) => k.id}
        empty="There is no key."
        columns={[
          { head: 'For', cell: (k) => <>{k.name}{me === `key ${k.name}` && ' (this one)'}</> },
          { head: 'Key', cell: (k) => k.id, wide: true },
          { head: 'May', cell: (k) => (k.scope === 'write' ? 'look and change' : 'look') },
          { head: 'Made', cell: (k) => date(k.created_at), wide: true },
          { head: 'End', right: true, cell: (k) => (k.revoked_at ? <State of="void" label={`ended ${date(k.revoked_at)}`} /> : <Button size="compact-xs" variant="subtle" color="red" onClick={() => setEnding(k)} aria-label={`End the key for ${k.name}`}>end</Button>) },
        ]}
      />
      <Ask
        title="Make a key"
        act="Make it"
        opened={making}
        onClose={() => setMaking(false)}
        doing={make}
        ready={name.trim() !== ''}
        onYes={() =>
          make.mutate(undefined, {
            onSuccess: (k) => {
              setMaking(false);
              setName('');
              setMade(k);
            },
          })
        }
      >
        <TextInput label="What it is for" value={name} onChange={(e) => setName(e.currentTarget.value)} maxLength={100} error={at('name')} data-autofocus />
        <Radio.Group label="It may" value={scope} onChange={setScope} error={at('scope')}>
          <Stack gap={6} mt={4}>
            <Radio value="read" label="look" description="Lists, figures, reports." />
            <Radio value="write" label="look and change" description="Everything you can do here, payouts and keys too." />
          </Stack>
        </Radio.Group>
      </Ask>
      <Modal opened={made !== undefined} onClose={() => { setMade(undefined); make.reset(); }} title="The key, this once" centered closeOnClickOutside={false} closeOnEscape={false}>
        <Stack>
          <Alert color="yellow" variant="light">
            Copy it now. Only its hash is stored: nobody can show it again.
          </Alert>
          {made && <Copied value={made.key} label="the key" />}
          <Button onClick={() => { setMade(undefined); make.reset(); }}>I have it</Button>
        </Stack>
      </Modal>
      <Ask title={`End the key for ${ending?.name ?? ''}?`} act="End it" danger opened={ending !== undefined} onClose={() => setEnding(undefined)} doing={end} onYes={() => end.mutate(undefined, { onSuccess: () => setEnding(undefined) })}>
        <Text size="sm">Whoever uses it is shut out within 15 seconds{ending && me === `key ${ending.name}` ? ', and that is you: this is the key you are here by' : ''}. It cannot be taken back.</Text>
      </Ask>
    </Section>
  );
}
