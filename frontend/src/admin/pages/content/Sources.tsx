import { Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { useNames, usePages } from '../../data';
import { List } from '../../listing';
import { AgreementPick, Ask, Do, fieldsOf, useAct } from '../../parts';
import { Section, State } from '../../ui';

type Account = Schemas['SocialAccount'];
type Hashtag = Schemas['Hashtag'];

// Sources are what posts are found and read with.
export function Sources() {
  return (
    <>
      <Accounts />
      <Hashtags />
    </>
  );
}

export function Accounts() {
  const found = usePages(['social-accounts'], () => answered(api.GET('/api/v1/social-accounts')));
  const [ending, end] = useState<Account>();
  const [adding, setAdding] = useState(false);
  const [platform, setPlatform] = useState('youtube');
  const [account, setAccount] = useState('');
  const [token, setToken] = useState('');
  const revoke = useAct((_: void, headers) => answered(api.POST('/api/v1/social-accounts/{id}/revoke', { params: { path: { id: ending!.id } }, headers })), 'social-accounts');
  const connect = useAct((_: void, headers) => answered(api.POST('/api/v1/social-accounts', { body: { platform, account_id: account.trim() || undefined, token: token.trim() }, headers })), 'social-accounts');
  const at = fieldsOf(connect.error);
  return (
    <Section title="Accounts that posts are read with" right={<Do variant="default" onClick={() => setAdding(true)}>Connect one</Do>}>
      <List<Account>
        of={found}
        label="Accounts"
        id={(a) => a.id}
        empty="None is connected: numbers come by hand or from files."
        columns={[
          { head: 'Platform', cell: (a) => a.platform },
          { head: 'Account', cell: (a) => a.account_id || '–', wide: true },
          { head: 'How it answers', cell: (a) => <State of={a.revoked_at ? 'ended' : a.health === 'ok' ? 'active' : 'failed'} label={a.revoked_at ? 'out of use' : a.health} /> },
          { head: 'Heard', cell: (a) => dateTime(a.health_at), wide: true },
          { head: 'End', right: true, cell: (a) => (a.revoked_at ? '–' : <Button size="compact-xs" variant="subtle" color="red" onClick={() => end(a)} aria-label={`Take ${a.platform} out of use`}>take out of use</Button>) },
        ]}
      />
      <Ask title="Take this account out of use?" act="Take it out" danger opened={ending !== undefined} onClose={() => end(undefined)} doing={revoke} onYes={() => revoke.mutate(undefined, { onSuccess: () => end(undefined) })}>
        <Text size="sm">Its token is forgotten, and its posts are not read any more.</Text>
      </Ask>
      <Ask title="Connect an account" act="Connect" opened={adding} onClose={() => setAdding(false)} doing={connect} ready={token.trim() !== ''} onYes={() => connect.mutate(undefined, { onSuccess: () => { setAdding(false); setToken(''); } })}>
        <Select label="Platform" data={['youtube', 'instagram']} value={platform} onChange={(v) => setPlatform(v!)} allowDeselect={false} error={at('platform')} />
        {platform === 'instagram' && <TextInput label="Account" description="The number of the business account that asks." value={account} onChange={(e) => setAccount(e.currentTarget.value)} error={at('account_id')} />}
        <PasswordInput label={platform === 'youtube' ? 'API key' : 'Access token'} description="Sealed, and never shown again." value={token} onChange={(e) => setToken(e.currentTarget.value)} error={at('token')} autoComplete="off" />
      </Ask>
    </Section>
  );
}

function Hashtags() {
  const name = useNames();
  const found = usePages(['hashtags'], () => answered(api.GET('/api/v1/hashtags')));
  const [agreement, setAgreement] = useState<string | null>(null);
  const [platform, setPlatform] = useState('instagram');
  const [tag, setTag] = useState('');
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Hashtag>();
  const watch = useAct((_: void, headers) => answered(api.POST('/api/v1/hashtags', { body: { agreement_id: agreement!, platform, tag: tag.trim() }, headers })), 'hashtags');
  const end = useAct((_: void, headers) => answered(api.POST('/api/v1/hashtags/{id}/end', { params: { path: { id: ending!.id } }, headers })), 'hashtags');
  const at = fieldsOf(watch.error);
  return (
    <Section title="Hashtags" right={<Do variant="default" onClick={() => setAdding(true)}>Search for one</Do>}>
      <List<Hashtag>
        of={found}
        label="Hashtags"
        id={(h) => h.id}
        empty="No hashtag is searched for. Give each influencer one of their own: what is found is submitted for their agreement."
        columns={[
          { head: 'Hashtag', cell: (h) => `#${h.tag}` },
          { head: 'Influencer', cell: (h) => name(h.agreement_id) },
          { head: 'Platform', cell: (h) => h.platform, wide: true },
          { head: 'Next search', cell: (h) => (h.ended_at ? 'ended' : dateTime(h.next_search_at)), wide: true },
          { head: 'End', right: true, cell: (h) => (h.ended_at ? '–' : <Button size="compact-xs" variant="subtle" color="red" onClick={() => setEnding(h)} aria-label={`End the search for ${h.tag}`}>end</Button>) },
        ]}
      />
      <Ask title="Search for a hashtag" act="Search" opened={adding} onClose={() => setAdding(false)} doing={watch} ready={agreement !== null && tag.trim() !== ''} onYes={() => watch.mutate(undefined, { onSuccess: () => { setAdding(false); setTag(''); } })}>
        <AgreementPick value={agreement} onChange={setAgreement} error={at('agreement_id')} />
        <Group grow align="flex-start">
          <Select label="Platform" data={['instagram', 'youtube']} value={platform} onChange={(v) => setPlatform(v!)} allowDeselect={false} error={at('platform')} />
          <TextInput label="Hashtag" value={tag} onChange={(e) => setTag(e.currentTarget.value)} error={at('tag')} />
        </Group>
      </Ask>
      <Ask title="End this search?" act="End it" danger opened={ending !== undefined} onClose={() => setEnding(undefined)} doing={end} onYes={() => end.mutate(undefined, { onSuccess: () => setEnding(undefined) })}>
        <Stack>
          <Text size="sm">Posts that were found stay.</Text>
        </Stack>
      </Ask>
    </Section>
  );
}
