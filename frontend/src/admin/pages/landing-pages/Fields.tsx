import { Box, Button, Group, NumberInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answered, api } from '../../../shared/api';
import { Clock } from '../../parts';
import { moved, problemAt, type About, type Field, type Image, type Item, type Section, type Value } from './document';

export type Problems = { field: string; message: string }[];

type InputOf = { of: Field; value: Value; path: string; problems: Problems; onChange: (v: Value, tag: string) => void };

// Input is one field of a section, with what the server says about it.
export function Input({ of, value, path, problems, onChange }: InputOf) {
  const at = `${path}.${of.name}`;
  const common = { label: of.label, description: of.help, error: problemAt(problems, at), required: of.required, size: 'xs' as const, withAsterisk: of.required };
  const text = typeof value === 'string' ? value : '';
  const set = (v: Value) => onChange(v, at);
  switch (of.input) {
    case 'text':
      return <Textarea {...common} value={text} onChange={(e) => set(e.currentTarget.value)} autosize minRows={2} maxRows={10} />;
    case 'number':
      return <NumberInput {...common} value={typeof value === 'number' ? value : ''} onChange={(v) => set(typeof v === 'number' ? v : undefined)} min={1} max={100} allowDecimal={false} />;
    case 'stars':
      return <Select {...common} placeholder="None given" clearable data={['5', '4', '3', '2', '1']} value={typeof value === 'number' ? String(value) : null} onChange={(v) => set(v ? Number(v) : undefined)} />;
    case 'clock':
      return <Clock label={of.label} required={of.required} value={text || undefined} onChange={(v) => set(v)} error={problemAt(problems, at)} />;
    case 'image':
      return <ImageInput label={of.label} value={value as Image | undefined} path={at} problems={problems} onChange={onChange} />;
    case 'form':
      return <FormPick {...common} value={text} onChange={set} />;
    case 'giveaway':
      return <GiveawayPick {...common} value={text} onChange={set} />;
    default:
      return <TextInput {...common} value={text} onChange={(e) => set(e.currentTarget.value)} type={of.input === 'link' ? 'url' : 'text'} inputMode={of.input === 'link' ? 'url' : undefined} />;
  }
}

export function ImageInput({ label, value, path, problems, onChange }: { label: string; value: Image | undefined; path: string; problems: Problems; onChange: (v: Value, tag: string) => void }) {
  return (
    <Group grow align="flex-start" gap="xs">
      <TextInput
        size="xs"
        label={label}
        description="An https address on your store."
        type="url"
        value={value?.url ?? ''}
        onChange={(e) => onChange({ ...value, url: e.currentTarget.value }, `${path}.url`)}
        error={problemAt(problems, `${path}.url`) ?? problemAt(problems, path)}
      />
      <TextInput
        size="xs"
        label="What it shows"
        description="For those who cannot see it; empty if it only decorates."
        value={value?.alt ?? ''}
        onChange={(e) => onChange({ url: value?.url ?? '', alt: e.currentTarget.value }, `${path}.alt`)}
        error={problemAt(problems, `${path}.alt`)}
      />
    </Group>
  );
}

type PickOf = { label: string; value: string; onChange: (v: string) => void; error?: string; size: 'xs' };

function FormPick({ value, onChange, ...rest }: PickOf) {
  const found = useQuery({ queryKey: ['lead-forms', 'pick'], queryFn: () => answered(api.GET('/api/v1/lead-forms', { params: { query: { limit: 200 } } })) });
  const data = (found.data?.data ?? []).map((f) => ({ value: f.public_id, label: f.title }));
  return <Select {...rest} data={data} value={value || null} onChange={(v) => onChange(v ?? '')} searchable placeholder={found.isPending ? 'Loading…' : data.length > 0 ? 'Choose a form' : 'There is no form yet: make one under Leads'} />;
}

function GiveawayPick({ value, onChange, ...rest }: PickOf) {
  const found = useQuery({ queryKey: ['giveaways', 'pick'], queryFn: () => answered(api.GET('/api/v1/giveaways', { params: { query: { limit: 200 } } })) });
  const data = (found.data?.data ?? []).map((g) => ({ value: g.id, label: g.title }));
  return <Select {...rest} data={data} value={value || null} onChange={(v) => onChange(v ?? '')} searchable placeholder={found.isPending ? 'Loading…' : data.length > 0 ? 'Choose a giveaway' : 'There is no giveaway yet'} />;
}

// SectionForm is all fields of a section and, where it has some, its items.
export function SectionForm({ of, about, path, problems, onChange }: { of: Section; about: About; path: string; problems: Problems; onChange: (s: Section, tag: string) => void }) {
  const items = about.items;
  const list = items ? ((of[items.name] as Item[] | undefined) ?? []) : [];
  const setList = (next: Item[], tag: string) => onChange({ ...of, [items!.name]: next }, tag);
  return (
    <Stack gap="sm">
      <Text size="xs" c="dimmed">
        {about.about}
      </Text>
      {about.fields.map((f) => (
        <Input key={f.name} of={f} value={of[f.name]} path={path} problems={problems} onChange={(v, tag) => onChange({ ...of, [f.name]: v }, tag)} />
      ))}
      {items && (
        <>
          {list.map((item, i) => (
            <Box key={i} p="xs" bd="1px solid var(--mantine-color-default-border)" style={{ borderRadius: 'var(--mantine-radius-md)' }} role="group" aria-label={`${items.one} ${i + 1}`}>
              <Group justify="space-between" mb={4}>
                <Text size="xs" fw={600}>
                  {items.one} {i + 1}
                </Text>
                <Group gap={4}>
                  <Button size="compact-xs" variant="subtle" disabled={i === 0} onClick={() => setList(moved(list, i, -1), '')} aria-label={`Move ${items.one} ${i + 1} up`}>
                    ↑
                  </Button>
                  <Button size="compact-xs" variant="subtle" disabled={i === list.length - 1} onClick={() => setList(moved(list, i, 1), '')} aria-label={`Move ${items.one} ${i + 1} down`}>
                    ↓
                  </Button>
                  <Button size="compact-xs" variant="subtle" color="red" disabled={list.length === 1} onClick={() => setList(list.filter((_, k) => k !== i), '')} aria-label={`Remove ${items.one} ${i + 1}`}>
                    Remove
                  </Button>
                </Group>
              </Group>
              <Stack gap="xs">
                {items.fields.map((f) => (
                  <Input key={f.name} of={f} value={item[f.name]} path={`${path}.${items.name}[${i}]`} problems={problems} onChange={(v, tag) => setList(list.map((x, k) => (k === i ? { ...x, [f.name]: v as Item[string] } : x)), tag)} />
                ))}
              </Stack>
            </Box>
          ))}
          {problemAt(problems, `${path}.${items.name}`) && (
            <Text size="xs" c="red.7">
              {problemAt(problems, `${path}.${items.name}`)}
            </Text>
          )}
          <Button size="xs" variant="default" disabled={list.length >= items.max} onClick={() => setList([...list, {}], '')}>
            Add: {items.one.toLowerCase()}
          </Button>
        </>
      )}
    </Stack>
  );
}
