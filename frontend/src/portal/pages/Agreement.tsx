import { Alert, Button, Checkbox, Code, Group, List, NativeSelect, Stack, Table, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered } from '../../shared/api';
import { Facts, Loading, Section, State, Trouble } from '../../admin/ui';
import { dateTime } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { Dialog } from '../Dialog';
import { useAgreement, useDealNames, useDo, useProposals, useShop } from '../data';
import { differences, inWords, numbers, withNumbers, type Terms } from '../terms';

export function Agreement() {
  const { id = '' } = useParams();
  const found = useAgreement(id);
  const name = useDealNames();
  const shop = useShop();
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const versions = [...(found.data.versions ?? [])].sort((a, b) => b.number - a.number);
  const newest = versions[0];
  if (!newest) return <Text>There is nothing to read yet.</Text>;
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>{name(id)}</Title>
        <State of={found.data.state} />
      </Group>
      <Text c="dimmed" size="sm">
        Between {shop.name} and {shop.influencer}
      </Text>
      <Version of={newest} />
      <Button component="a" variant="default" href={`/portal/v1/shops/${shop.id}/agreements/${id}/pdf`}>
        As PDF
      </Button>
      {newest.state === 'offered' && <Sign agreement={id} version={newest} />}
      <Proposals agreement={id} />
      {(newest.state === 'offered' || newest.state === 'signed') && <Counter agreement={id} version={newest} />}
      {versions.length > 1 && <Compare versions={versions} />}
    </Stack>
  );
}

function Version({ of: v }: { of: Portal['AgreementVersion'] }) {
  const [whole, { toggle }] = useDisclosure();
  const said = inWords(v.terms as Terms);
  return (
    <Section title={`Version ${v.number}`} right={<State of={v.state} />}>
      <Stack gap="sm">
        <Text fw={600}>What you are paid</Text>
        <List size="sm" spacing={4}>
          {said.pay.map((p) => (
            <List.Item key={p}>{p}</List.Item>
          ))}
        </List>
        <Text fw={600}>What holds besides</Text>
        <List size="sm" spacing={4}>
          {said.rules.map((p) => (
            <List.Item key={p}>{p}</List.Item>
          ))}
        </List>
        <Facts
          of={[
            ['In force from', v.effective_from ? dateTime(v.effective_from) : 'not yet'],
            ...(v.effective_to ? [['Until', dateTime(v.effective_to)] as [string, string]] : []),
            ...(v.signatures ?? []).map((s): [string, string] => [s.party === 'influencer' ? 'You signed' : 'The shop signed', `${s.signer}, ${dateTime(s.signed_at)}`]),
          ]}
        />
        <div>
          <Text size="xs" c="dimmed">
            Hash of the terms
          </Text>
          <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }} data-testid="hash">
            {v.hash}
          </Text>
        </div>
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={whole}>
          {whole ? 'Hide the document' : 'The document word by word'}
        </Button>
        {whole && (
          <Code block fz="xs" tabIndex={0} aria-label={`Terms of version ${v.number}`} style={{ maxHeight: 420, overflow: 'auto' }}>
            {JSON.stringify(v.terms, null, 2)}
          </Code>
        )}
      </Stack>
    </Section>
  );
}

function Sign({ agreement, version }: { agreement: string; version: Portal['AgreementVersion'] }) {
  const [signer, setSigner] = useState('');
  const [consent, setConsent] = useState(false);
  const [sure, dialog] = useDisclosure();
  const sign = useDo((shop, body: Portal['SignMineInBody']) => answered(api.POST('/portal/v1/shops/{shop}/agreements/{id}/sign', { params: sent({ shop, id: agreement }), body })));
  const decline = useDo((shop, _: void) => answered(api.POST('/portal/v1/shops/{shop}/agreements/{id}/decline', { params: sent({ shop, id: agreement }) })), dialog.close);
  return (
    <Section title="Sign it">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          sign.mutate({ signer, consent, hash: version.hash });
        }}
      >
        <Stack gap="sm">
          <TextInput label="Your name, typed" autoComplete="name" required value={signer} onChange={(e) => setSigner(e.currentTarget.value)} />
          <Checkbox label="I have read the terms and want to be bound by them" checked={consent} onChange={(e) => setConsent(e.currentTarget.checked)} />
          <Text size="xs" c="dimmed">
            You sign version {version.number} with the hash above. A copy as PDF stays here.
          </Text>
          {sign.error && <Trouble error={sign.error} />}
          <Group grow>
            <Button type="submit" loading={sign.isPending} disabled={!signer || !consent}>
              Sign
            </Button>
            <Button variant="default" onClick={dialog.open}>
              Decline
            </Button>
          </Group>
        </Stack>
      </form>
      <Dialog open={sure} close={dialog.close} title="Decline the offer?">
        <Stack>
          <Text size="sm">The shop is told. What you signed before stays in force. It can offer again.</Text>
          {decline.error && <Trouble error={decline.error} />}
          <Button color="red" loading={decline.isPending} onClick={() => decline.mutate()}>
            Decline
          </Button>
        </Stack>
      </Dialog>
    </Section>
  );
}

