import { Anchor, Tabs, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { date } from '../../shared/format';
import { useCodes, useLinks, useNames } from '../data';
import { Header, List, State, To } from '../ui';

export function Codes() {
  const [code, setCode] = useState('');
  const [typed] = useDebouncedValue(code.trim(), 300);
  const codes = useCodes({ code: typed || undefined });
  const links = useLinks({});
  const name = useNames();
  return (
    <>
      <Header title="Codes and links" note="What shoppers use, and whose it is" />
      <Tabs defaultValue="codes">
        <Tabs.List mb="md">
          <Tabs.Tab value="codes">Codes</Tabs.Tab>
          <Tabs.Tab value="links">Links</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="codes">
          <TextInput size="xs" maw={220} mb="md" placeholder="A code, in any spelling" aria-label="Code" value={code} onChange={(e) => setCode(e.currentTarget.value)} />
          <List
            of={codes}
            label="Codes"
            id={(c) => c.id}
            empty={typed ? 'Nobody has that code.' : 'There are no codes yet.'}
            columns={[
              { head: 'Code', cell: (c) => <Text span ff="monospace" size="sm">{c.code}</Text> },
              { head: 'Agreement with', cell: (c) => <To to={`/agreements/${c.agreement_id}`}>{name(c.agreement_id)}</To> },
              { head: 'From', cell: (c) => date(c.valid_from), wide: true },
              { head: 'Until', cell: (c) => (c.valid_to ? date(c.valid_to) : 'no end') },
              { head: 'In the store', cell: (c) => (c.in_store ? <State of={c.in_store} /> : 'made there'), wide: true },
            ]}
          />
        </Tabs.Panel>
        <Tabs.Panel value="links">
          <List
            of={links}
            label="Links"
            id={(l) => l.id}
            empty="There are no links yet."
            columns={[
              { head: 'Link', cell: (l) => <Anchor href={l.url} target="_blank" rel="noreferrer" size="sm">{l.slug}</Anchor> },
              { head: 'Agreement with', cell: (l) => <To to={`/agreements/${l.agreement_id}`}>{name(l.agreement_id)}</To> },
              { head: 'Leads to', cell: (l) => <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>{l.destination}</Text>, wide: true },
              { head: 'State', cell: (l) => <State of={l.disabled_at ? 'disabled' : 'active'} /> },
            ]}
          />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
