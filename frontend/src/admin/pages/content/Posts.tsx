import { Badge, Button, Group, Modal, Select, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { date } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { AgreementPick, Clock, Deadline, Do, fieldsOf, useAct } from '../../parts';
import { State, To, Trouble } from '../../ui';

type Post = Schemas['Post'];

export const platforms = ['instagram', 'tiktok', 'youtube', 'x', 'other'];

export function Disclosed({ of }: { of: Post['disclosure'] }) {
  return (
    <Badge size="sm" variant="light" tt="none" fw={500} color={of.adequate ? 'green' : 'red'} title={of.detail}>
      {of.adequate ? 'disclosed' : of.code.replace(/_/g, ' ')}
    </Badge>
  );
}

// where is what a row calls its post: the end of its address.
export const where = (p: Post) => `${p.platform} ${p.url.replace(/^https?:\/\/(www\.)?[^/]+\//, '').slice(0, 40)}`;

export function Posts() {
  const name = useNames();
  const [adding, add] = useDisclosure();
  const go = useNavigate();
  return (
    <>
      <Listing<Post>
        name="posts"
        label="Posts"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/posts', { params: { query: { ...asked, cursor, limit } } }))}
        id={(p) => p.id}
        empty="No post is known yet. Submit one, let a hashtag find them, or have the influencer submit theirs."
        filters={[
          { key: 'state', label: 'Any state', options: ['submitted', 'approved', 'rejected'] },
          { key: 'platform', label: 'Any platform', options: platforms },
          { key: 'held', label: 'Numbers', options: [{ value: 'true', label: 'numbers held' }, { value: 'false', label: 'nothing looks wrong' }] },
        ]}
        columns={[
          { head: 'Post', cell: (p) => <To to={`/content/post/${p.id}`}>{where(p)}</To>, csv: (p) => p.url },
          { head: 'Influencer', cell: (p) => name(p.agreement_id), csv: (p) => name(p.agreement_id) },
          { head: 'State', cell: (p) => <Group gap={4}><State of={p.state} />{p.hold && !p.hold.decision && <State of="held" />}</Group>, csv: (p) => p.state },
          { head: 'Advertising', cell: (p) => <Disclosed of={p.disclosure} />, csv: (p) => p.disclosure.code, tip: 'whether a reader sees, before the fold and in plain words, that it is advertising' },
          { head: 'Published', cell: (p) => date(p.published_at), csv: (p) => p.published_at, wide: true },
          { head: 'Decide', cell: (p) => (p.state === 'submitted' ? <Deadline at={p.decide_by} then={`${p.on_deadline} by itself`} /> : '–'), csv: (p) => p.decide_by, right: true },
        ]}
      />
      <Do onClick={add.open}>Submit a post</Do>
      <Modal opened={adding} onClose={add.close} title="Submit a post" centered>
        <Submit onClose={add.close} onDone={(p) => go(`/content/post/${p.id}`)} />
      </Modal>
    </>
  );
}

function Submit({ onClose, onDone }: { onClose: () => void; onDone: (p: Post) => void }) {
  const [agreement, setAgreement] = useState<string | null>(null);
  const [platform, setPlatform] = useState('instagram');
  const [url, setUrl] = useState('');
  const [published, setPublished] = useState<string>();
  const [caption, setCaption] = useState('');
  const [hashtags, setHashtags] = useState<string[]>([]);
  const [label, setLabel] = useState(false);
  const saving = useAct((_: void, headers) => answered(api.POST('/api/v1/posts', { body: { agreement_id: agreement!, platform, url: url.trim(), published_at: published!, caption, hashtags, paid_partnership: label }, headers })), 'posts');
  const at = fieldsOf(saving.error);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        saving.mutate(undefined, { onSuccess: onDone });
      }}
    >
      <Stack>
        <AgreementPick value={agreement} onChange={setAgreement} error={at('agreement_id')} />
        <Select label="Platform" data={platforms} value={platform} onChange={(v) => setPlatform(v!)} allowDeselect={false} error={at('platform')} />
        <TextInput label="Address" type="url" value={url} onChange={(e) => setUrl(e.currentTarget.value)} required error={at('url')} />
        <Clock label="Published" value={published} onChange={setPublished} required error={at('published_at')} />
        <Textarea label="Caption" description="As it stands: the disclosure check reads it." value={caption} onChange={(e) => setCaption(e.currentTarget.value)} autosize minRows={2} error={at('caption')} />
        <TagsInput label="Hashtags" value={hashtags} onChange={setHashtags} error={at('hashtags')} />
        <Switch label="The platform shows its paid-partnership label" checked={label} onChange={(e) => setLabel(e.currentTarget.checked)} />
        {saving.error && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!agreement || !published}>
            Submit
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
