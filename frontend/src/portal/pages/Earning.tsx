import { Anchor, Button, Group, Stack, Text, Timeline, Title } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { Amount, Facts, Loading, Section, State, Trouble } from '../../admin/ui';
import { dateTime, words } from '../../shared/format';
import type { Portal } from '../api';
import { useDealNames, useEarning, useWhy } from '../data';

export function Earning() {
  const { id = '' } = useParams();
  const found = useEarning(id);
  const name = useDealNames();
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const e = found.data;
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>{e.order ? `Order ${e.order}` : words(e.kind)}</Title>
        <State of={e.dispute_id ? 'disputed' : e.state} />
      </Group>
      <Text size="xl" fw={700} data-testid="amount">
        <Amount value={e.amount} />
      </Text>
      <Text>{e.explained}</Text>
      <Section title="What it is">
        <Facts
          of={[
            ['Happened', dateTime(e.occurred_at)],
            ['Becomes payable', e.locked_at ? `it did, ${dateTime(e.locked_at)}` : dateTime(e.release_at)],
            ['Under', <Anchor component={Link} to={`/agreements/${e.agreement_id}`} inherit>{name(e.agreement_id)}</Anchor>],
            ['Rules', (e.rules ?? []).join(', ') || '–'],
            ...(e.count ? [['Counted', String(e.count)] as [string, string]] : []),
          ]}
        />
      </Section>
      {e.kind === 'order' && <Why id={id} />}
      <Section title="Every movement of its money">
        {(e.journals ?? []).length === 0 && (
          <Text size="sm" c="dimmed">
            None.
          </Text>
        )}
        <Stack gap={6}>
          {(e.journals ?? []).map((j) => (
            <Group key={j.id} justify="space-between" wrap="nowrap">
              <Text size="sm">
                {movement[j.kind] ?? words(j.kind)}
                <Text component="span" size="xs" c="dimmed" display="block">
                  {dateTime(j.effective_at)}
                </Text>
              </Text>
              <Text size="sm" fw={600}>
                <Amount value={ofInfluencer(j)} />
              </Text>
            </Group>
          ))}
        </Stack>
      </Section>
      {e.dispute_id ? (
        <Button component={Link} to={`/disputes/${e.dispute_id}`} variant="default">
          See the dispute
        </Button>
      ) : (
        <Button component={Link} to={`/disputes/new?subject=earning&earning=${e.id}&about=${encodeURIComponent(e.order ?? e.id)}&currency=${e.amount.currency}`} variant="default">
          Something is wrong with it
        </Button>
      )}
    </Stack>
  );
}

const movement: Partial<Record<Portal['Journal']['kind'], string>> = {
  record: 'Earned, or corrected, in its hold',
  lock: 'The hold ended: part of your balance',
  adjust: 'Corrected after the hold',
  award: 'Awarded in a dispute',
  write_off: 'Written off',
};

// ofInfluencer is what a movement gives to the influencer: credits of their
// accounts, of the one that stays when money moves between both.
function ofInfluencer(j: Portal['Journal']): Portal['Money'] | undefined {
  const mine = (j.postings ?? []).filter((p) => p.account === 'influencer_payable' || p.account === 'influencer_pending');
  const p = mine.find((x) => x.account === 'influencer_payable') ?? mine[0];
  if (p?.credit) return p.credit;
  if (p?.debit) return { ...p.debit, amount: '-' + p.debit.amount };
  return undefined;
}

function Why({ id }: { id: string }) {
  const why = useWhy(id, true);
  if (why.isPending) return <Loading rows={3} />;
  if (why.error) return <Trouble error={why.error} again={() => why.refetch()} />;
  const decisions = [...(why.data.decisions ?? [])].reverse();
  return (
    <Section title="Why">
      <Stack gap="md" data-testid="why">
        {decisions.map((d, i) => (
          <div key={d.number}>
            <Text size="xs" c="dimmed" mb="xs">
              {i === 0 ? 'Decided' : 'Before that, decided'} {dateTime(d.decided_at)}
              {d.share_bps > 0 && d.share_bps < 10_000 && `: your share is ${d.share_bps / 100} %`}
              {d.reason && `: ${words(d.reason)}`}
            </Text>
            <Timeline bulletSize={14} lineWidth={2} color="river" active={(d.touches ?? []).findIndex((t) => t.won)}>
              {(d.touches ?? []).map((t, n) => (
                <Timeline.Item
                  key={n}
                  title={
                    <Text size="sm" component="span" fw={t.won ? 600 : 400}>
                      {t.mine ? `Your ${t.kind}${t.code ? ' ' + t.code : ''}` : `Somebody else’s ${t.kind}`} {t.won && <State of="won" />}
                    </Text>
                  }
                >
                  <Text size="xs" c="dimmed">
                    {dateTime(t.at)}
                  </Text>
                  <Text size="sm">{t.detail || words(t.reason)}</Text>
                </Timeline.Item>
              ))}
            </Timeline>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
