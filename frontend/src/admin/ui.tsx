import { Alert, Anchor, Badge, Box, Button, Card, Center, Group, Loader, Modal, Skeleton, Stack, Text, Title, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Refused } from '../shared/api';
import { isNegative, money, words, type Money } from '../shared/format';

export function Header({ title, note, children }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        <Title order={1}>{title}</Title>
        {note && (
          <Text c="dimmed" size="sm" component="div">
            {note}
          </Text>
        )}
      </div>
      {/* On a phone always in a row of its own: what it says may come later, and nothing must move. */}
      {children && <Group gap="xs" w={{ base: '100%', sm: 'auto' }}>{children}</Group>}
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

// Trouble says what went wrong and what to do about it.
export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const e = error instanceof Refused ? error : null;
  const title = !e ? 'The server does not answer' : e.status === 403 ? 'You may not do this' : e.status === 401 ? 'The session has ended' : e.status === 404 ? 'There is no such thing' : 'That did not work';
  return (
    <Alert color={e?.status === 403 ? 'yellow' : 'red'} variant="light" title={title} role="alert">
      <Text size="sm">{e ? e.message : 'Check the connection and try again.'}</Text>
      {e?.fields.map((f) => (
        <Text size="sm" key={f.field + f.message}>
          {f.field} {f.message}
        </Text>
      ))}
      {e?.requestId && (
        <Text size="xs" c="dimmed">
          Request {e.requestId}
        </Text>
      )}
      {again && e?.status !== 403 && (
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

// Help says what a number means and how it is reckoned.
export function Help({ children, of }: { children: ReactNode; of: string }) {
  return (
    <Tooltip label={of} multiline maw={300} openDelay={150} events={{ hover: true, focus: true, touch: true }}>
      <Text span inherit tabIndex={0} style={{ textDecoration: 'underline dotted', textUnderlineOffset: 3, cursor: 'help' }}>
        {children}
      </Text>
    </Tooltip>
  );
}

type Asking = { title: string; children?: ReactNode; yes: string; danger?: boolean; error?: unknown; busy?: boolean; onYes: () => void; opened: boolean; onClose: () => void; blocked?: boolean };

// Ask stands before what cannot be undone.
export function Ask({ title, children, yes, danger, error, busy, onYes, opened, onClose, blocked }: Asking) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          onYes();
        }}
      >
        <Stack>
          {children}
          {error ? <Trouble error={error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color={danger ? 'red' : undefined} loading={busy} disabled={blocked}>
              {yes}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

// say tells that something is done: in the admin's own way, and to screen readers.
export function say(text: string): void {
  window.shopify?.toast?.show(text);
  const region = document.getElementById('said');
  if (region) region.textContent = text;
}
