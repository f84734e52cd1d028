// One hook for each thing the pages show. Whoever changes something makes the
// hooks look again by their key.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../shared/api';
import { setZone } from '../shared/format';

export type Page<T> = { data: T[] | null; next_cursor?: string };

// usePages walks a list page by page.
export function usePages<T>(key: readonly unknown[], fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
  const q = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  return { ...q, rows: q.data?.pages.flatMap((p) => p.data ?? []) };
}

// useSession tells who is at work and for which shop. Its day and its zone are
// those of all days that are shown.
export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    staleTime: 60_000,
    queryFn: async () => {
      const session = await answered(api.GET('/api/v1/session'));
      setZone(session.shop.time_zone);
      return session;
    },
  });

type Query<P> = P extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;
type Get = import('../shared/api/schema').paths;

export type OrderFilter = Query<Get['/api/v1/orders']['get']>;

// What an order is, and what it earns, may change while somebody looks at it.
const live = { staleTime: 0, refetchInterval: 10_000 };

export const useOrder = (id: string) => useQuery({ ...live, queryKey: ['orders', id], queryFn: () => answered(api.GET('/api/v1/orders/{id}', { params: { path: { id } } })) });

export const useWhy = (id: string) =>
  useQuery({ ...live, queryKey: ['orders', id, 'why'], queryFn: () => answered(api.GET('/api/v1/orders/{id}/why', { params: { path: { id } } })) });

export const useInfluencers = (search: string) =>
  usePages(['influencers', search], (cursor) => answered(api.GET('/api/v1/influencers', { params: { query: { search: search || undefined, cursor } } })));

export const useInfluencer = (id: string) =>
  useQuery({ queryKey: ['influencers', id, 'one'], queryFn: () => answered(api.GET('/api/v1/influencers/{id}', { params: { path: { id } } })) });

export const useCampaigns = () => usePages(['campaigns'], (cursor) => answered(api.GET('/api/v1/campaigns', { params: { query: { cursor } } })));

export const useAgreements = (filter: Query<Get['/api/v1/agreements']['get']>) =>
  usePages(['agreements', filter], (cursor) => answered(api.GET('/api/v1/agreements', { params: { query: { ...filter, cursor } } })));

export const useAgreement = (id: string) =>
  useQuery({ queryKey: ['agreements', id], queryFn: () => answered(api.GET('/api/v1/agreements/{id}', { params: { path: { id } } })) });

export const useCodes = (filter: Query<Get['/api/v1/codes']['get']>) =>
  usePages(['codes', filter], (cursor) => answered(api.GET('/api/v1/codes', { params: { query: { ...filter, cursor } } })));

export const useLinks = (filter: Query<Get['/api/v1/links']['get']>) =>
  usePages(['links', filter], (cursor) => answered(api.GET('/api/v1/links', { params: { query: { ...filter, cursor } } })));

export const useEarnings = (filter: Query<Get['/api/v1/earnings']['get']>) =>
  usePages(['earnings', filter], (cursor) => answered(api.GET('/api/v1/earnings', { params: { query: { ...filter, cursor } } })));

export const useBalances = (influencer?: string) =>
  usePages(['balances', influencer], (cursor) => answered(api.GET('/api/v1/balances', { params: { query: { influencer, cursor } } })));

export const useBatch = (id: string) => useQuery({ staleTime: 0, queryKey: ['payouts', id, 'one'], queryFn: () => answered(api.GET('/api/v1/payouts/{id}', { params: { path: { id } } })) });

export const useKPIs = (query: Query<Get['/api/v1/kpis']['get']>, enabled = true) =>
  useQuery({ queryKey: ['kpis', query], enabled, placeholderData: keepPreviousData, queryFn: () => answered(api.GET('/api/v1/kpis', { params: { query } })) });

// useNames tells influencers, campaigns and, by who is paid, agreements by their ids. A shop has few enough
// of them to hold; beyond the first thousand the id itself is shown.
export function useNames() {
  const { data } = useQuery({
    queryKey: ['names'],
    staleTime: 5 * 60_000,
    queryFn: async () => {
      const names = new Map<string, string>();
      const all = async <T extends { id: string }>(fetchPage: (cursor?: string) => Promise<Page<T>>, name: (row: T) => string) => {
        let cursor: string | undefined;
        for (let page = 0; page < 5; page++) {
          const p = await fetchPage(cursor);
          for (const row of p.data ?? []) names.set(row.id, name(row));
          cursor = p.next_cursor;
          if (!cursor) return;
        }
      };
      const paid = new Map<string, string>();
      await Promise.all([
        all((cursor) => answered(api.GET('/api/v1/influencers', { params: { query: { limit: 200, cursor } } })), (i) => i.name || i.handle),
        all((cursor) => answered(api.GET('/api/v1/campaigns', { params: { query: { limit: 200, cursor } } })), (c) => c.name),
        all((cursor) => answered(api.GET('/api/v1/agreements', { params: { query: { limit: 200, cursor } } })), (a) => (paid.set(a.id, a.influencer_id), a.id)),
      ]);
      for (const [agreement, influencer] of paid) names.set(agreement, names.get(influencer) ?? agreement);
      return names;
    },
  });
  return (id: string | undefined) => (id ? (data?.get(id) ?? id) : '–');
}

// useDo runs what changes something, and lets what is shown be read again.
export function useDo<T>(what: (key: string) => Promise<T>, stale: readonly unknown[]) {
  const client = useQueryClient();
  return useMutation<T, Error, void>({ mutationFn: () => what(crypto.randomUUID()), onSuccess: () => client.invalidateQueries({ queryKey: stale }) });
}

// useAct is useDo for what is told only when it is done.
export function useAct<V, T>(what: (value: V, key: string) => Promise<T>, ...stale: readonly (readonly unknown[])[]) {
  const client = useQueryClient();
  return useMutation<T, Error, V>({
    mutationFn: (v) => what(v, crypto.randomUUID()),
    onSuccess: async () => {
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}
