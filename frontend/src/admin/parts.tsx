// What several pages are made of: acts with their errors at the fields, things to
// confirm, times of the shop's clock, files to take in.
import { Button, Code, CopyButton, FileButton, Group, Select, Stack, Table, Text, TextInput, Textarea, Tooltip, type ButtonProps } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { answered, api, Refused, type Schemas } from '../shared/api';
import { ago, count, decimal } from '../shared/format';
import { send } from '../shared/session';
import { isoOf, localOf } from '../shared/zone';
import { useAct as useKeyed, useNames, usePages, useSession } from './data';
import { Ask as Asked, Help, Section, Trouble } from './ui';

// useMay tells whether who is at work may change anything.
export const useMay = () => useSession().data?.scope !== 'read';

// useAct runs what changes something, once however often it is sent, and lets what
// is shown be read again.
export const useAct = <A, T>(what: (arg: A, headers: { 'Idempotency-Key': string }) => Promise<T>, ...stale: string[]) =>
  useKeyed<A, T>((arg, key) => what(arg, { 'Idempotency-Key': key }), ...stale.map((s) => [s]));

// fieldsOf finds what the server says about a field.
export function fieldsOf(error: unknown): (field: string) => string | undefined {
  const fields = error instanceof Refused ? error.fields : [];
  return (field) => fields.find((f) => f.field === field || f.field === `body.${field}`)?.message;
}

// Do is a button of something that changes; who may only read cannot press it.
export function Do({ children, onClick, disabled, ...rest }: ButtonProps & { children: ReactNode; onClick?: () => void; type?: 'submit' }) {
  const may = useMay();
  const button = (
    <Button size="xs" {...rest} disabled={disabled || !may} onClick={onClick}>
      {children}
    </Button>
  );
  if (may) return button;
  return (
    <Tooltip label="You may look, and not change: this needs the scope “write”." multiline maw={260}>
      <span tabIndex={0}>{button}</span>
    </Tooltip>
  );
}

type AskOf = {
  title: string;
  children?: ReactNode;
  act: string;
  danger?: boolean;
  reason?: 'needed' | 'welcome';
  opened: boolean;
  onClose: () => void;
  doing: { isPending: boolean; error: Error | null };
  onYes: (reason: string) => void;
  ready?: boolean;
};

// Ask asks before something is done, and for a reason where there has to be one.
export function Ask({ title, children, act, danger, reason, opened, onClose, doing, onYes, ready = true }: AskOf) {
  const [why, setWhy] = useState('');
  useEffect(() => setWhy(''), [opened]);
  return (
    <Asked title={title} yes={act} danger={danger} opened={opened} onClose={onClose} error={doing.error} busy={doing.isPending} onYes={() => onYes(why.trim())} blocked={!ready || (reason === 'needed' && why.trim() === '')}>
      {children}
      {reason && (
        <Textarea
          label="Reason"
          description={reason === 'needed' ? 'The influencer reads it.' : 'Stays with the decision.'}
          required={reason === 'needed'}
          value={why}
          onChange={(e) => setWhy(e.currentTarget.value)}
          maxLength={500}
          autosize
          minRows={2}
          data-autofocus
        />
      )}
    </Asked>
  );
}

// Copied is text to take along.
export function Copied({ value, label, mono = true }: { value: string; label: string; mono?: boolean }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      {mono ? <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code> : <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{value}</Text>}
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="subtle" onClick={copy} aria-label={`Copy ${label}`} style={{ flexShrink: 0 }}>
            {copied ? 'copied' : 'copy'}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

// Clock is an instant, typed in the shop's time.
export function Clock({ label, value, onChange, error, description, required }: { label: string; value: string | undefined; onChange: (iso: string | undefined) => void; error?: string; description?: string; required?: boolean }) {
  const zone = useSession().data?.shop.time_zone ?? 'UTC';
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description ?? zone}
      value={localOf(value, zone)}
      onChange={(e) => onChange(isoOf(e.currentTarget.value, zone))}
      error={error}
      required={required}
    />
  );
}

// useNow is the time, again every few seconds.
export function useNow(every = 10_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(tick);
  }, [every]);
  return now;
}

