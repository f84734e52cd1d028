import { Box, Button, Center, Checkbox, CloseButton, Group, Menu, Select, Table, Text, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import { useDebouncedCallback, useHotkeys, useLocalStorage } from '@mantine/hooks';
import { useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { csvOf, saveText, type Cell } from '../shared/csv';
import { usePages, type Page } from './data';
import { Loading, Trouble } from './ui';

export type Column<T> = {
  head: string;
  cell: (row: T) => ReactNode;
  csv?: (row: T) => Cell; // what the file says; a column without it is not in the file
  right?: boolean;
  tip?: string; // the formula or meaning behind the column
  wide?: boolean; // left out on a phone
  hidden?: boolean; // shown only when chosen
  sort?: string; // name by which the server sorts; "-name" turns it round
};

export type Filter = { key: string; label: string } & ({ options: (string | { value: string; label: string })[] } | { kind: 'date' | 'text' });

export type Listed<T> = {
  rows: T[] | undefined;
  error: unknown;
  isPending: boolean;
  isFetching: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
};

type TableOf<T> = {
  of: Listed<T>;
  columns: Column<T>[];
  id: (row: T) => string;
  empty: ReactNode;
  label: string;
  sort?: string;
  onSort?: (sort: string) => void;
  picked?: Set<string>;
  onPick?: (picked: Set<string>) => void;
};

// List is a table with all its states, of rows that somebody else loads.
export function List<T>({ of, columns, id, empty, label, sort, onSort, picked, onPick }: TableOf<T>) {
  if (of.isPending) return <Loading />;
  if (of.error && !of.rows) return <Trouble error={of.error} again={() => of.refetch()} />;
  const rows = of.rows ?? [];
  if (rows.length === 0)
    return (
      <Center p="xl">
        <Text c="dimmed" size="sm" ta="center" component="div">
          {empty}
        </Text>
      </Center>
    );
  const all = rows.map(id);
  const toggle = (one: string, on: boolean) => {
    const next = new Set(picked);
    if (on) next.add(one);
    else next.delete(one);
    onPick?.(next);
  };
  return (
    <>
      <Box style={{ overflowX: 'auto', opacity: of.isFetching && !of.isFetchingNextPage ? 0.7 : 1 }} tabIndex={0} role="region" aria-label={label} aria-busy={of.isFetching}>
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              {onPick && (
                <Table.Th w={36}>
                  <Checkbox
                    size="xs"
                    aria-label="All that are shown"
                    checked={all.length > 0 && all.every((one) => picked?.has(one))}
                    indeterminate={all.some((one) => picked?.has(one)) && !all.every((one) => picked?.has(one))}
                    onChange={(e) => onPick(new Set(e.currentTarget.checked ? all : []))}
                  />
                </Table.Th>
              )}
              {columns.map((c) => (
                <Head key={c.head} of={c} sort={sort} onSort={onSort} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((r) => (
              <Table.Tr key={id(r)}>
                {onPick && (
                  <Table.Td>
                    <Checkbox size="xs" aria-label={`Choose ${id(r)}`} checked={picked?.has(id(r)) ?? false} onChange={(e) => toggle(id(r), e.currentTarget.checked)} />
                  </Table.Td>
                )}
                {columns.map((c) => (
                  <Table.Td key={c.head} ta={c.right ? 'right' : undefined} visibleFrom={c.wide ? 'sm' : undefined} style={{ overflowWrap: 'anywhere' }}>
                    {c.cell(r)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
      {of.error ? <Trouble error={of.error} again={() => of.refetch()} /> : null}
      {of.hasNextPage && (
        <Center pt="md">
          <Button variant="default" size="xs" loading={of.isFetchingNextPage} onClick={() => of.fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}

function Head<T>({ of: c, sort, onSort }: { of: Column<T>; sort?: string; onSort?: (sort: string) => void }) {
  const up = sort === c.sort;
  const down = sort === `-${c.sort}`;
  const sortable = c.sort !== undefined && onSort !== undefined;
  const text = c.tip ? (
    <Tooltip label={c.tip} multiline maw={280}>
      <span tabIndex={sortable ? undefined : 0} style={{ textDecoration: 'underline dotted', cursor: 'help' }}>
        {c.head}
      </span>
    </Tooltip>
  ) : (
    c.head
  );
  return (
    <Table.Th
      ta={c.right ? 'right' : undefined}
      visibleFrom={c.wide ? 'sm' : undefined}
      fw={500}
      c="dimmed"
      style={{ whiteSpace: 'nowrap' }}
      aria-sort={!sortable ? undefined : up ? 'ascending' : down ? 'descending' : 'none'}
    >
      {sortable ? (
        <UnstyledButton fz="inherit" fw="inherit" c="inherit" onClick={() => onSort(down ? c.sort! : `-${c.sort}`)}>
          {text}
          <span aria-hidden>{up ? ' ↑' : down ? ' ↓' : ''}</span>
        </UnstyledButton>
      ) : (
        text
      )}
    </Table.Th>
  );
}

// What the server is asked; its client holds the types.
export type Asked = Record<string, any>;

type ListingOf<T> = {
  name: string; // of the rows, as in the key of what is loaded: a change makes stale what begins with it
  label: string;
  load: (asked: Asked, cursor: string | undefined, limit: number) => Promise<Page<T>>;
  columns: Column<T>[];
  id: (row: T) => string;
  empty: ReactNode; // when there is nothing at all
  none?: ReactNode; // when nothing is like what was asked for
  search?: { key: string; placeholder: string };
  filters?: Filter[];
  fixed?: Asked; // asked in any case
  sort?: string; // by which it is sorted at first
  bulk?: (rows: T[], done: () => void) => ReactNode; // what can be done with those that are chosen
  local?: boolean; // keeps what is asked to itself: a second list of a page
};

const pageSize = 50;
const mostRows = 100_000;

// Listing is a list that the server searches, filters, sorts and pages. What is
// asked stands in the address, so that it can be sent to somebody; which columns
// are shown stays in the browser.
export function Listing<T>({ name, label, load, columns, id, empty, none, search, filters = [], fixed = {}, sort: first, bulk, local }: ListingOf<T>) {
  const [address, setAddress] = useSearchParams();
  const [own, setOwn] = useState(new URLSearchParams());
  const params = local ? own : address;
  const set = (key: string, value: string | null) => {
    const change = (old: URLSearchParams) => {
      const next = new URLSearchParams(old);
      if (value) next.set(key, value);
      else next.delete(key);
      return next;
    };
    if (local) setOwn(change);
    else setAddress(change, { replace: true });
  };
  const keys = [...(search ? [search.key] : []), ...filters.map((f) => f.key)];
  const asked: Asked = { ...fixed };
  for (const k of keys) if (params.get(k)) asked[k] = params.get(k);
  const sort = params.get('sort') ?? first;
  if (sort && columns.some((c) => c.sort !== undefined)) asked.sort = sort;
  const narrowed = keys.some((k) => params.get(k));

  const of = usePages([name, label, asked], (cursor) => load(asked, cursor, pageSize));
  const [chosen, setChosen] = useLocalStorage<string[] | null>({ key: `columns:${label}`, defaultValue: null, getInitialValueInEffect: false });
  const shown = columns.filter((c) => (chosen ? chosen.includes(c.head) : !c.hidden));
  const [picked, setPicked] = useState(new Set<string>());
  const rows = (of.rows ?? []).filter((r) => picked.has(id(r)));

  return (
    <>
      <Group mb="md" gap="xs" align="center">
        {search && <Search key={local ? undefined : 'address'} value={params.get(search.key) ?? ''} placeholder={search.placeholder} onChange={(v) => set(search.key, v)} />}
        {filters.map((f) => (
          <FilterInput key={f.key} of={f} value={params.get(f.key)} onChange={(v) => set(f.key, v)} />
        ))}
        {narrowed && (
          <Button size="compact-xs" variant="subtle" onClick={() => keys.forEach((k) => set(k, null))} hidden={keys.filter((k) => params.get(k)).length < 2}>
            Clear
          </Button>
        )}
        <Group gap={4} ml="auto">
          <ColumnChoice columns={columns} shown={shown} onChange={setChosen} />
          {columns.some((c) => c.csv) && <Export label={label} columns={columns} load={(cursor) => load(asked, cursor, 200)} />}
        </Group>
      </Group>
      {bulk && rows.length > 0 && (
        <Group mb="sm" gap="xs" role="status">
          <Text size="sm">{rows.length} chosen</Text>
          {bulk(rows, () => setPicked(new Set()))}
          <CloseButton size="sm" aria-label="Choose none" onClick={() => setPicked(new Set())} />
        </Group>
      )}
      <List
        of={of}
        columns={shown}
        id={id}
        label={label}
        empty={narrowed ? (none ?? 'Nothing is like that.') : empty}
        sort={sort}
        onSort={(s) => set('sort', s)}
        picked={bulk ? picked : undefined}
        onPick={bulk ? setPicked : undefined}
      />
    </>
  );
}

function Search({ value, placeholder, onChange }: { value: string; placeholder: string; onChange: (v: string) => void }) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const tell = useDebouncedCallback((v: string) => onChange(v.trim()), 300);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      size="xs"
      w={{ base: '100%', sm: 240 }}
      placeholder={placeholder}
      aria-label={`Search: ${placeholder}`}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        tell(e.currentTarget.value);
      }}
    />
  );
}

function FilterInput({ of, value, onChange }: { of: Filter; value: string | null; onChange: (v: string | null) => void }) {
  if ('options' in of)
    return (
      <Select
        size="xs"
        w={150}
        placeholder={of.label}
        aria-label={of.label}
        data={of.options.map((o) => (typeof o === 'string' ? { value: o, label: o.replace(/_/g, ' ') } : o))}
        value={value}
        onChange={onChange}
        clearable
        searchable={of.options.length > 8}
      />
    );
  if (of.kind === 'text') return <Search value={value ?? ''} placeholder={of.label} onChange={onChange} />;
  return (
    <TextInput
      size="xs"
      type="date"
      w={140}
      aria-label={of.label}
      title={of.label}
      value={value?.slice(0, 10) ?? ''}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}

function ColumnChoice<T>({ columns, shown, onChange }: { columns: Column<T>[]; shown: Column<T>[]; onChange: (heads: string[] | null) => void }) {
  if (columns.length < 4) return null;
  const heads = shown.map((c) => c.head);
  return (
    <Menu closeOnItemClick={false} position="bottom-end" width={200}>
      <Menu.Target>
        <Button size="compact-xs" variant="default">
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {columns.map((c) => (
          <Menu.CheckboxItem
            key={c.head}
            checked={heads.includes(c.head)}
            disabled={heads.length === 1 && heads[0] === c.head}
            onChange={() => onChange(columns.map((x) => x.head).filter((h) => (h === c.head ? !heads.includes(h) : heads.includes(h))))}
          >
            {c.head}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => onChange(null)}>As it was</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

// Export reads every page of what is asked and saves it as a file.
function Export<T>({ label, columns, load }: { label: string; columns: Column<T>[]; load: (cursor: string | undefined) => Promise<Page<T>> }) {
  const [read, setRead] = useState<number>();
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setError(undefined);
    setRead(0);
    try {
      const rows: T[] = [];
      let cursor: string | undefined;
      do {
        const page = await load(cursor);
        rows.push(...(page.data ?? []));
        setRead(rows.length);
        cursor = page.next_cursor;
      } while (cursor && rows.length < mostRows);
      const written = columns.flatMap((c) => (c.csv ? [{ head: c.head, cell: c.csv }] : []));
      saveText(csvOf(written, rows), `${label.toLowerCase().replace(/ /g, '-')}.csv`, 'text/csv;charset=utf-8');
    } catch (e) {
      setError(e);
    } finally {
      setRead(undefined);
    }
  };
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={run} disabled={read !== undefined} aria-live="polite">
        {read === undefined ? 'CSV' : `CSV: ${read} rows`}
      </Button>
      {error !== undefined && <Trouble error={error} again={run} />}
    </>
  );
}
