import { Accordion, Alert, Badge, Box, Button, Grid, Group, Menu, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure, useHotkeys } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { answered, api, Refused, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { useNames } from '../../data';
import { Ask, Do, useAct, useMay } from '../../parts';
import { Header, Loading, Section as Card, To, Trouble } from '../../ui';
import { begin, blank, change, cleaned, kinds, mostSections, moved, palettes, problemAt, redo, schemes, troubles, undo, type Doc, type Image, type Kind, type Section } from './document';
import { ImageInput, SectionForm, type Problems } from './Fields';
import { Preview } from './Preview';

type Draft = Schemas['PageDraft'];

// Editor opens what somebody was writing, or else the newest version.
export function Editor() {
  const { id = '' } = useParams();
  // What is written changes under the editor's hand: it is asked for once.
  const from = useQuery({
    queryKey: ['writing', id],
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async (): Promise<{ page: Schemas['LandingPage']; document: unknown; draft?: Draft }> => {
      const page = await answered(api.GET('/api/v1/pages/{id}', { params: { path: { id } } }));
      if (page.draft_saved_at) {
        const draft = await answered(api.GET('/api/v1/pages/{id}/draft', { params: { path: { id } } }));
        return { page, document: draft.document, draft };
      }
      const v = await answered(api.GET('/api/v1/pages/{id}/versions/{number}', { params: { path: { id, number: page.versions } } }));
      return { page, document: v.document };
    },
  });
  if (from.error) return <Trouble error={from.error} again={() => from.refetch()} />;
  if (!from.data) return <Loading />;
  return <Writing key={id} page={from.data.page} document={from.data.document as Doc} draft={from.data.draft} />;
}

function Writing({ page, document: first, draft }: { page: Schemas['LandingPage']; document: Doc; draft?: Draft }) {
  const { id } = page;
  const go = useNavigate();
  const client = useQueryClient();
  const name = useNames();
  const may = useMay();
  const [history, setHistory] = useState(begin<Doc>(first));
  const [problems, setProblems] = useState<Problems>(draft?.problems ?? []);
  const [preview, setPreview] = useState(draft?.preview);
  const [open, setOpen] = useState<string | null>('0');
  const [removed, setRemoved] = useState<string>();
  const [saving, save] = useDisclosure();
  const [dropping, drop] = useDisclosure();
  const doc = history.now;
  const latest = useRef(doc);
  latest.current = doc;

  const keep = useAct(async (d: Doc, headers) => ({ d, draft: await answered(api.POST('/api/v1/pages/{id}/draft', { params: { path: { id } }, body: { document: cleaned(d) as never }, headers })) }));
  const tell = ({ d, draft }: { d: Doc; draft: Draft }) => {
    if (d !== latest.current) return; // a later one is under way
    setProblems(draft.problems ?? []);
    setPreview(draft.preview);
  };
  const keepSoon = useDebouncedCallback(() => may && keep.mutate(latest.current, { onSuccess: tell }), 500);
  // A version is shown until something is written.
  const look = useAct((_: void, headers) => answered(api.POST('/api/v1/pages/{id}/preview', { params: { path: { id } }, body: {}, headers })));
  useEffect(() => {
    if (!draft && may) look.mutate(undefined, { onSuccess: (p) => setPreview((now) => now ?? p.url) });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const set = (next: Doc, tag: string) => {
    setHistory((h) => change(h, next, tag, Date.now()));
    keepSoon();
  };
  const back = (to: typeof undo<Doc>) => {
    setHistory((h) => to(h));
    setRemoved(undefined);
    keepSoon();
  };
  useHotkeys([
    ['mod+Z', () => back(undo)],
    ['mod+shift+Z', () => back(redo)],
    ['mod+S', () => save.open()],
  ]);
  const setSections = (sections: Section[], tag: string) => set({ ...doc, sections }, tag);
  const move = (i: number, by: number) => {
    setProblems([]); // they name sections by number
    setSections(moved(doc.sections, i, by), '');
    if (open === String(i)) setOpen(String(Math.max(0, Math.min(doc.sections.length - 1, i + by))));
  };
  const remove = (i: number) => {
    setProblems([]);
    setRemoved(kinds[doc.sections[i]!.type].label);
    setSections(
      doc.sections.filter((_, k) => k !== i),
      '',
    );
    setOpen(null);
  };
  const add = (kind: Kind) => {
    setSections([...doc.sections, blank(kind)], '');
    setOpen(String(doc.sections.length));
  };
  const note = keep.isPending ? 'saving…' : keep.error ? 'not saved' : keep.data ? `draft saved ${dateTime(keep.data.draft.saved_at)}` : draft ? `draft of ${dateTime(draft.saved_at)}` : `version ${page.versions}`;
  return (
    <>
      <Header
        title={`Write ${page.slug}`}
        note={
          <>
            for {name(page.agreement_id)} · <To to={`/landing-pages/${id}`}>back to the page</To>
          </>
        }
      >
        <Button size="xs" variant="default" disabled={history.past.length === 0} onClick={() => back(undo)} title="Ctrl Z">
          Undo
        </Button>
        <Button size="xs" variant="default" disabled={history.future.length === 0} onClick={() => back(redo)} title="Ctrl Shift Z">
          Redo
        </Button>
        {(draft || keep.data) && (
          <Button size="xs" variant="default" onClick={drop.open}>
            Discard the draft
          </Button>
        )}
        <Do onClick={save.open} disabled={problems.length > 0}>
          Save as version {page.versions + 1}
        </Do>
      </Header>
      {keep.error && <Trouble error={keep.error} again={() => keep.mutate(doc, { onSuccess: tell })} />}
      {removed && (
        <Alert mb="sm" color="gray" variant="light" role="status" withCloseButton onClose={() => setRemoved(undefined)} closeButtonLabel="Close">
          <Group gap="xs">
            <Text size="sm">“{removed}” was removed.</Text>
            <Button size="compact-xs" variant="default" onClick={() => back(undo)}>
              Undo
            </Button>
          </Group>
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Card title="Page">
            <Stack gap="sm">
              <TextInput size="xs" label="Title" description="In the browser’s tab and in search results." required value={doc.title} onChange={(e) => set({ ...doc, title: e.currentTarget.value }, 'title')} error={problemAt(problems, 'document.title')} />
              <Textarea size="xs" label="Description" description="Under the title in search results." autosize minRows={2} value={doc.description ?? ''} onChange={(e) => set({ ...doc, description: e.currentTarget.value }, 'description')} error={problemAt(problems, 'document.description')} />
              <Group grow align="flex-start">
                <Select size="xs" label="Colours" data={palettes} allowDeselect={false} value={doc.theme?.palette ?? palettes[0]} onChange={(v) => set({ ...doc, theme: { ...doc.theme, palette: v! } }, '')} error={problemAt(problems, 'document.theme.palette')} />
                <Select size="xs" label="Light or dark" data={schemes} allowDeselect={false} value={doc.theme?.scheme ?? 'auto'} onChange={(v) => set({ ...doc, theme: { ...doc.theme, scheme: v! } }, '')} error={problemAt(problems, 'document.theme.scheme')} />
                <TextInput size="xs" label="Language" placeholder="en" value={doc.lang ?? ''} onChange={(e) => set({ ...doc, lang: e.currentTarget.value }, 'lang')} error={problemAt(problems, 'document.lang')} />
              </Group>
              <ImageInput label="Picture when shared" value={doc.image} path="document.image" problems={problems} onChange={(v, tag) => set({ ...doc, image: v as Image }, tag)} />
            </Stack>
          </Card>
          <Card
            title="Sections"
            right={
              <Menu position="bottom-end" width={260}>
                <Menu.Target>
                  <Button size="xs" disabled={doc.sections.length >= mostSections}>
                    Add a section
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {(Object.keys(kinds) as Kind[]).map((k) => (
                    <Menu.Item key={k} onClick={() => add(k)} disabled={kinds[k].once && doc.sections.some((s) => s.type === k)}>
                      {kinds[k].label}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            }
          >
            {problemAt(problems, 'document.sections') && (
              <Text size="sm" c="red.7" mb="xs">
                Sections {problemAt(problems, 'document.sections')}
              </Text>
            )}
            <Accordion value={open} onChange={setOpen} variant="contained" chevronPosition="left">
              {doc.sections.map((s, i) => {
                const about = kinds[s.type];
                const wrong = troubles(problems, i);
                return (
                  <Accordion.Item key={i} value={String(i)}>
                    <Group wrap="nowrap" gap={4} pr={6}>
                      <Accordion.Control>
                        <Group gap={6}>
                          <Text size="sm" fw={500}>
                            {i + 1}. {about?.label ?? s.type}
                          </Text>
                          {typeof s.heading === 'string' && (
                            <Text size="xs" c="dimmed" truncate maw={160}>
                              {s.heading}
                            </Text>
                          )}
                          {wrong > 0 && (
                            <Badge size="xs" color="red" variant="light" tt="none">
                              {wrong} to correct
                            </Badge>
                          )}
                        </Group>
                      </Accordion.Control>
                      <Button size="compact-xs" variant="subtle" disabled={i === 0} onClick={() => move(i, -1)} aria-label={`Move section ${i + 1} up`}>
                        ↑
                      </Button>
                      <Button size="compact-xs" variant="subtle" disabled={i === doc.sections.length - 1} onClick={() => move(i, 1)} aria-label={`Move section ${i + 1} down`}>
                        ↓
                      </Button>
                      <Button size="compact-xs" variant="subtle" color="red" onClick={() => remove(i)} aria-label={`Remove section ${i + 1}`}>
                        ✕
                      </Button>
                    </Group>
                    <Accordion.Panel>{about && open === String(i) && <SectionForm of={s} about={about} path={`document.sections[${i}]`} problems={problems} onChange={(n, tag) => setSections(doc.sections.map((x, k) => (k === i ? n : x)), tag)} />}</Accordion.Panel>
                  </Accordion.Item>
                );
              })}
            </Accordion>
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Box style={{ position: 'sticky', top: 64 }}>
            <Preview url={preview} section={open === null ? undefined : Number(open)} note={note} />
          </Box>
        </Grid.Col>
      </Grid>
      <SaveVersion id={id} number={page.versions + 1} document={doc} opened={saving} onClose={save.close} onProblems={setProblems} />
      <Discard id={id} opened={dropping} onClose={drop.close} onDone={() => { void client.invalidateQueries({ queryKey: ['pages'] }); go(`/landing-pages/${id}`); }} />
    </>
  );
}

function SaveVersion({ id, number, document, opened, onClose, onProblems }: { id: string; number: number; document: Doc; opened: boolean; onClose: () => void; onProblems: (p: Problems) => void }) {
  const go = useNavigate();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const saving = useAct((_: void, headers) => answered(api.POST('/api/v1/pages/{id}/versions', { params: { path: { id } }, body: { document: cleaned(document) as never, note: note.trim() || undefined }, headers })));
  return (
    <Modal opened={opened} onClose={onClose} title={`Save as version ${number}`} centered>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          saving.mutate(undefined, {
            onSuccess: async () => {
              await client.invalidateQueries({ queryKey: ['pages'] });
              go(`/landing-pages/${id}`);
            },
            onError: (e) => {
              if (e instanceof Refused && e.fields.length > 0) onProblems(e.fields);
            },
          });
        }}
      >
        <Stack>
          <Text size="sm">A version never changes again. What visitors see stays as it is until you publish it.</Text>
          <TextInput label="What is new" value={note} onChange={(e) => setNote(e.currentTarget.value)} maxLength={500} data-autofocus />
          {saving.error && <Trouble error={saving.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Discard({ id, opened, onClose, onDone }: { id: string; opened: boolean; onClose: () => void; onDone: () => void }) {
  const dropping = useAct((_: void, headers) => answered(api.POST('/api/v1/pages/{id}/draft/discard', { params: { path: { id } }, headers })));
  return (
    <Ask title="Discard what was written?" act="Discard" danger opened={opened} onClose={onClose} doing={dropping} onYes={() => dropping.mutate(undefined, { onSuccess: onDone })}>
      <Text size="sm">Everything since the newest version is lost, also what a colleague wrote. Versions stay.</Text>
    </Ask>
  );
}
