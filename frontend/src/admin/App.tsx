import { ActionIcon, AppShell, Box, Burger, Button, Group, NavLink, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { NavLink as RouterLink, Outlet, useLocation, type RouteObject } from 'react-router';
import { embedded, forgetKey, hasKey } from '../shared/session';
import { Palette, openPalette } from './Palette';
import { KeyPage } from './pages/Key';
import { Trouble, Waiting } from './ui';

export const places = [
  { to: '/', label: 'Home' },
  { to: '/orders', label: 'Orders' },
  { to: '/influencers', label: 'Influencers' },
  { to: '/campaigns', label: 'Campaigns' },
  { to: '/agreements', label: 'Agreements' },
  { to: '/codes', label: 'Codes and links' },
  { to: '/payouts', label: 'Payouts' },
];

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
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Text fw={700} c="river">
              Tributary
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
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
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        {places.map((p) => (
          <NavLink
            key={p.to}
            component={RouterLink}
            to={p.to}
            label={p.label}
            active={p.to === '/' ? at === '/' : at.startsWith(p.to)}
            onClick={close}
            style={{ borderRadius: 'var(--mantine-radius-md)' }}
          />
        ))}
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

const lazy = <K extends string>(load: () => Promise<Record<K, React.ComponentType>>, name: K) => async () => ({ Component: (await load())[name] });

export const routes: RouteObject[] = [
  {
    path: '/',
    Component: Shell,
    ErrorBoundary: Broken,
    HydrateFallback: Waiting,
    children: [
      { index: true, lazy: lazy(() => import('./pages/Home'), 'Home') },
      { path: 'orders', lazy: lazy(() => import('./pages/Orders'), 'Orders') },
      { path: 'orders/:id', lazy: lazy(() => import('./pages/Order'), 'Order') },
      { path: 'influencers', lazy: lazy(() => import('./pages/Influencers'), 'Influencers') },
      { path: 'influencers/:id', lazy: lazy(() => import('./pages/Influencer'), 'Influencer') },
      { path: 'campaigns', lazy: lazy(() => import('./pages/Campaigns'), 'Campaigns') },
      { path: 'agreements', lazy: lazy(() => import('./pages/Agreements'), 'Agreements') },
      { path: 'agreements/:id', lazy: lazy(() => import('./pages/Agreement'), 'Agreement') },
      { path: 'codes', lazy: lazy(() => import('./pages/Codes'), 'Codes') },
      { path: 'payouts', lazy: lazy(() => import('./pages/Payouts'), 'Payouts') },
      { path: 'payouts/:id', lazy: lazy(() => import('./pages/Payout'), 'Payout') },
      { path: '*', Component: () => <Text c="dimmed">There is no such page.</Text> },
    ],
  },
];
