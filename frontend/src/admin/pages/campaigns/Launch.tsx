import { Anchor, Button, Checkbox, CopyButton, Group, List, Loader, MultiSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { useInfluencers } from '../../data';
import { goals, sentence, type Terms } from '../../models';
import { say, Section, To, Trouble } from '../../ui';
import { slug } from '../influencers/PersonForm';
import type { Draft } from './Wizard';

export type Made = { campaign: string; people: { id: string; name: string; agreement: string; code?: string; link?: string }[] };
type Done = { what: string; failed?: unknown };

// Launch makes everything, one thing after the other. Each is asked for under a
// key of the draft, so that trying again goes on where it ended.
export function Launch({ draft, terms, session, onDone }: { draft: Draft; terms: Terms; session: Schemas['Session']; onDone: (made: Made, agreed: boolean) => void }) {
  const client = useQueryClient();
  const [search, setSearch] = useState('');
  const [typed] = useDebouncedValue(search.trim(), 300);
  const found = useInfluencers(typed);
  const known = useRef(new Map<string, Schemas['Influencer']>());
  for (const i of found.rows ?? []) known.current.set(i.id, i);
  const [people, setPeople] = useState<string[]>([]);
  const [person, setPerson] = useState({ name: '', email: '' });
  const [pattern, setPattern] = useState('{HANDLE}{PERCENT}');
  const [off, setOff] = useState('10');
  const [link, setLink] = useState(true);
  const [signer, setSigner] = useState({ name: session.name ?? '', email: '' });
  const [agreed, setAgreed] = useState(false);
  const [log, setLog] = useState<Done[]>([]);
  const [busy, setBusy] = useState(false);

  const run = async () => {
    setBusy(true);
    setLog([]);
    let what = '';
    const step = async <T,>(name: string, f: () => Promise<T>): Promise<T> => {
      what = name;
      const r = await f();
      setLog((old) => [...old, { what: name }]);
      return r;
    };
    const key = (of: string) => ({ 'Idempotency-Key': `${draft.key}:${of}` });
    try {
      const chosen = people.flatMap((id) => known.current.get(id) ?? []);
      if (person.name.trim()) {
        const handle = slug(person.name);
        chosen.push(await step(`${person.name.trim()} added`, () => answered(api.POST('/api/v1/influencers', { body: { name: person.name.trim(), email: person.email.trim(), handle }, headers: key(`person-${handle}-${person.email}`) }))));
      }
      const goal = goals.find((g) => g.key === draft.goal)?.title ?? '';
      const campaign = await step(`Campaign “${draft.name.trim()}” made`, () => answered(api.POST('/api/v1/campaigns', { body: { name: draft.name.trim(), goal, state: 'active' }, headers: key('campaign') })));
      const out: Made = { campaign: campaign.id, people: [] };
      const hashed = await hash(JSON.stringify(terms));
      for (const i of chosen) {
        const who = i.name || i.handle;
        const own = `${i.id}-${hashed}`;
        const a = await step(`Agreement with ${who} drafted`, () => answered(api.POST('/api/v1/agreements', { body: { influencer_id: i.id, campaign_id: campaign.id, terms }, headers: key(`agreement-${own}`) })));
        const path = { id: a.id };
        const version = a.versions?.at(-1);
        await step(`Offered to ${who}`, () => answered(api.POST('/api/v1/agreements/{id}/offer', { params: { path }, headers: key(`offer-${own}`) })));
        const sign = (party: 'merchant' | 'influencer', name: string, email: string) =>
          answered(api.POST('/api/v1/agreements/{id}/sign', { params: { path }, body: { party, signer: name, email, hash: version?.hash ?? '' }, headers: key(`sign-${party}-${own}-${email}`) }));
        await step('Signed for the shop', () => sign('merchant', signer.name.trim(), signer.email.trim()));
        if (agreed) await step(`The word of ${who} recorded`, () => sign('influencer', who, i.email));
        const entry: Made['people'][number] = { id: i.id, name: who, agreement: a.id };
        let code: string | undefined;
        if (off.trim()) {
          const d = await step(`Code of ${who} on its way to the store`, () =>
            answered(api.POST('/api/v1/discounts', { body: { agreement_id: a.id, pattern, terms: { kind: 'percent', percent: off.trim().replace(',', '.') } }, headers: key(`code-${own}-${pattern}-${off}`) })),
          );
          const codes = await answered(api.GET('/api/v1/discounts/{id}/codes', { params: { path: { id: d.id } } }));
          code = codes.data?.[0]?.id;
          entry.code = codes.data?.[0]?.code;
        }
        if (link) {
          const l = await step(`Link of ${who} made`, () => answered(api.POST('/api/v1/links', { body: { agreement_id: a.id, ...(code && { code_id: code }) }, headers: key(`link-${own}`) })));
          entry.link = l.url;
        }
        out.people.push(entry);
      }
      say('Launched');
      onDone(out, agreed);
    } catch (e) {
      setLog((old) => [...old, { what: what || 'It could not begin', failed: e }]);
    } finally {
      setBusy(false);
      await client.invalidateQueries();
    }
  };

  const somebody = people.length > 0 || (person.name.trim() !== '' && person.email.trim() !== '');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void run();
      }}
    >
      <Stack>
        <Section title="With whom?">
          <Stack>
            <MultiSelect
              label="Influencers"
              placeholder="Name or handle"
              data={[...known.current.values()].map((i) => ({ value: i.id, label: i.name || i.handle }))}
              value={people}
              onChange={setPeople}
              searchable
              searchValue={search}
              onSearchChange={setSearch}
              hidePickedOptions
              nothingFoundMessage="Nobody has that name"
            />
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label="Or somebody new: name" value={person.name} onChange={(e) => setPerson({ ...person, name: e.currentTarget.value })} />
              <TextInput label="E-mail" type="email" value={person.email} required={person.name.trim() !== ''} onChange={(e) => setPerson({ ...person, email: e.currentTarget.value })} />
            </SimpleGrid>
          </Stack>
        </Section>
        <Section title="Codes and links">
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <TextInput label="Pattern of the codes" value={pattern} onChange={(e) => setPattern(e.currentTarget.value)} description="{NAME}, {HANDLE} and {PERCENT} are filled in" />
            <TextInput label="Off for the buyer, %" inputMode="decimal" value={off} onChange={(e) => setOff(e.currentTarget.value)} description="Empty: no code" />
            <Checkbox label="A link for each" checked={link} onChange={(e) => setLink(e.currentTarget.checked)} description="Applies the code on the way" mt={{ sm: 26 }} />
          </SimpleGrid>
        </Section>
        <Section title="Signing">
          <Stack>
            <List size="sm">
              {terms.components.map((c) => (
                <List.Item key={c.id}>{sentence(c, terms.currency)}</List.Item>
              ))}
            </List>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label="Signed for the shop by" value={signer.name} onChange={(e) => setSigner({ ...signer, name: e.currentTarget.value })} required />
              <TextInput label="E-mail of who signs" type="email" value={signer.email} onChange={(e) => setSigner({ ...signer, email: e.currentTarget.value })} required />
            </SimpleGrid>
            <Checkbox label="They have agreed to these terms already; record that" checked={agreed} onChange={(e) => setAgreed(e.currentTarget.checked)} description="Else each reads and signs in the portal, and earns from then on." />
          </Stack>
        </Section>
        {log.length > 0 && (
          <List size="sm" spacing={4} aria-live="polite" aria-label="Progress">
            {log.map((l, i) => (
              <List.Item key={i} icon={<span aria-hidden>{l.failed ? '✕' : '✓'}</span>}>
                {l.failed ? `${l.what}: failed` : l.what}
              </List.Item>
            ))}
            {busy && <List.Item icon={<Loader size={12} />}>working …</List.Item>}
          </List>
        )}
        {log.some((l) => l.failed) && <Trouble error={log.find((l) => l.failed)?.failed} />}
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={!somebody}>
            Launch the campaign
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

