import { Anchor, Button, Card, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Loading, Section, State, Trouble } from '../../admin/ui';
import { words } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { useDo, usePage, usePagesOfMine } from '../data';
import { edited, wordsOf, type PageDocument } from '../words';
import { Copy } from './Links';

export function Pages() {
  const list = usePagesOfMine();
  return (
    <Section title="Your landing pages">
      {list.isPending && <Loading rows={2} />}
      {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
      {list.rows?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet: the shop makes them.
        </Text>
      )}
      <Stack gap="sm">
        {(list.rows ?? []).map((p) => (
          <OnePage key={p.id} of={p} />
        ))}
      </Stack>
    </Section>
  );
}

function OnePage({ of: p }: { of: Portal['LandingPage'] }) {
  const [open, { toggle, close }] = useDisclosure();
  return (
    <Card padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <Anchor href={p.url} size="sm" fw={600} truncate>
          {p.slug}
        </Anchor>
        <State of={p.state} />
      </Group>
      <Group gap="xs" mt="xs">
        <Copy value={p.url} label={p.url} />
        {p.influencer_edits !== 'none' && (
          <Button size="xs" variant="light" onClick={toggle} aria-expanded={open} aria-label={`Edit ${p.slug}`}>
            Edit texts and pictures
          </Button>
        )}
      </Group>
      {open && <Edit of={p} done={close} />}
    </Card>
  );
}

function Edit({ of: p, done }: { of: Portal['LandingPage']; done: () => void }) {
  const found = usePage(p.id, true);
  const [changed, setChanged] = useState(new Map<string, string>());
  const save = useDo((shop, document: PageDocument) => answered(api.POST('/portal/v1/shops/{shop}/pages/{id}/versions', { params: sent({ shop, id: p.id }), body: { document: document as never } })), done);
  const look = useDo(
    (shop, _: void) => answered(api.POST('/portal/v1/shops/{shop}/pages/{id}/preview', { params: sent({ shop, id: p.id }) })),
    (at_) => window.open(at_.url, '_blank', 'noopener'),
  );
  if (found.isPending) return <Loading rows={4} />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const document = found.data.document as unknown as PageDocument;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate(edited(document, changed));
      }}
    >
      <Stack gap="sm" mt="sm">
        {wordsOf(document).map((w) => {
          const key = w.path.join('.');
          const props = {
            label: w.label,
            value: changed.get(key) ?? w.value,
            onChange: (e: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => setChanged(new Map(changed).set(key, e.target.value)),
          };
          return w.long ? <Textarea key={key} autosize minRows={2} {...props} /> : <TextInput key={key} {...props} />;
        })}
        <Text size="xs" c="dimmed">
          {p.influencer_edits === 'publish' ? 'What you save is shown at once.' : 'The shop looks at what you save, and publishes it.'} Pictures are addresses on the shop’s own hosts.
        </Text>
        {save.error && <Trouble error={save.error} />}
        {look.error && <Trouble error={look.error} />}
        <Group grow>
          <Button type="submit" loading={save.isPending} disabled={changed.size === 0}>
            Save
          </Button>
          <Button variant="default" loading={look.isPending} onClick={() => look.mutate()}>
            Look at version {found.data.versions}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          {words(p.state)}
        </Text>
      </Stack>
    </form>
  );
}
