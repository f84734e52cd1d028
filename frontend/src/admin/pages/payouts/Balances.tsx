import { Text } from '@mantine/core';
import type { Schemas } from '../../../shared/api';
import { useNames, type useBalances } from '../../data';
import { Amount, List, To, type Column } from '../../ui';

type Balance = Schemas['Balance'];

export function Balances({ of, names }: { of: ReturnType<typeof useBalances>; names: boolean }) {
  const name = useNames();
  const who: Column<Balance>[] = names ? [{ head: 'Influencer', cell: (b) => <To to={`/influencers/${b.influencer_id}`}>{name(b.influencer_id)}</To> }] : [];
  return (
    <List
      of={of}
      label="Balances"
      id={(b) => b.influencer_id + b.payable.currency}
      empty={<Text size="sm">Nothing was earned yet.</Text>}
      columns={[
        ...who,
        { head: 'Pending', tip: 'earned, and in its hold until the time for returns is over', cell: (b) => <Amount value={b.pending} />, right: true, wide: names },
        { head: 'Payable', tip: 'owed now; negative after refunds of what was paid already', cell: (b) => <Amount value={b.payable} />, right: true },
        { head: 'Clearing', tip: 'in a payout that is under way', cell: (b) => <Amount value={b.clearing} />, right: true, wide: true },
        { head: 'Paid', tip: 'all that was ever paid', cell: (b) => <Amount value={b.paid} />, right: true },
      ]}
    />
  );
}
