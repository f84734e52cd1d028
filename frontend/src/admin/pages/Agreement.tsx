import { Button, Code, Group, List, Modal, Spoiler, Stack, Table, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, type Schemas } from '../../shared/api';
import { differences } from '../../shared/diff';
import { dateTime } from '../../shared/format';
import { useAct, useAgreement, useNames, useSession } from '../data';
import { sentence, type Terms } from '../models';
import { Ask, Facts, Header, Help, Loading, say, Section, State, To, Trouble } from '../ui';
import { Copy } from './campaigns/Launch';
import { Examples, Simulator } from './campaigns/Try';

type Of = Schemas['Agreement'];
type VersionOf = Schemas['AgreementVersion'];

const steps = {
  offer: { title: 'Offer these terms for signing?', yes: 'Offer', done: 'Offered', danger: false },
  withdraw: { title: 'Take these terms back?', yes: 'Take back', done: 'Taken back', danger: true },
  decline: { title: 'Say that the influencer declined?', yes: 'Declined', done: 'Declined', danger: true },
} as const;

export function Agreement() {
  const { id = '' } = useParams();
  const found = useAgreement(id);
  const name = useNames();
  const [drafting, draft] = useDisclosure();
  const [signing, sign] = useDisclosure();
  const [asked, setAsked] = useState<keyof typeof steps>();
  const act = useAct(
    (what: keyof typeof steps, key) => {
      const o = { params: { path: { id } }, headers: { 'Idempotency-Key': key } };
      if (what === 'offer') return answered(api.POST('/api/v1/agreements/{id}/offer', o));
      return what === 'withdraw' ? answered(api.POST('/api/v1/agreements/{id}/withdraw', o)) : answered(api.POST('/api/v1/agreements/{id}/decline', o));
    },
    ['agreements'],
  );
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const a = found.data;
  const versions = [...(a.versions ?? [])].sort((x, y) => y.number - x.number);
  const newest = versions[0];
  const open = newest?.state === 'draft' || newest?.state === 'offered';
  return (
    <>
      <Header
        title={name(a.campaign_id)}
        note={
          <>
            with <To to={`/influencers/${a.influencer_id}`}>{name(a.influencer_id)}</To> · <To to={`/orders?influencer=${a.influencer_id}`}>orders</To> · <To to={`/codes?agreement=${a.id}`}>codes</To>
          </>
        }
      >
        <State of={a.state} />
        {newest?.state === 'draft' && (
          <Button size="xs" onClick={() => setAsked('offer')}>
            Offer
          </Button>
        )}
        {newest?.state === 'offered' && (
          <>
            <Button size="xs" onClick={sign.open}>
              Sign
            </Button>
            <Button size="xs" variant="default" onClick={() => setAsked('decline')}>
              Declined
            </Button>
          </>
        )}
        {open ? (
          <Button size="xs" variant="default" onClick={() => setAsked('withdraw')}>
            Take back
          </Button>
        ) : (
          <Button size="xs" variant="default" onClick={draft.open}>
            New terms
          </Button>
        )}
      </Header>
      {asked && (
        <Ask
          opened
          onClose={() => setAsked(undefined)}
          title={steps[asked].title}
          yes={steps[asked].yes}
          danger={steps[asked].danger}
          busy={act.isPending}
          error={act.error}
          onYes={() =>
            act.mutate(asked, {
              onSuccess: () => {
                say(steps[asked].done);
                setAsked(undefined);
              },
            })
          }
        >
          <Text size="sm">{asked === 'offer' ? 'From then on the draft cannot be changed, only signed, declined or taken back.' : 'What is signed and in force stays so.'}</Text>
        </Ask>
      )}
      <Modal opened={drafting} onClose={draft.close} title="New terms" centered size="xl">
        {drafting && newest && <NewTerms of={a} from={newest} onClose={draft.close} />}
      </Modal>
      <Modal opened={signing} onClose={sign.close} title="Sign the offer" centered>
        {signing && newest && <Sign of={a} version={newest} onClose={sign.close} />}
      </Modal>
      {versions.map((v, i) => (
        <Version key={v.id} of={v} before={versions[i + 1]} />
      ))}
    </>
  );
}