// Counter proposes other figures. The shop takes them over into a new version, or
// says why not.
function Counter({ agreement, version }: { agreement: string; version: Portal['AgreementVersion'] }) {
  const terms = version.terms as Terms;
  const [open, { toggle, close }] = useDisclosure();
  const [changed, setChanged] = useState(new Map<string, string>());
  const [text, setText] = useState('');
  const send = useDo(
    (shop, body: Portal['ProposeInBody']) => answered(api.POST('/portal/v1/shops/{shop}/agreements/{id}/proposals', { params: sent({ shop, id: agreement }), body })),
    () => {
      close();
      setChanged(new Map());
      setText('');
    },
  );
  if (!open)
    return (
      <Button variant="subtle" onClick={toggle}>
        Propose other terms
      </Button>
    );
  return (
    <Section title="Propose other terms">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          send.mutate({ terms: withNumbers(terms, changed) as never, text });
        }}
      >
        <Stack gap="sm">
          {numbers(terms).map((n) => {
            const key = n.path.join('.');
            return (
              <TextInput
                key={key}
                label={n.label}
                inputMode="decimal"
                value={changed.get(key) ?? n.value}
                onChange={(e) => setChanged(new Map(changed).set(key, e.currentTarget.value.replace(',', '.')))}
              />
            );
          })}
          <Textarea label="Why, or what else" required minRows={3} autosize value={text} onChange={(e) => setText(e.currentTarget.value)} />
          {send.error && <Trouble error={send.error} />}
          <Group grow>
            <Button type="submit" loading={send.isPending}>
              Send to the shop
            </Button>
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function Proposals({ agreement }: { agreement: string }) {
  const list = useProposals(agreement);
  const rows = list.data?.data ?? [];
  if (list.error) return <Trouble error={list.error} again={() => list.refetch()} />;
  if (rows.length === 0) return null;
  return (
    <Section title="What you proposed">
      <Stack gap="sm">
        {rows.map((p) => (
          <div key={p.id}>
            <Group justify="space-between">
              <Text size="sm" fw={600}>
                {dateTime(p.created_at)}, about version {p.version}
              </Text>
              <State of={p.state} />
            </Group>
            <Text size="sm">{p.text}</Text>
            {p.reason && (
              <Alert color="gray" variant="light" mt={4} p="xs" title="The shop’s answer">
                {p.reason}
              </Alert>
            )}
          </div>
        ))}
      </Stack>
    </Section>
  );
}

function Compare({ versions }: { versions: Portal['AgreementVersion'][] }) {
  const [before, setBefore] = useState(versions[1]!.number);
  const [after, setAfter] = useState(versions[0]!.number);
  const terms = (n: number) => versions.find((v) => v.number === n)?.terms;
  const rows = differences(terms(before), terms(after));
  const data = versions.map((v) => ({ value: String(v.number), label: `Version ${v.number}` }));
  return (
    <Section title="What has changed">
      <Group grow mb="sm">
        <NativeSelect label="From" value={String(before)} onChange={(e) => setBefore(Number(e.currentTarget.value))} data={data} />
        <NativeSelect label="To" value={String(after)} onChange={(e) => setAfter(Number(e.currentTarget.value))} data={data} />
      </Group>
      {rows.length === 0 ? (
        <Text size="sm">Nothing.</Text>
      ) : (
        <Table data-testid="differences">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th>Before</Table.Th>
              <Table.Th>After</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((d) => (
              <Table.Tr key={d.path}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{d.path}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{d.before}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{d.after}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
