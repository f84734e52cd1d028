import { Button, Card, CopyButton, Group, Image, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Loading, Section, State, Trouble } from '../../admin/ui';
import { api, sent, type Portal } from '../api';
import { Dialog } from '../Dialog';
import { useAgreements, useCodes, useDealNames, useDo, useLinks, useShop } from '../data';
import { Pages } from './Pages';

export function Links() {
  return (
    <Stack>
      <Title order={1}>Links and codes</Title>
      <NewLink />
      <AllLinks />
      <Codes />
      <Pages />
    </Stack>
  );
}

export function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="xs" variant="light" onClick={copy} aria-label={`Copy ${label}`}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      )}
    </CopyButton>
  );
}

// NewLink makes a link that leads to any page of the store.
function NewLink() {
  const agreements = useAgreements();
  const name = useDealNames();
  const signed = (agreements.data?.data ?? []).filter((a) => a.state === 'signed' || a.state === 'offered');
  const [chosen, setChosen] = useState('');
  const [to, setTo] = useState('');
  const [slug, setSlug] = useState('');
  const make = useDo(
    (shop, body: Portal['CreateLinkInBody']) => answered(api.POST('/portal/v1/shops/{shop}/links', { params: sent({ shop }), body })),
    () => {
      setTo('');
      setSlug('');
    },
  );
  if (signed.length === 0) return null;
  const agreement = chosen || signed[0]!.id;
  return (
    <Section title="Make a link">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          make.mutate({ agreement_id: agreement, destination: to || undefined, slug: slug || undefined });
        }}
      >
        <Stack gap="sm">
          {signed.length > 1 && (
            <NativeSelect label="Under" value={agreement} onChange={(e) => setChosen(e.currentTarget.value)} data={signed.map((a) => ({ value: a.id, label: name(a.id) }))} />
          )}
          <TextInput label="A page of the store" description="Paste its address; empty: the home page" placeholder="https://" inputMode="url" value={to} onChange={(e) => setTo(e.currentTarget.value)} />
          <TextInput label="Its name" description="What stands at the end of the link; empty: one is found" value={slug} onChange={(e) => setSlug(e.currentTarget.value)} />
          {make.error && <Trouble error={make.error} />}
          {make.data && (
            <Text role="status" size="sm">
              Made: {make.data.url}
            </Text>
          )}
          <Button type="submit" loading={make.isPending}>
            Make the link
          </Button>
        </Stack>
      </form>
    </Section>
  );
}

function AllLinks() {
  const links = useLinks();
  const name = useDealNames();
  return (
    <Section title="Your links">
      {links.isPending && <Loading rows={3} />}
      {links.error && <Trouble error={links.error} again={() => links.refetch()} />}
      {links.rows?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      <Stack gap="sm">
        {(links.rows ?? []).map((l) => (
          <OneLink key={l.id} of={l} deal={name(l.agreement_id)} />
        ))}
        {links.hasNextPage && (
          <Button variant="default" loading={links.isFetchingNextPage} onClick={() => links.fetchNextPage()}>
            Show more
          </Button>
        )}
      </Stack>
    </Section>
  );
}

function OneLink({ of: l, deal }: { of: Portal['Link']; deal: string }) {
  const shop = useShop().id;
  const [open, dialog] = useDisclosure();
  const qr = `/portal/v1/shops/${shop}/links/${l.id}/qr`;
  return (
    <Card padding="sm">
      <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
        {l.url}
      </Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {deal} · leads to {l.destination || 'the store'}
        {l.disabled_at && ' · switched off'}
      </Text>
      <Group gap="xs" mt="xs">
        <Copy value={l.url} label={l.url} />
        <Button size="xs" variant="light" onClick={dialog.open} aria-label={`QR code of ${l.url}`}>
          QR code
        </Button>
      </Group>
      <Dialog open={open} close={dialog.close} title="QR code">
        <Stack align="center">
          <Image src={`${qr}?format=svg`} alt={`QR code of ${l.url}`} w={260} h={260} bg="white" />
          <Group>
            <Button component="a" size="xs" variant="default" href={`${qr}?format=png&size=1024`} download={`${l.slug}.png`}>
              PNG
            </Button>
            <Button component="a" size="xs" variant="default" href={`${qr}?format=svg`} download={`${l.slug}.svg`}>
              SVG
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </Card>
  );
}

function Codes() {
  const codes = useCodes();
  const name = useDealNames();
  return (
    <Section title="Your codes">
      {codes.isPending && <Loading rows={2} />}
      {codes.error && <Trouble error={codes.error} again={() => codes.refetch()} />}
      {codes.rows?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet: the shop makes them.
        </Text>
      )}
      <Stack gap="xs">
        {(codes.rows ?? []).map((c) => (
          <Group key={c.id} justify="space-between" wrap="nowrap">
            <div>
              <Text fw={600} ff="monospace">
                {c.code} {c.valid_to && <State of="ended" />}
              </Text>
              <Text size="xs" c="dimmed">
                {name(c.agreement_id)}
              </Text>
            </div>
            <Copy value={c.code} label={c.code} />
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
