import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answered, api, type Schemas } from '../../../shared/api';
import { useNames } from '../../data';

// AgreementPick chooses agreements that are signed or offered, by who they are with.
export function AgreementPick({ value, onChange, most }: { value: string[]; onChange: (ids: string[]) => void; most?: number }) {
  const name = useNames();
  const found = useQuery({
    queryKey: ['agreements', 'pick'],
    queryFn: async () => {
      const all: Schemas['Agreement'][] = [];
      for (const state of ['signed', 'offered'] as const) {
        let cursor: string | undefined;
        do {
          const p = await answered(api.GET('/api/v1/agreements', { params: { query: { state, limit: 200, cursor } } }));
          all.push(...(p.data ?? []));
          cursor = p.next_cursor;
        } while (cursor && all.length < 1000);
      }
      return all;
    },
  });
  return (
    <MultiSelect
      label="For"
      required
      placeholder={value.length === 0 ? 'Influencer' : undefined}
      data={(found.data ?? []).map((a) => ({ value: a.id, label: `${name(a.influencer_id)} · ${name(a.campaign_id)}` }))}
      value={value}
      onChange={onChange}
      maxValues={most}
      searchable
      limit={50}
      hidePickedOptions
      nothingFoundMessage={found.isPending ? 'Looking …' : 'There is no such agreement'}
    />
  );
}