async function hash(text: string): Promise<string> {
  const b = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...b.slice(0, 8)].map((x) => x.toString(16).padStart(2, '0')).join('');
}

export function Launched({ of, agreed }: { of: Made; agreed: boolean }) {
  return (
    <Section title="It is launched">
      <Stack data-testid="launched">
        <Text size="sm">{agreed ? 'The terms are in force, and every order from now on counts.' : 'Each influencer has to sign in the portal; orders count from then on.'}</Text>
        {of.people.map((p) => (
          <Group key={p.id} justify="space-between">
            <Text size="sm">
              <To to={`/influencers/${p.id}`}>{p.name}</To> · <To to={`/agreements/${p.agreement}`}>agreement</To>
            </Text>
            <Group gap="sm">
              {p.code && <Copy value={p.code} />}
              {p.link && <Copy value={p.link} />}
            </Group>
          </Group>
        ))}
        <Text size="sm">
          <To to="/codes">Codes and links</To> · <To to="/landing-pages">Make a landing page</To> · <To to="/">Home</To>
        </Text>
      </Stack>
    </Section>
  );
}

export function Copy({ value }: { value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Anchor component="button" type="button" size="sm" ff="monospace" onClick={copy} title="Copy" style={{ overflowWrap: 'anywhere', textAlign: 'left' }}>
          {copied ? 'copied' : value}
        </Anchor>
      )}
    </CopyButton>
  );
}
