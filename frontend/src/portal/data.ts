// One hook for each thing the portal shows, of the shop that is looked at.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { answered } from '../shared/api';
import { api, at, carry, type Portal } from './api';

export const ShopContext = createContext<Portal['MyShop'] | null>(null);

export function useShop(): Portal['MyShop'] {
  const shop = useContext(ShopContext);
  if (!shop) throw new Error('no shop around this part');
  return shop;
}

export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: async () => {
      const me = await answered(api.GET('/portal/v1/me'));
      carry(me.csrf_token);
      return me;
    },
    retry: false,
    staleTime: 60_000,
  });

type Page<T> = { data: T[] | null; next_cursor?: string };

function usePages<T>(key: readonly unknown[], fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
  const q = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next_cursor,
  });
  return { ...q, rows: q.data?.pages.flatMap((p) => p.data ?? []) };
}

// live is how often what happens now is asked for while somebody looks.
const live = 15_000;

export function useToday() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'today'], refetchInterval: live, queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/today', { params: at({ shop }) })) });
}

export function useBalances() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'balances'], refetchInterval: live, queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/balances', { params: at({ shop }) })) });
}

export function useEarnings(state?: Portal['Earning']['state']) {
  const shop = useShop().id;
  return usePages([shop, 'earnings', state], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/earnings', { params: at({ shop }, { state, cursor }) })));
}

export function useEarning(id: string) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'earnings', 'one', id], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/earnings/{id}', { params: at({ shop, id }) })) });
}

export function useWhy(id: string, enabled: boolean) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'earnings', 'why', id], enabled, queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/earnings/{id}/why', { params: at({ shop, id }) })) });
}

export function useAgreements() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'agreements'], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/agreements', { params: at({ shop }, { limit: 200 }) })) });
}

export function useAgreement(id: string) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'agreements', id], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/agreements/{id}', { params: at({ shop, id }) })) });
}

export function useCampaigns() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'campaigns'], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/campaigns', { params: at({ shop }, { limit: 200 }) })) });
}

// useDealNames tells the campaign of an agreement, by its id.
export function useDealNames() {
  const agreements = useAgreements().data?.data ?? [];
  const campaigns = useCampaigns().data?.data ?? [];
  return (agreement: string) => {
    const campaign = agreements.find((a) => a.id === agreement)?.campaign_id;
    return campaigns.find((c) => c.id === campaign)?.name ?? agreement;
  };
}

export function useLinks() {
  const shop = useShop().id;
  return usePages([shop, 'links'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/links', { params: at({ shop }, { cursor }) })));
}

export function useCodes() {
  const shop = useShop().id;
  return usePages([shop, 'codes'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/codes', { params: at({ shop }, { cursor }) })));
}

export function usePosts() {
  const shop = useShop().id;
  return usePages([shop, 'posts'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/posts', { params: at({ shop }, { cursor }) })));
}

export function useLive() {
  const shop = useShop().id;
  return usePages([shop, 'live'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/live-sessions', { params: at({ shop }, { cursor }) })));
}

export function useGiveaways() {
  const shop = useShop().id;
  return usePages([shop, 'giveaways'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/giveaways', { params: at({ shop }, { cursor }) })));
}

export function useLeads() {
  const shop = useShop().id;
  return usePages([shop, 'leads'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/leads', { params: at({ shop }, { cursor }) })));
}

export function useStatements() {
  const shop = useShop().id;
  return usePages([shop, 'statements'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/statements', { params: at({ shop }, { cursor }) })));
}

export function useStatement(currency: string, period: string) {
  const shop = useShop().id;
  return useQuery({
    queryKey: [shop, 'statement', currency, period],
    queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/statement', { params: at({ shop }, { currency, period: period || undefined, format: 'json' as const }) })) as Promise<Portal['Statement']>,
  });
}

export function usePayoutMethod() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'payout-method'], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/payout-method', { params: at({ shop }) })) });
}

export function useNotifications() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'notifications'], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/notifications', { params: at({ shop }) })) });
}

export function useDisputes() {
  const shop = useShop().id;
  return usePages([shop, 'disputes'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/disputes', { params: at({ shop }, { cursor }) })));
}

export function useDispute(id: string) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'disputes', id], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/disputes/{id}', { params: at({ shop, id }) })) });
}

export function useProposals(id: string) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'proposals', id], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/agreements/{id}/proposals', { params: at({ shop, id }) })) });
}

export function usePagesOfMine() {
  const shop = useShop().id;
  return usePages([shop, 'pages'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/pages', { params: at({ shop }, { cursor }) })));
}

export function usePage(id: string, enabled: boolean) {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'pages', id], enabled, queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/pages/{id}', { params: at({ shop, id }) })) });
}

export function useAssets() {
  const shop = useShop().id;
  return usePages([shop, 'assets'], (cursor) => answered(api.GET('/portal/v1/shops/{shop}/assets', { params: at({ shop }, { cursor }) })));
}

export function useTaxForm() {
  const shop = useShop().id;
  return useQuery({ queryKey: [shop, 'tax'], queryFn: () => answered(api.GET('/portal/v1/shops/{shop}/tax-form', { params: at({ shop }) })) });
}

export const useDevices = () => useQuery({ queryKey: ['devices'], queryFn: () => answered(api.GET('/portal/v1/devices')) });

export const useOpenCampaigns = () => useQuery({ queryKey: ['open-campaigns'], queryFn: () => answered(api.GET('/portal/v1/open-campaigns')) });

// useDo runs what changes something, and lets all that is shown of the shop be
// read again.
export function useDo<I, O>(what: (shop: string, input: I) => Promise<O>, done?: (o: O) => void) {
  const shop = useContext(ShopContext)?.id ?? '';
  const client = useQueryClient();
  return useMutation<O, Error, I>({
    mutationFn: (input) => what(shop, input),
    onSuccess: async (o) => {
      await client.invalidateQueries({ queryKey: shop ? [shop] : [] });
      done?.(o);
    },
  });
}
