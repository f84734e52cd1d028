import { ActionIcon, AppShell, Box, Burger, Button, Group as Row, NavLink, ScrollArea, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { NavLink as RouterLink, Outlet, useLocation, type RouteObject } from 'react-router';
import { embedded, forgetKey, hasKey } from '../shared/session';
import { Palette, openPalette } from './Palette';
import { KeyPage } from './pages/Key';
import { pages, places, type Group } from './routes';
import { Trouble, Waiting } from './ui';

const groups: Group[] = ['', 'Programme', 'Sales', 'Money', 'Shop'];

function Shell() {
  const [open, { toggle, close }] = useDisclosure();
  const [known, setKnown] = useState(embedded() || hasKey());
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const at = useLocation().pathname;
  if (!known) return <KeyPage onKey={() => setKnown(true)} />;
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !open } }} padding="md">
      <AppShell.Header px="md">
        <Row h="100%" justify="space-between" wrap="nowrap">
          <Row gap="xs" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Text fw={700} c="river">
              Tributary
            </Text>
          </Row>
          <Row gap="xs" wrap="nowrap">
            <UnstyledButton onClick={openPalette} px="sm" py={4} bd="1px solid var(--mantine-color-default-border)" style={{ borderRadius: 'var(--mantine-radius-md)' }}>
              <Text size="sm" c="dimmed">
                Go to…{' '}
                <Text span size="xs" visibleFrom="sm">
                  Ctrl K
                </Text>
              </Text>
            </UnstyledButton>
            <ActionIcon variant="default" onClick={() => setColorScheme(dark ? 'light' : 'dark')} aria-label={dark ? 'Light colours' : 'Dark colours'}>
              <span aria-hidden>{dark ? '☀' : '☾'}</span>
            </ActionIcon>
            {!embedded() && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => {
                  forgetKey();
                  window.location.assign('/app');
                }}
              >
                Leave
              </Button>
            )}
          </Row>
        </Row>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <ScrollArea>
          {groups.map((g) => {
            const in_ = places.filter((p) => p.group === g);
            if (in_.length === 0) return null;
            return (
              <Box key={g} mb={6}>
                {g && (
                  <Text size="xs" c="dimmed" px="sm" pt={6} pb={2}>
                    {g}
                  </Text>
                )}
                {in_.map((p) => (
                  <NavLink
                    key={p.to}
                    component={RouterLink}
                    to={p.to}
                    label={p.label}
                    active={p.to === '/' ? at === '/' : at === p.to || at.startsWith(`${p.to}/`)}
                    onClick={close}
                    py={6}
                    style={{ borderRadius: 'var(--mantine-radius-md)' }}
                  />
                ))}
              </Box>
            );
          })}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main bg="light-dark(var(--mantine-color-gray-0), var(--mantine-color-dark-8))">
        <Box maw={1180} mx="auto">
          <Outlet />
        </Box>
      </AppShell.Main>
      <Palette />
      <VisuallyHidden aria-live="polite" id="said" />
    </AppShell>
  );
}

function Broken() {
  return (
    <Box p="xl" maw={600} mx="auto">
      <Trouble error={new Error()} again={() => window.location.reload()} />
    </Box>
  );
}

export const routes: RouteObject[] = [
  {
    path: '/',
    Component: Shell,
    ErrorBoundary: Broken,
    HydrateFallback: Waiting,
    children: [...pages, { path: '*', Component: () => <Text c="dimmed">There is no such page.</Text> }],
  },
];
