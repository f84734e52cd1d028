import { Alert, Anchor, Badge, Box, Button, Card, Center, Group, Loader, Skeleton, Stack, Table, Text, Title, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Refused } from '../shared/api';
import { isNegative, money, words, type Money } from '../shared/format';

export function Header({ title, note, children }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div>
        <Title order={1}>{title}</Title>
        {note && (
          <Text c="dimmed" size="sm" component="div">
            {note}
          </Text>
        )}
      </div>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}

export function Amount({ value, dim }: { value: Money | undefined; dim?: boolean }) {
  if (!value) return <>–</>;
  return (
    <Text component="span" inherit ff="inherit" style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }} c={isNegative(value) ? 'red.7' : dim ? 'dimmed' : undefined}>
      {money(value)}
    </Text>
  );
}

const colours: Record<string, string> = {
  attributed: 'river', paid: 'river', signed: 'river', active: 'river', locked: 'river', live: 'river', won: 'river', done: 'river',
  pending: 'blue', draft: 'gray', offered: 'blue', approved: 'blue', paying: 'blue', waiting: 'blue', ready: 'blue',
  held: 'yellow', in_doubt: 'yellow', carried: 'gray', unpaid: 'gray',
  denied: 'red', failed: 'red', banned: 'red', void: 'gray', parked: 'red',
};

export function State({ of, label }: { of: string; label?: string }) {
  return (
    <Badge variant="light" color={colours[of] ?? 'gray'} size="sm" tt="none" fw={500} style={{ flexShrink: 0 }}>
      {label ?? words(of)}
    </Badge>
  );
}

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const e = error instanceof Refused ? error : null;
  return (
    <Alert color="red" variant="light" title={e ? 'That did not work' : 'The server does not answer'} role="alert">
      <Text size="sm">{e ? e.message : 'Check the connection and try again.'}</Text>
      {e?.fields.map((f) => (
        <Text size="sm" key={f.field}>
          {f.field} {f.message}
        </Text>
      ))}
      {e?.requestId && (
        <Text size="xs" c="dimmed">
          Request {e.requestId}
        </Text>
      )}
      {again && (
        <Button size="xs" variant="default" mt="xs" onClick={again}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} h={28} />
      ))}
    </Stack>
  );
}

export type Column<T> = { head: string; cell: (row: T) => ReactNode; right?: boolean; tip?: string; wide?: boolean };

type Listed<T> = {
  rows: T[] | undefined;
  error: unknown;
  isPending: boolean;
  isFetching: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
};

// List is a table with all its states. Columns marked wide are left out on a
// phone.
export function List<T>({ of, columns, id, empty, label }: { of: Listed<T>; columns: Column<T>[]; id: (row: T) => string; empty: ReactNode; label: string }) {
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
  return (
    <>
      <Box style={{ overflowX: 'auto', opacity: of.isFetching && !of.isFetchingNextPage ? 0.7 : 1 }} tabIndex={0} role="region" aria-label={label}>
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              {columns.map((c) => (
                <Table.Th key={c.head} ta={c.right ? 'right' : undefined} visibleFrom={c.wide ? 'sm' : undefined} fw={500} c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                  {c.tip ? (
                    <Tooltip label={c.tip} multiline maw={280}>
                      <span tabIndex={0} style={{ textDecoration: 'underline dotted', cursor: 'help' }}>
                        {c.head}
                      </span>
                    </Tooltip>
                  ) : (
                    c.head
                  )}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((r) => (
              <Table.Tr key={id(r)}>
                {columns.map((c) => (
                  <Table.Td key={c.head} ta={c.right ? 'right' : undefined} visibleFrom={c.wide ? 'sm' : undefined}>
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

export function To({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} inherit fw={500}>
      {children}
    </Anchor>
  );
}

export function Section({ title, children, right }: { title: string; children: ReactNode; right?: ReactNode }) {
  return (
    <Card component="section" mb="md" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        {right}
      </Group>
      {children}
    </Card>
  );
}

export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <Box component="dl" m={0} style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(150px, 1fr))', gap: 'var(--mantine-spacing-sm)' }}>
      {of.map(([k, v]) => (
        <div key={k}>
          <Text component="dt" size="xs" c="dimmed">
            {k}
          </Text>
          <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
            {v}
          </Text>
        </div>
      ))}
    </Box>
  );
}

export function Waiting() {
  return (
    <Center p="xl">
      <Loader size="sm" aria-label="Loading" />
    </Center>
  );
}
