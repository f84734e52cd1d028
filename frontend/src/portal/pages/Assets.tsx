import { Anchor, Button, Card, FileInput, Group, Image, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Loading, Section, Trouble } from '../../admin/ui';
import { api, sent, upload, type Portal } from '../api';
import { useAssets, useDo, useShop } from '../data';

export function Assets() {
  const list = useAssets();
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState('');
  const add = useDo(
    async (shop, _: void) => {
      const r = await upload(`/portal/v1/shops/${shop}/assets?title=${encodeURIComponent(title)}`, file!);
      const body: unknown = await r.json().catch(() => ({}));
      return answered<Portal['Asset']>(Promise.resolve(r.ok ? { data: body as Portal['Asset'], response: r } : { error: body, response: r }));
    },
    () => {
      setFile(null);
      setTitle('');
    },
  );
  return (
    <Section title="Pictures">
      <Stack gap="sm">
        {list.isPending && <Loading rows={2} />}
        {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
        {list.rows?.length === 0 && (
          <Text size="sm" c="dimmed">
            None yet: the shop hands pictures to you here, and you to the shop.
          </Text>
        )}
        <SimpleGrid cols={2}>
          {(list.rows ?? []).map((a) => (
            <One key={a.id} of={a} />
          ))}
        </SimpleGrid>
        {list.hasNextPage && (
          <Button size="xs" variant="default" onClick={() => list.fetchNextPage()}>
            Show more
          </Button>
        )}
        <form
          onSubmit={(e) => {
            e.preventDefault();
            add.mutate();
          }}
        >
          <Stack gap="sm">
            <FileInput label="A picture of yours" description="JPEG or PNG, up to 8 MB" accept="image/jpeg,image/png" value={file} onChange={setFile} />
            <TextInput label="What it shows" required value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
            {add.error && <Trouble error={add.error} />}
            <Button type="submit" variant="light" loading={add.isPending} disabled={!file}>
              Hand it in
            </Button>
          </Stack>
        </form>
      </Stack>
    </Section>
  );
}

function One({ of: a }: { of: Portal['Asset'] }) {
  const shop = useShop().id;
  const drop = useDo((at, _: void) => answered(api.POST('/portal/v1/shops/{shop}/assets/{id}/delete', { params: sent({ shop: at, id: a.id }) })));
  const file = `/portal/v1/shops/${shop}/assets/${a.id}/file`;
  return (
    <Card padding="xs">
      <Image src={file} alt={a.title} h={120} fit="contain" />
      <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
        {a.title}, {a.width} × {a.height}
      </Text>
      <Group gap="xs" mt={4}>
        <Anchor size="xs" href={file} download={`${a.title}.${a.content_type === 'image/png' ? 'png' : 'jpg'}`} aria-label={`Save ${a.title}`}>
          Save
        </Anchor>
        {a.influencer_id && (
          <Button size="compact-xs" variant="default" loading={drop.isPending} onClick={() => drop.mutate()} aria-label={`Delete ${a.title}`}>
            Delete
          </Button>
        )}
      </Group>
      {drop.error && <Trouble error={drop.error} />}
    </Card>
  );
}
