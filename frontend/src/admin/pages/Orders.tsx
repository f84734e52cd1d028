import { answered, api } from '../../shared/api';
import { addDays, startOfDay } from '../../shared/days';
import { dateTime } from '../../shared/format';
import { useNames, useSession } from '../data';
import { Listing, type Asked } from '../listing';
import { Amount, Header, Loading, State, To, Trouble } from '../ui';

export function Orders() {
  const session = useSession();
  const name = useNames();
  if (session.isPending) return <Loading />;
  if (session.error) return <Trouble error={session.error} again={() => session.refetch()} />;
  const zone = session.data.shop.time_zone;
  const spanned = ({ from, to, ...rest }: Asked) => ({ ...rest, from: from && startOfDay(from, zone), to: to && startOfDay(addDays(to, 1), zone) });
  return (
    <>
      <Header title="Orders" note={`What was sold, and who brought it. Days are those of ${zone}.`} />
      <Listing
        name="orders"
        label="Orders"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/orders', { params: { query: { ...spanned(asked), cursor, limit } } }))}
        id={(o) => o.id}
        empty="No order has come yet. The first one shows here within seconds of its payment."
        none="No orders are like that."
        search={{ key: 'code', placeholder: 'Discount code' }}
        filters={[
          { key: 'outcome', label: 'Any outcome', options: ['attributed', { value: 'none', label: 'nobody’s' }, 'held', 'denied'] },
          { key: 'via', label: 'Any way', options: ['code', 'click', 'visit', 'live', 'binding', 'manual'] },
          { key: 'payment', label: 'Any payment', options: ['paid', 'pending', 'void', 'unknown'] },
          { key: 'influencer', label: 'Influencer’s id', kind: 'text' },
          { key: 'from', label: 'From', kind: 'date' },
          { key: 'to', label: 'Until', kind: 'date' },
        ]}
        columns={[
          { head: 'Order', cell: (o) => <To to={`/orders/${o.id}`}>{o.name || o.id}</To>, csv: (o) => o.name || o.id },
          { head: 'When', cell: (o) => dateTime(o.paid_at ?? o.created_at ?? o.first_seen_at), csv: (o) => o.paid_at ?? o.created_at ?? o.first_seen_at, wide: true },
          { head: 'Influencer', cell: (o) => (o.influencer_id ? <To to={`/influencers/${o.influencer_id}`}>{name(o.influencer_id)}</To> : '–'), csv: (o) => o.influencer_id && name(o.influencer_id) },
          { head: 'By', tip: 'What won the order: a code, a click on a link, a landing page, a live session, an earlier order, or a person’s word.', cell: (o) => o.via ?? '–', csv: (o) => o.via, wide: true },
          { head: 'Outcome', cell: (o) => <State of={o.outcome} label={o.outcome === 'none' ? 'nobody’s' : undefined} />, csv: (o) => o.outcome },
          { head: 'Payment', cell: (o) => <State of={o.payment} />, csv: (o) => o.payment, wide: true },
          { head: 'Store’s id', cell: (o) => o.id, csv: (o) => o.id, hidden: true },
          { head: 'Total', tip: 'What the buyer paid as it was sold, with tax and shipping. What counts for commission stands in the order.', cell: (o) => <Amount value={o.total} />, csv: (o) => o.total, right: true },
        ]}
      />
    </>
  );
}
