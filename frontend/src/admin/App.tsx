import { ActionIcon, Alert, AppShell, Badge, Box, Burger, Button, Group as Row, List, NavLink, ScrollArea, Text, Title, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { createElement, useEffect, useState } from 'react';
import { NavLink as RouterLink, Outlet, useLocation, useNavigate, type RouteObject } from 'react-router';
import { embedded, hasKey, setKey, trouble, type Arrival } from '../shared/session';
import { useSession } from './data';
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
  const native = useStoreNavigation();
  const refused = trouble();
  if (refused) return <Refusal of={refused} />;
  if (!known) return <KeyPage onKey={() => setKnown(true)} />;
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !open, desktop: native } }} padding="md">
      <AppShell.Header px="md">
        <Row h="100%" justify="space-between" wrap="nowrap">
          <Row gap="xs" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Text fw={700} c="river">
              Tributary
            </Text>
            <ShopName />
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
                  setKey(null);
                  setKnown(false);
                }}
              >
                Leave
              </Button>
            )}
          </Row>
        </Row>
      </AppShell.Header>
      <StoreNavigation />
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

// ShopName says whose numbers these are, and when they are made up.
function ShopName() {
  const session = useSession();
  const shop = session.data?.shop;
  if (!shop) return null;
  return (
    <>
      <Text size="sm" c="dimmed" truncate visibleFrom="sm" maw={260}>
        {shop.name}
      </Text>
      {shop.demo && (
        <Tooltip label="The store is played on this machine. Its people, orders and amounts are made up.">
          <Badge size="sm" variant="outline" color="gray" tt="none" tabIndex={0}>
            demo data
          </Badge>
        </Tooltip>
      )}
    </>
  );
}

// In Shopify's admin the navigation stands in its own sidebar, which App Bridge
// fills from s-app-nav; where there is none, ours is shown.
const useStoreNavigation = () => window.shopify !== undefined && customElements.get('s-app-nav') !== undefined;

function StoreNavigation() {
  const go = useNavigate();
  useEffect(() => {
    const on = (e: Event) => {
      const href = (e.target as Element | null)?.getAttribute('href');
      if (href?.startsWith('/app')) go(href.slice('/app'.length) || '/');
    };
    document.addEventListener('shopify:navigate', on);
    return () => document.removeEventListener('shopify:navigate', on);
  }, [go]);
  if (!window.shopify) return null;
  return createElement(
    's-app-nav',
    { style: { display: 'none' } }, // App Bridge reads it; it is nothing to see
    places.map((p) => createElement('s-link', { key: p.to, href: `/app${p.to}`, rel: p.to === '/' ? 'home' : undefined }, p.label)),
  );
}

// Refusal tells why the store could not be let in, and how to put it right.
function Refusal({ of }: { of: Arrival }) {
  const session = of.code === 'invalid_session_token' || of.code === 'shopify_stale_session' || of.code === 'session_of_another_app';
  return (
    <Box p="xl" maw={600} mx="auto" component="main">
      <Title order={1} mb="sm">
        {session ? 'Shopify’s session could not be read' : 'The app could not be installed'}
      </Title>
      <Alert color="red" variant="light" role="alert" mb="md">
        <Text size="sm">{of.message}</Text>
        <Text size="xs" c="dimmed" mt={4}>
          {of.code}
          {of.request_id && `, request ${of.request_id}`}
        </Text>
      </Alert>
      <Text size="sm" mb="xs">
        What helps:
      </Text>
      <List size="sm" mb="md" type="ordered">
        <List.Item>Load the page again: Shopify sends a new session with it.</List.Item>
        <List.Item>Open Tributary anew from Apps in the store’s admin, and agree to what it asks for.</List.Item>
        <List.Item>If it stays so, whoever runs this server finds the reason in its log by the request’s number. SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET must be those of the app that was opened.</List.Item>
      </List>
      <Button onClick={() => window.location.reload()}>Try again</Button>
    </Box>
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
