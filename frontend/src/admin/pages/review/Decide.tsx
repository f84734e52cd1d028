import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime, words } from '../../../shared/format';
import { useNames, usePages } from '../../data';
import { List } from '../../listing';
import { Deadline } from '../../parts';
import { Amount, Section, State, To } from '../../ui';
import { where } from '../content/Posts';
import { soonest } from './soonest';

const limit = 50;

// Decide is all that is held until a person decides, the most urgent first.
export function Decide() {
  const name = useNames();
  const numbers = usePages(['posts', 'held'], (cursor) => answered(api.GET('/api/v1/posts', { params: { query: { held: 'true', limit, cursor } } })));
  const posts = usePages(['posts', 'submitted'], (cursor) => answered(api.GET('/api/v1/posts', { params: { query: { state: 'submitted', limit, cursor } } })));
  const leads = usePages(['leads', 'vetting'], (cursor) => answered(api.GET('/api/v1/leads', { params: { query: { state: 'pending_vetting', limit, cursor } } })));
  const orders = usePages(['orders', 'held'], (cursor) => answered(api.GET('/api/v1/orders', { params: { query: { outcome: 'held', limit, cursor } } })));
  const earnings = usePages(['earnings', 'held'], (cursor) => answered(api.GET('/api/v1/earnings', { params: { query: { state: 'held', limit, cursor } } })));
  return (
    <>
      <Section title="Numbers that look wrong">
        <List<Schemas['Post']>
          of={{ ...numbers, rows: numbers.rows && soonest(numbers.rows, (p) => p.hold?.decide_by) }}
          label="Numbers that look wrong"
          id={(p) => p.id}
          empty="No post’s numbers look wrong."
          columns={[
            { head: 'Post', cell: (p) => <To to={`/content/post/${p.id}`}>{where(p)}</To> },
            { head: 'Influencer', cell: (p) => name(p.agreement_id), wide: true },
            { head: 'Why', cell: (p) => words(p.hold?.reason ?? '') },
            { head: 'Decide', cell: (p) => <Deadline at={p.hold?.decide_by} then={`${p.on_deadline} by itself`} />, right: true, tip: 'what happens then by itself stands in the terms' },
          ]}
        />
      </Section>
      <Section title="Posts to approve">
        <List<Schemas['Post']>
          of={{ ...posts, rows: posts.rows && soonest(posts.rows, (p) => p.decide_by) }}
          label="Posts to approve"
          id={(p) => p.id}
          empty="No post waits."
          columns={[
            { head: 'Post', cell: (p) => <To to={`/content/post/${p.id}`}>{where(p)}</To> },
            { head: 'Influencer', cell: (p) => name(p.agreement_id), wide: true },
            { head: 'Then', cell: (p) => `${p.on_deadline} by itself`, wide: true },
            { head: 'Decide', cell: (p) => <Deadline at={p.decide_by} then={`${p.on_deadline} by itself`} />, right: true },
          ]}
        />
      </Section>
      <Section title="Leads to vet" right={<To to="/leads?state=pending_vetting">all, to decide together</To>}>
        <List<Schemas['Lead']>
          of={{ ...leads, rows: leads.rows && soonest(leads.rows, (l) => l.vet_by) }}
          label="Leads to vet"
          id={(l) => l.id}
          empty="No lead waits."
          columns={[
            { head: 'Lead', cell: (l) => <To to={`/leads/lead/${l.id}`}>{l.id}</To> },
            { head: 'Brought by', cell: (l) => name(l.agreement_id) },
            { head: 'Came', cell: (l) => dateTime(l.submitted_at), wide: true },
            { head: 'Decide', cell: (l) => <Deadline at={l.vet_by} then="the agreed default happens" />, right: true },
          ]}
        />
      </Section>
      <Section title="Orders held">
        <List
          of={orders}
          label="Orders held"
          id={(o) => o.id}
          empty="No order is held."
          columns={[
            { head: 'Order', cell: (o) => <To to={`/orders/${o.id}`}>{o.name || o.id}</To> },
            { head: 'Influencer', cell: (o) => name(o.influencer_id) },
            { head: 'When', cell: (o) => dateTime(o.paid_at ?? o.created_at ?? o.first_seen_at), wide: true },
            { head: 'Total', cell: (o) => <Amount value={o.total} />, right: true },
          ]}
        />
      </Section>
      <Section title="Earnings held">
        <List<Schemas['Earning']>
          of={earnings}
          label="Earnings held"
          id={(e) => e.id}
          empty="No earning is held."
          columns={[
            { head: 'Influencer', cell: (e) => <To to={`/influencers/${e.influencer_id}`}>{name(e.influencer_id)}</To> },
            { head: 'Of', cell: (e) => (e.order_id ? <To to={`/orders/${e.order_id}`}>order {e.order_id}</To> : words(e.kind)) },
            { head: 'Why', cell: (e) => (e.reason ? words(e.reason) : <State of="held" />), wide: true },
            { head: 'Amount', cell: (e) => <Amount value={e.amount} />, right: true },
          ]}
        />
      </Section>
    </>
  );
}