function Version({ of: v, before }: { of: VersionOf; before: VersionOf | undefined }) {
  const terms = v.terms as Terms;
  const changed = before ? differences(before.terms, v.terms) : [];
  return (
    <Section title={`Version ${v.number}`} right={<State of={v.state} />}>
      <Stack gap="md">
        <List size="sm">
          {(terms.components ?? []).map((c) => (
            <List.Item key={c.id}>{sentence(c, terms.currency)}</List.Item>
          ))}
        </List>
        <Facts
          of={[
            ['In force from', dateTime(v.effective_from)],
            ['Until', v.effective_to ? dateTime(v.effective_to) : v.effective_from ? 'no end' : '–'],
            ...(v.signatures ?? []).map((s): [string, string] => [`Signed for the ${s.party}`, `${s.signer}, ${s.email}, ${dateTime(s.signed_at)}, by ${s.method} from ${s.ip}`]),
          ]}
        />
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Text size="xs" c="dimmed">
            <Help of="SHA-256 of the terms in the one form of RFC 8785. Both sides sign it, and it stands on every commission.">Hash</Help>
          </Text>
          <Text size="xs" component="div">
            <Copy value={v.hash} />
          </Text>
        </Group>
        {before && (
          <div>
            <Text size="sm" fw={600} mb={4}>
              What changed since version {before.number}
            </Text>
            {changed.length === 0 ? (
              <Text size="sm" c="dimmed">
                Nothing.
              </Text>
            ) : (
              <Table aria-label={`Changes of version ${v.number}`}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Where</Table.Th>
                    <Table.Th>Was</Table.Th>
                    <Table.Th>Is</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {changed.map((d) => (
                    <Table.Tr key={d.path}>
                      <Table.Td ff="monospace" fz="xs" style={{ overflowWrap: 'anywhere' }}>
                        {d.path}
                      </Table.Td>
                      <Table.Td style={{ overflowWrap: 'anywhere' }}>{d.was ?? <i>nothing</i>}</Table.Td>
                      <Table.Td style={{ overflowWrap: 'anywhere' }}>{d.is ?? <i>nothing</i>}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </div>
        )}
        <Spoiler maxHeight={0} showLabel="Show the document" hideLabel="Hide the document">
          <Code block fz="xs" tabIndex={0} aria-label={`Terms of version ${v.number}`} style={{ maxHeight: 420, overflow: 'auto' }}>
            {JSON.stringify(v.terms, null, 2)}
          </Code>
        </Spoiler>
      </Stack>
    </Section>
  );
}

function parsed(text: string): Terms | null {
  try {
    return JSON.parse(text) as Terms;
  } catch {
    return null;
  }
}

// NewTerms drafts the next version from the last one. What is signed stays in
// force until the new one is signed, and a change never reaches back.
function NewTerms({ of, from, onClose }: { of: Of; from: VersionOf; onClose: () => void }) {
  const [text, setText] = useState(JSON.stringify(from.terms, null, 2));
  const [tried, setTried] = useState<Terms>();
  const terms = parsed(text);
  const save = useAct((t: Terms, key) => answered(api.POST('/api/v1/agreements/{id}/versions', { params: { path: { id: of.id } }, body: { terms: t }, headers: { 'Idempotency-Key': key } })), ['agreements']);
  const changed = terms ? differences(from.terms, terms) : [];
  return (
    <Stack>
      <Text size="sm">What is signed stays in force until both sides have signed these, and nothing that was earned before changes.</Text>
      <Textarea label="Terms" value={text} onChange={(e) => setText(e.currentTarget.value)} autosize minRows={10} maxRows={20} error={terms ? undefined : 'This is not JSON.'} styles={{ input: { fontFamily: 'monospace', fontSize: 12 } }} spellCheck={false} />
      <Text size="sm" c="dimmed">
        {changed.length} {changed.length === 1 ? 'change' : 'changes'}
        {changed.length > 0 && `: ${changed.map((d) => d.path).join(', ')}`}
      </Text>
      {tried && (
        <>
          <Examples terms={tried} />
          <Simulator terms={tried} />
        </>
      )}
      {save.error && <Trouble error={save.error} />}
      <Group justify="flex-end">
        <Button variant="default" disabled={!terms} onClick={() => terms && setTried(terms)}>
          Try
        </Button>
        <Button
          disabled={!terms || changed.length === 0}
          loading={save.isPending}
          onClick={() =>
            terms &&
            save.mutate(terms, {
              onSuccess: () => {
                say('Drafted');
                onClose();
              },
            })
          }
        >
          Draft
        </Button>
      </Group>
    </Stack>
  );
}

function Sign({ of, version, onClose }: { of: Of; version: VersionOf; onClose: () => void }) {
  const session = useSession();
  const [signer, setSigner] = useState(session.data?.name ?? '');
  const [email, setEmail] = useState('');
  const save = useAct(
    (_: void, key) => answered(api.POST('/api/v1/agreements/{id}/sign', { params: { path: { id: of.id } }, body: { party: 'merchant', signer: signer.trim(), email: email.trim(), hash: version.hash }, headers: { 'Idempotency-Key': key } })),
    ['agreements'],
  );
  const terms = version.terms as Terms;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate(undefined, {
          onSuccess: () => {
            say('Signed');
            onClose();
          },
        });
      }}
    >
      <Stack>
        <List size="sm">
          {(terms.components ?? []).map((c) => (
            <List.Item key={c.id}>{sentence(c, terms.currency)}</List.Item>
          ))}
        </List>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {version.hash}
        </Text>
        <TextInput label="Your name" value={signer} onChange={(e) => setSigner(e.currentTarget.value)} required data-autofocus />
        <TextInput label="Your e-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} required />
        {save.error && <Trouble error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Sign for the shop
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
