import { Group, SimpleGrid, Spoiler, Stack, Table, Text, Timeline } from '@mantine/core';
import { useParams } from 'react-router';
import type { Schemas } from '../../shared/api';
import { dateTime, words } from '../../shared/format';
import { useNames, useOrder, useWhy } from '../data';
import { Amount, Facts, Help, Header, Loading, Section, State, To, Trouble } from '../ui';
import { Journals } from './orders/Journals';
import { Replay } from './orders/Replay';

export function Order() {
  const { id = '' } = useParams();
  const order = useOrder(id);
  const name = useNames();
  if (order.isPending) return <Loading />;
  if (order.error) return <Trouble error={order.error} again={() => order.refetch()} />;
  const o = order.data;
  return (
    <>
      <Header title={`Order ${o.name || o.id}`} note={dateTime(o.paid_at ?? o.created_at ?? o.first_seen_at)}>
        <State of={o.payment} />
        <State of={o.outcome} label={o.outcome === 'none' ? 'nobody’s' : undefined} />
        <Replay id={id} />
      </Header>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
        <Section title="Why?">
          <Why id={id} />
        </Section>
        <div>
          <Section title="The order">
            <Facts
              of={[
                ['Total', <Amount key="t" value={o.total} />],
                ['Tax', <Amount key="x" value={o.tax} />],
                ['Shipping', <Amount key="s" value={o.shipping} />],
                ['Codes', (o.codes ?? []).map((c) => c.code).join(', ') || 'none'],
                ['Influencer', o.influencer_id ? <To key="i" to={`/influencers/${o.influencer_id}`}>{name(o.influencer_id)}</To> : 'nobody'],
              ]}
            />
            <Table mt="md">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th c="dimmed" fw={500}>Line</Table.Th>
                  <Table.Th ta="right" c="dimmed" fw={500}>Quantity</Table.Th>
                  <Table.Th ta="right" c="dimmed" fw={500}>
                    <Help of="All units, after discounts, without tax and shipping. Returns take from it what they gave back.">Counts</Help>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {(o.lines ?? []).map((l) => (
                  <Table.Tr key={l.id}>
                    <Table.Td>{l.sku || l.product_id || words(l.kind)}</Table.Td>
                    <Table.Td ta="right">
                      {l.quantity}
                      {l.removed > 0 && (
                        <Text span size="xs" c="red.7">
                          {' '}
                          −{l.removed}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount value={l.net} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Section>
          {(o.refunds ?? []).length > 0 && (
            <Section title="Given back">
              <Table>
                <Table.Tbody>
                  {(o.refunds ?? []).map((r) => (
                    <Table.Tr key={r.id}>
                      <Table.Td>{dateTime(r.at)}</Table.Td>
                      <Table.Td ta="right">
                        <Amount value={r.amount} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Section>
          )}
          <Section title="Earned">
            {(o.earnings ?? []).length === 0 ? (
              <Text size="sm" c="dimmed">
                This order earns nobody anything.
              </Text>
            ) : (
              <Stack gap="sm">
                {(o.earnings ?? []).map((e) => (
                  <div key={e.id}>
                    <Group justify="space-between" wrap="nowrap">
                      <Text size="sm">
                        <To to={`/influencers/${e.influencer_id}`}>{name(e.influencer_id)}</To> <State of={e.state} />
                      </Text>
                      <Text size="sm" fw={600}>
                        <Amount value={e.amount} />
                      </Text>
                    </Group>
                    <Text size="xs" c="dimmed">
                      {[e.reason ? words(e.reason) : e.rule, e.state === 'pending' && e.release_at && `held until ${dateTime(e.release_at)}`, `terms ${e.terms_hash.slice(0, 12)}`].filter(Boolean).join(' · ')}{' '}
                      <To to={`/agreements/${e.agreement_id}`}>agreement</To>
                    </Text>
                    <Spoiler maxHeight={0} showLabel="Through the ledger" hideLabel="Hide the ledger" fz="xs">
                      <Journals earning={e.id} />
                    </Spoiler>
                  </div>
                ))}
              </Stack>
            )}
          </Section>
        </div>
      </SimpleGrid>
    </>
  );
}

// Why tells the decision as it stands: every touch in the order it happened,
// which won, and why the others did not. Earlier decisions follow.
function Why({ id }: { id: string }) {
  const why = useWhy(id);
  if (why.isPending) return <Loading />;
  if (why.error) return <Trouble error={why.error} again={() => why.refetch()} />;
  const decisions = [...(why.data.decisions ?? [])].reverse();
  if (decisions.length === 0)
    return (
      <Text size="sm" c="dimmed">
        It has not been decided yet. That takes seconds after the order is paid.
      </Text>
    );
  return (
    <Stack gap="lg">
      {decisions.map((d, i) => (
        <div key={d.number}>
          <Text size="xs" c="dimmed" mb="sm">
            {i === 0 ? 'Decided' : 'Before that, decided'} {dateTime(d.decided_at)} for a customer who is {d.customer === 'unknown' ? 'not known' : d.customer}
            {d.reason && `: ${words(d.reason)}`}
            {(d.flags ?? []).length > 0 && ` · ${(d.flags ?? []).map(words).join(', ')}`}
          </Text>
          <Touches of={d} />
        </div>
      ))}
    </Stack>
  );
}

function Touches({ of }: { of: Schemas['Decision'] }) {
  const name = useNames();
  const touches = [...(of.candidates ?? [])].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (touches.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No influencer’s code or link had a part in it.
      </Text>
    );
  const winner = touches.findIndex((t) => t.won);
  return (
    <Timeline bulletSize={16} lineWidth={2} active={winner} color="river" data-testid="why">
      {touches.map((t) => {
        const share = (of.winners ?? []).find((w) => w.touch_id === t.touch_id)?.share_bps;
        return (
          <Timeline.Item
            key={t.touch_id + t.at}
            color={t.won ? 'river' : 'gray'}
            title={
              <Group gap={6}>
                <Text size="sm" fw={t.won ? 600 : 400} component="span">
                  {t.influencer_id ? name(t.influencer_id) : 'Nobody we know'} · {t.kind} {t.code ?? ''}
                </Text>
                {t.won && <State of="won" label={share !== undefined && share !== 10_000 ? `won a share` : 'won'} />}
              </Group>
            }
          >
            <Text size="xs" c="dimmed">
              {dateTime(t.at)}
              {t.time_claimed && ' (as the store tells it)'}
            </Text>
            <Text size="sm">{t.detail || words(t.reason)}</Text>
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}
