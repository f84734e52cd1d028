import { Alert, AppShell, Box, Container, Group, NativeSelect, Text, UnstyledButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link, NavLink, Outlet, useLocation, type RouteObject } from 'react-router';
import { Refused } from '../shared/api';
import { Loading, Trouble } from '../admin/ui';
import { ShopContext, useMe } from './data';
import { Agreement } from './pages/Agreement';
import { Deals } from './pages/Deals';
import { Dispute, Disputes, OpenDispute } from './pages/Disputes';
import { Earning } from './pages/Earning';
import { Earnings } from './pages/Earnings';
import { Enter } from './pages/Enter';
import { Home } from './pages/Home';
import { Links } from './pages/Links';
import { Money } from './pages/Money';
import { OpenCampaigns } from './pages/OpenCampaigns';
import { Settings } from './pages/Settings';
import { SignIn } from './pages/SignIn';
import { StatementPage } from './pages/Statement';
import { Work } from './pages/Work';

export const routes: RouteObject[] = [
  { path: '/enter', element: <Outside title="Sign in"><Enter /></Outside> },
  {
    path: '/',
    element: <Inside />,
    children: [
      { index: true, element: <Home /> },
      { path: 'earnings', element: <Earnings /> },
      { path: 'earnings/:id', element: <Earning /> },
      { path: 'links', element: <Links /> },
      { path: 'deals', element: <Deals /> },
      { path: 'agreements/:id', element: <Agreement /> },
      { path: 'work', element: <Work /> },
      { path: 'open', element: <OpenCampaigns /> },
      { path: 'money', element: <Money /> },
      { path: 'statement', element: <StatementPage /> },
      { path: 'disputes', element: <Disputes /> },
      { path: 'disputes/new', element: <OpenDispute /> },
      { path: 'disputes/:id', element: <Dispute /> },
      { path: 'settings', element: <Settings /> },
      { path: '*', element: <Text>There is no such page. <Link to="/">Back to the start</Link></Text> },
    ],
  },
];

function Outside({ title, children }: { title: string; children: React.ReactNode }) {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <Container size="xs" component="main" py="xl">
      {children}
    </Container>
  );
}

const places: { to: string; label: string }[] = [
  { to: '/', label: 'Today' },
  { to: '/earnings', label: 'Earnings' },
  { to: '/links', label: 'Links' },
  { to: '/deals', label: 'Deals' },
  { to: '/money', label: 'Money' },
];

const kept = 'tributary-shop';

function Inside() {
  const me = useMe();
  const place = useLocation();
  const [wanted, setWanted] = useState(() => localStorage.getItem(kept) ?? '');
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [place.pathname]);
  if (me.isPending) return <Outside title="Your earnings"><Loading /></Outside>;
  if (me.error instanceof Refused && me.error.status === 401)
    return (
      <Outside title="Sign in">
        <SignIn />
      </Outside>
    );
  if (me.error) return <Outside title="Your earnings"><Trouble error={me.error} again={() => me.refetch()} /></Outside>;
  const shops = me.data.shops ?? [];
  const shop = shops.find((s) => s.id === wanted) ?? shops[0] ?? null;
  const here = (to: string) => (to === '/' ? place.pathname === '/' : place.pathname.startsWith(to));
  const choose = (id: string) => {
    localStorage.setItem(kept, id);
    setWanted(id);
  };
  return (
    <ShopContext value={shop}>
      <AppShell header={{ height: 56 }} footer={{ height: 60 }} padding="md">
        <AppShell.Header px="md">
          <Group h="100%" justify="space-between" wrap="nowrap" maw={720} mx="auto">
            {shops.length > 1 ? (
              <NativeSelect aria-label="Shop" value={shop?.id} onChange={(e) => choose(e.currentTarget.value)} data={shops.map((s) => ({ value: s.id, label: s.name }))} />
            ) : (
              <Text fw={600} truncate>
                {shop?.name ?? 'Tributary'}
              </Text>
            )}
            <UnstyledButton component={Link} to="/settings" aria-label={`Settings: ${me.data.email}`} style={{ minWidth: 44, minHeight: 44, display: 'grid', placeItems: 'center' }}>
              <Text size="sm">{me.data.email}</Text>
            </UnstyledButton>
          </Group>
        </AppShell.Header>
        <AppShell.Main>
          <Box maw={720} mx="auto" key={shop?.id}>
            {shop?.banned && (
              <Alert color="yellow" title="This shop has ended working with you" mb="md">
                New sales earn nothing. What you are owed stays to be seen here.
              </Alert>
            )}
            {shop || place.pathname === '/settings' || place.pathname === '/open' ? <Outlet /> : <Nowhere />}
          </Box>
        </AppShell.Main>
        <AppShell.Footer>
          <Group component="nav" aria-label="Main" h="100%" gap={0} grow maw={720} mx="auto" wrap="nowrap">
            {places.map((p) => (
              <UnstyledButton key={p.to} component={NavLink} to={p.to} end={p.to === '/'} ta="center" py="xs" mih={44} c={here(p.to) ? 'river.8' : undefined}>
                <Text size="sm" fw={here(p.to) ? 700 : 400}>
                  {p.label}
                </Text>
              </UnstyledButton>
            ))}
          </Group>
        </AppShell.Footer>
      </AppShell>
    </ShopContext>
  );
}

function Nowhere() {
  return (
    <>
      <Text component="h1" fw={600} size="xl">
        No shop works with you yet
      </Text>
      <Text my="md">Shops invite people by their e-mail address, or take applications.</Text>
      <Link to="/open">See the campaigns that you can apply to</Link>
    </>
  );
}