// Deadline is when something happens by itself, and what.
export function Deadline({ at, then }: { at: string | undefined; then?: string }) {
  const now = useNow();
  if (!at) return <>–</>;
  const left = Date.parse(at) - now;
  return (
    <Tooltip label={`${new Date(at).toISOString().replace('T', ' ').slice(0, 16)} UTC${then ? `: ${then}` : ''}`}>
      <Text span size="sm" tabIndex={0} c={left < 0 ? 'red.7' : left < 86_400_000 ? 'orange.8' : undefined} style={{ whiteSpace: 'nowrap' }}>
        {left < 0 ? 'due ' : ''}
        {ago(at, now)}
      </Text>
    </Tooltip>
  );
}

// Figure is one number with how it comes about.
export function Figure({ label, value, formula }: { label: string; value: ReactNode; formula: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed" component="div">
        <Help of={formula}>{label}</Help>
      </Text>
      <Text fw={600} fz={{ base: 16, sm: 20 }} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
    </div>
  );
}

// percent shows a part in basis points: 1234 is 12.34 %.
export function percent(ratio: Schemas['Ratio'] | undefined): string {
  if (!ratio) return 'n/a';
  const digits = String(ratio.bps).padStart(3, '0');
  return `${decimal(`${digits.slice(0, -2)}.${digits.slice(-2)}`)} %`;
}

// AgreementPick chooses whose it is.
export function AgreementPick({ value, onChange, error, label = 'Agreement', required = true, fixed }: { value: string | null; onChange: (id: string | null) => void; error?: string; label?: string; required?: boolean; fixed?: boolean }) {
  const found = usePages(['agreements', 'signed'], (cursor) => answered(api.GET('/api/v1/agreements', { params: { query: { state: 'signed', limit: 200, cursor } } })));
  const name = useNames();
  const data = (found.rows ?? []).map((a) => ({ value: a.id, label: `${name(a.influencer_id)} · ${name(a.campaign_id)}` }));
  return (
    <Select
      label={label}
      placeholder={found.isPending ? 'Loading…' : data.length === 0 ? 'There is no signed agreement yet' : 'Whose it is'}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      required={required}
      clearable={!required}
      error={error ?? (found.error ? 'The agreements could not be loaded.' : undefined)}
      disabled={fixed}
      nothingFoundMessage="Nobody has that name."
    />
  );
}

export type Taken = { good: string; rows: { line: number; said: string; bad: boolean }[] };

// TakeFile sends a CSV file and shows what became of each of its rows.
export function TakeFile({ title, columns, example, path, read, stale }: { title: string; columns: ReactNode; example: string; path: string; read: (answer: unknown) => Taken; stale: string[] }) {
  const [file, setFile] = useState<File | null>(null);
  const sending = useAct(async (f: File, headers) => {
    const r = await send(new Request(path, { method: 'POST', body: await f.text(), headers: { 'Content-Type': 'text/csv', ...headers } }));
    const answer: unknown = await r.json().catch(() => ({}));
    return read(await answered(Promise.resolve(r.ok ? { data: answer, response: r } : { error: answer, response: r })));
  }, ...stale);
  const done = sending.data;
  const bad = done?.rows.filter((r) => r.bad) ?? [];
  return (
    <Section title={title}>
      <Stack gap="sm">
        <Text size="sm" component="div">
          {columns}
        </Text>
        <Code block tabIndex={0}>
          {example}
        </Code>
        <Group gap="xs">
          <FileButton accept=".csv,text/csv" onChange={setFile}>
            {(props) => (
              <Button {...props} size="xs" variant="default">
                {file ? file.name : 'Choose a file'}
              </Button>
            )}
          </FileButton>
          <Do onClick={() => file && sending.mutate(file)} disabled={!file} loading={sending.isPending}>
            Take it in
          </Do>
        </Group>
        {sending.error && <Trouble error={sending.error} />}
        {done && (
          <div role="status">
            <Text size="sm">{done.good}</Text>
            {bad.length > 0 && (
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Line</Table.Th>
                    <Table.Th>What is wrong</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {bad.slice(0, 200).map((r) => (
                    <Table.Tr key={r.line}>
                      <Table.Td>{count(r.line)}</Table.Td>
                      <Table.Td>{r.said}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </div>
        )}
      </Stack>
    </Section>
  );
}

// said puts the errors of a row into one line.
export const said = (errors: { field: string; message: string }[] | null | undefined) => (errors ?? []).map((e) => `${e.field} ${e.message}`).join('; ');
