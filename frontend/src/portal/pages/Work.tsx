import { Alert, Anchor, Button, Card, Checkbox, Group, NativeSelect, Stack, TagsInput, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { answered } from '../../shared/api';
import { Loading, Section, State, Trouble } from '../../admin/ui';
import { count, date, dateTime, words } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { Assets } from './Assets';
import { useAgreements, useDealNames, useDo, useGiveaways, useLeads, useLive, usePosts } from '../data';

export function Work() {
  return (
    <Stack>
      <Title order={1}>What you do</Title>
      <SubmitPost />
      <Posts />
      <Assets />
      <Live />
      <Giveaways />
      <Leads />
    </Stack>
  );
}

// localMinute is an instant as a field for date and time has it, where one is.
const localMinute = (t: Date) => new Date(t.getTime() - t.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function SubmitPost() {
  const agreements = useAgreements();
  const name = useDealNames();
  const signed = (agreements.data?.data ?? []).filter((a) => (a.versions ?? []).some((v) => v.state === 'signed'));
  const [agreement, setAgreement] = useState('');
  const [url, setURL] = useState('');
  const [platform, setPlatform] = useState('instagram');
  const [caption, setCaption] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const [label, setLabel] = useState(false);
  // Until another time is chosen it is the very instant, for the minute may have
  // begun before the agreement did.
  const [now] = useState(() => new Date());
  const [when, setWhen] = useState(() => localMinute(now));
  const send = useDo((shop, body: Portal['SubmitPostInBody']) => answered(api.POST('/portal/v1/shops/{shop}/posts', { params: sent({ shop }), body })));
  if (signed.length === 0) return null;
  const under = agreement || signed[0]!.id;
  return (
    <Section title="Submit a post">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          send.mutate({ agreement_id: under, url, platform, caption, hashtags: tags, paid_partnership: label, published_at: (when === localMinute(now) ? now : new Date(when)).toISOString() });
        }}
      >
        <Stack gap="sm">
          {signed.length > 1 && <NativeSelect label="Under" value={under} onChange={(e) => setAgreement(e.currentTarget.value)} data={signed.map((a) => ({ value: a.id, label: name(a.id) }))} />}
          <TextInput label="Address of the post" placeholder="https://" inputMode="url" required value={url} onChange={(e) => setURL(e.currentTarget.value)} />
          <Group grow>
            <NativeSelect label="Where" value={platform} onChange={(e) => setPlatform(e.currentTarget.value)} data={['instagram', 'tiktok', 'youtube', 'x', 'other']} />
            <TextInput label="Published on" type="datetime-local" required value={when} onChange={(e) => setWhen(e.currentTarget.value)} />
          </Group>
          <Textarea label="What it says" description="The disclosure is looked for in it" autosize minRows={3} value={caption} onChange={(e) => setCaption(e.currentTarget.value)} />
          <TagsInput label="Hashtags" value={tags} onChange={setTags} />
          <Checkbox label="It carries the platform’s label for paid partnerships" checked={label} onChange={(e) => setLabel(e.currentTarget.checked)} />
          {send.error && <Trouble error={send.error} />}
          {send.data && (
            <Alert role="status" color={send.data.disclosure.adequate ? 'river' : 'yellow'} variant="light" title={send.data.disclosure.adequate ? 'Sent, and it discloses well' : 'Sent, but it does not disclose well enough'}>
              {send.data.disclosure.detail}
            </Alert>
          )}
          <Button type="submit" loading={send.isPending}>
            Send to the shop
          </Button>
        </Stack>
      </form>
    </Section>
  );
}

type Listed<T> = { rows: T[] | undefined; isPending: boolean; error: unknown; refetch: () => unknown; hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

function Listing<T>({ title, of, empty, row }: { title: string; of: Listed<T>; empty: string; row: (x: T) => ReactNode }) {
  return (
    <Section title={title}>
      {of.isPending && <Loading rows={2} />}
      {of.error ? <Trouble error={of.error} again={() => of.refetch()} /> : null}
      {of.rows?.length === 0 && (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      )}
      <Stack gap="xs">{(of.rows ?? []).map(row)}</Stack>
      {of.hasNextPage && (
        <Button mt="xs" variant="default" size="xs" loading={of.isFetchingNextPage} onClick={() => of.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Section>
  );
}

function Posts() {
  return (
    <Listing
      title="Your posts"
      of={usePosts()}
      empty="None yet."
      row={(p) => (
        <Card key={p.id} padding="xs">
          <Group justify="space-between" wrap="nowrap">
            <Anchor href={p.url} size="sm" truncate rel="noreferrer" target="_blank">
              {p.url}
            </Anchor>
            <State of={p.state} />
          </Group>
          <Text size="xs" c="dimmed">
            {words(p.platform)}, {date(p.published_at)} · {p.disclosure.adequate ? 'discloses well' : p.disclosure.detail}
          </Text>
          {p.standing && (
            <Text size="xs">
              {count(p.standing.views)} views, {count(p.standing.likes)} likes, {count(p.standing.comments)} comments
            </Text>
          )}
          {p.reason && <Text size="xs">{words(p.reason)}</Text>}
        </Card>
      )}
    />
  );
}

function Live() {
  return (
    <Listing
      title="Live sessions"
      of={useLive()}
      empty="None planned. The shop plans them with you."
      row={(l) => (
        <Card key={l.id} padding="xs">
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" fw={600}>
              {l.title}
            </Text>
            <State of={l.state} />
          </Group>
          <Text size="xs" c="dimmed">
            {words(l.platform)}, {dateTime(l.starts_at)} to {dateTime(l.ends_at)}
          </Text>
          {(l.codes ?? []).length > 0 && <Text size="xs">Codes: {(l.codes ?? []).map((c) => c.code).join(', ')}</Text>}
        </Card>
      )}
    />
  );
}

function Giveaways() {
  return (
    <Listing
      title="Giveaways"
      of={useGiveaways()}
      empty="None."
      row={(g) => (
        <Card key={g.id} padding="xs">
          <Group justify="space-between" wrap="nowrap">
            <Anchor href={g.page} size="sm" fw={600}>
              {g.title}
            </Anchor>
            <State of={g.state} />
          </Group>
          <Text size="xs" c="dimmed">
            {g.prize} · {dateTime(g.opens_at)} to {dateTime(g.closes_at)}
          </Text>
        </Card>
      )}
    />
  );
}

function Leads() {
  const name = useDealNames();
  return (
    <Listing
      title="Leads you brought"
      of={useLeads()}
      empty="None yet."
      row={(l) => (
        <Card key={l.id} padding="xs">
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm">
              {dateTime(l.submitted_at)} · {name(l.agreement_id)}
            </Text>
            <State of={l.state} />
          </Group>
          <Text size="xs" c="dimmed">
            {l.reason ? words(l.reason) : l.vet_by ? `The shop looks at it until ${dateTime(l.vet_by)}` : ''}{' '}
            {(l.state === 'rejected' || l.state === 'duplicate' || l.state === 'invalid' || l.state === 'expired') && (
              <Anchor component={Link} to={`/disputes/new?subject=lead&lead=${l.id}&about=${l.id}`} size="xs">
                That is wrong
              </Anchor>
            )}
          </Text>
        </Card>
      )}
    />
  );
}
