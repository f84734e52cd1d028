import { Anchor, Button, Card, Code, Group, NativeSelect, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { answered } from '../../shared/api';
import { Amount, Facts, Loading, Section, State, Trouble } from '../../admin/ui';
import { dateTime, words } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { useAgreements, useDealNames, useDispute, useDisputes, useDo, useLinks, useShop } from '../data';

export function Disputes() {
  const list = useDisputes();
  return (
    <Stack>
      <Title order={1}>Disputes</Title>
      <Text size="sm">If something was counted wrongly, say so. Our records about it are read again at once, the shop answers by a date, and no money moves away meanwhile.</Text>
      <Button component={Link} to="/disputes/new?subject=missing_order" variant="light">
        An order is missing
      </Button>
      <Button component={Link} to="/disputes/new?subject=clicks" variant="light">
        Clicks were counted wrongly
      </Button>
      {list.isPending && <Loading />}
      {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
      {(list.rows ?? []).map((d) => (
        <Card key={d.id} component={Link} to={`/disputes/${d.id}`} style={{ color: 'inherit', textDecoration: 'none' }}>
          <Group justify="space-between" wrap="nowrap">
            <Text fw={600}>{d.about}</Text>
            <State of={d.state} label={d.state === 'open' ? 'the shop’s turn' : d.state === 'asked' ? 'your turn' : undefined} />
          </Group>
          <Text size="xs" c="dimmed">
            {words(d.subject)}, {dateTime(d.opened_at)}
          </Text>
        </Card>
      ))}
      {list.hasNextPage && (
        <Button variant="default" onClick={() => list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Stack>
  );
}

type Subject = Portal['Dispute']['subject'];
const titles: Record<Subject, string> = {
  earning: 'Something is wrong with',
  missing_order: 'An order is missing',
  clicks: 'Clicks were counted wrongly',
  lead: 'A lead was judged wrongly',
  payout: 'Something is wrong with the payout of',
};

export function OpenDispute() {
  const [query] = useSearchParams();
  const subject = (query.get('subject') ?? 'earning') as Subject;
  const shop = useShop();
  const go = useNavigate();
  const agreements = useAgreements();
  const name = useDealNames();
  const links = useLinks();
  const signed = (agreements.data?.data ?? []).filter((a) => (a.versions ?? []).some((v) => v.effective_from));
  const [agreement, setAgreement] = useState('');
  const [link, setLink] = useState('');
  const [order, setOrder] = useState('');
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const [amount, setAmount] = useState('');
  const [text, setText] = useState('');
  const currency = query.get('currency') ?? shop.currency;
  const send = useDo(
    (at_, body: Portal['OpenDisputeInBody']) => answered(api.POST('/portal/v1/shops/{shop}/disputes', { params: sent({ shop: at_ }), body })),
    (d) => go(`/disputes/${d.id}`, { replace: true }),
  );
  return (
    <Stack>
      <Title order={1}>
        {titles[subject]} {query.get('about') ?? ''}
      </Title>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          send.mutate({
            subject,
            text,
            claimed: { amount, currency },
            earning_id: query.get('earning') ?? undefined,
            lead_id: query.get('lead') ?? undefined,
            payout_id: query.get('payout') ?? undefined,
            agreement_id: subject === 'missing_order' ? agreement || signed[0]?.id : undefined,
            order: subject === 'missing_order' ? order : undefined,
            link_id: subject === 'clicks' ? link || links.rows?.[0]?.id : undefined,
            day: subject === 'missing_order' || subject === 'clicks' ? day : undefined,
          });
        }}
      >
        <Stack gap="sm">
          {subject === 'missing_order' && (
            <>
              <NativeSelect label="Under" value={agreement || signed[0]?.id} onChange={(e) => setAgreement(e.currentTarget.value)} data={signed.map((a) => ({ value: a.id, label: name(a.id) }))} />
              <TextInput label="Number of the order" placeholder="#1001" required value={order} onChange={(e) => setOrder(e.currentTarget.value)} />
            </>
          )}
          {subject === 'clicks' && (
            <NativeSelect label="Link" value={link || links.rows?.[0]?.id} onChange={(e) => setLink(e.currentTarget.value)} data={(links.rows ?? []).map((l) => ({ value: l.id, label: l.slug }))} />
          )}
          {(subject === 'missing_order' || subject === 'clicks') && <TextInput label="Day" type="date" required value={day} onChange={(e) => setDay(e.currentTarget.value)} />}
          <TextInput label={`What is missing, in ${currency}`} inputMode="decimal" required value={amount} onChange={(e) => setAmount(e.currentTarget.value.replace(',', '.'))} />
          <Textarea label="What happened" required autosize minRows={4} value={text} onChange={(e) => setText(e.currentTarget.value)} />
          {send.error && <Trouble error={send.error} />}
          <Button type="submit" loading={send.isPending}>
            Open the dispute
          </Button>
        </Stack>
      </form>
    </Stack>
  );
}

const authors = { influencer: 'You', merchant: 'The shop', deadline: 'The deadline' };

export function Dispute() {
  const { id = '' } = useParams();
  const found = useDispute(id);
  const [text, setText] = useState('');
  const [open, { toggle }] = useDisclosure();
  const say = useDo(
    (shop, body: Portal['AnswerDisputeInBody']) => answered(api.POST('/portal/v1/shops/{shop}/disputes/{id}/messages', { params: sent({ shop, id }), body })),
    () => setText(''),
  );
  const withdraw = useDo((shop, _: void) => answered(api.POST('/portal/v1/shops/{shop}/disputes/{id}/withdraw', { params: sent({ shop, id }) })));
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const d = found.data;
  const undecided = d.state === 'open' || d.state === 'asked';
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>{d.about}</Title>
        <State of={d.state} />
      </Group>
      <Section title="Where it stands">
        <Facts
          of={[
            ['You claim', <Amount value={d.claimed} />],
            ['Opened', dateTime(d.opened_at)],
            ...(undecided ? [[d.state === 'open' ? 'The shop answers by' : 'You answer by', dateTime(d.answer_by)] as [string, string]] : []),
            ...(d.awarded ? [['Added to your balance', <Amount value={d.awarded} />] as [string, React.ReactNode]] : []),
            ...(d.decided_at ? [['Decided', dateTime(d.decided_at)] as [string, string]] : []),
            ...(d.reason ? [['The reason', d.reason] as [string, string]] : []),
          ]}
        />
        {d.overdue && <Text size="sm">The shop has let its date pass.</Text>}
      </Section>
      <Section title="What was said">
        <Stack gap="sm">
          {(d.messages ?? []).map((m) => (
            <div key={m.at + m.author}>
              <Text size="xs" c="dimmed">
                {authors[m.author]}, {dateTime(m.at)}
              </Text>
              <Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>
                {m.text || 'Taken out: it named somebody who wanted to be forgotten.'}
              </Text>
            </div>
          ))}
          {undecided && (
            <form
              onSubmit={(e) => {
                e.preventDefault();
                say.mutate({ text });
              }}
            >
              <Stack gap="xs">
                <Textarea label="Say something" required autosize minRows={2} value={text} onChange={(e) => setText(e.currentTarget.value)} />
                {say.error && <Trouble error={say.error} />}
                <Group grow>
                  <Button type="submit" loading={say.isPending}>
                    Send
                  </Button>
                  <Button variant="default" loading={withdraw.isPending} onClick={() => withdraw.mutate()}>
                    Withdraw it
                  </Button>
                </Group>
                {withdraw.error && <Trouble error={withdraw.error} />}
              </Stack>
            </form>
          )}
        </Stack>
      </Section>
      <Section title="What our records say">
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={open}>
          {open ? 'Hide them' : 'Read them'}
        </Button>
        {open && (
          <Code block fz="xs" mt="sm" tabIndex={0} aria-label="Evidence" style={{ maxHeight: 420, overflow: 'auto' }}>
            {JSON.stringify(d.evidence, null, 2)}
          </Code>
        )}
      </Section>
      <Anchor component={Link} to="/disputes" size="sm">
        All disputes
      </Anchor>
    </Stack>
  );
}
