import type { ComponentType } from 'react';
import type { RouteObject } from 'react-router';

// Where the app's pages are. A new page is a line here: `place` for one that has
// its entry in the navigation, `below` for one that is reached from another.
//
// An area is a directory of pages/ whose index.tsx exports, as default, a component
// for everything below its address; it renders its own <Routes>. It has its entry
// from the moment that file is there.

type Loaded = Promise<Record<string, unknown>>;

export type Place = { to: string; label: string; group: Group; words?: string };
export type Group = '' | 'Programme' | 'Sales' | 'Money' | 'Shop';

const areas = import.meta.glob<{ default: ComponentType }>('./pages/*/index.tsx');

export const places: Place[] = [];
export const pages: RouteObject[] = [];

const lazy = (load: () => Loaded, name: string) => async () => ({ Component: (await load())[name] as ComponentType });

function below(path: string, load: () => Loaded, name: string): void {
  pages.push(path === '' ? { index: true, lazy: lazy(load, name) } : { path, lazy: lazy(load, name) });
}

function place(path: string, label: string, group: Group, load: () => Loaded, name: string, words?: string): void {
  places.push({ to: `/${path}`, label, group, words });
  below(path, load, name);
}

function area(path: string, label: string, group: Group, words?: string): void {
  const load = areas[`./pages/${path}/index.tsx`];
  if (!load) return;
  places.push({ to: `/${path}`, label, group, words });
  pages.push({ path: `${path}/*`, lazy: lazy(load, 'default') });
}

place('', 'Home', '', () => import('./pages/Home'), 'Home', 'kpis figures dashboard');

place('influencers', 'Influencers', 'Programme', () => import('./pages/Influencers'), 'Influencers', 'creators people import');
below('influencers/:id', () => import('./pages/Influencer'), 'Influencer');
place('campaigns', 'Campaigns', 'Programme', () => import('./pages/Campaigns'), 'Campaigns', 'goals terms simulator');
below('campaigns/new', () => import('./pages/campaigns/Wizard'), 'Wizard');
below('campaigns/:id', () => import('./pages/Campaign'), 'Campaign');
place('agreements', 'Agreements', 'Programme', () => import('./pages/Agreements'), 'Agreements', 'terms signatures versions');
below('agreements/:id', () => import('./pages/Agreement'), 'Agreement');
place('codes', 'Codes and links', 'Programme', () => import('./pages/Codes'), 'Codes', 'discounts coupons qr');
area('landing-pages', 'Landing pages', 'Programme', 'sections editor');

place('orders', 'Orders', 'Sales', () => import('./pages/Orders'), 'Orders', 'why attribution refunds');
below('orders/:id', () => import('./pages/Order'), 'Order');
area('live', 'Live sessions', 'Sales', 'livestream');
area('giveaways', 'Giveaways', 'Sales', 'draw entries winners');
area('leads', 'Leads', 'Sales', 'forms qualify');
area('content', 'Content', 'Sales', 'posts engagement hashtags');

place('payouts', 'Payouts', 'Money', () => import('./pages/Payouts'), 'Payouts', 'balances close approve export statements');
below('payouts/:id', () => import('./pages/Payout'), 'Payout');
area('reports', 'Reports', 'Money', 'kpis cohorts top');

area('review', 'Review queue', 'Shop', 'fraud disputes failed work deliveries');
area('settings', 'Settings', 'Shop', 'consent keys domains connections');
