import { Alert, Button, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Loading, Section, Trouble } from '../../admin/ui';
import { date } from '../../shared/format';
import { api, type Portal } from '../api';
import { useDo, useMe, useOpenCampaigns } from '../data';

export function OpenCampaigns() {
  const list = useOpenCampaigns();
  return (
    <Stack>
      <Title order={1}>Campaigns you can apply to</Title>
      {list.isPending && <Loading />}
      {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
      {list.data?.data?.length === 0 && <Text c="dimmed">No shop is looking for people at the moment.</Text>}
      {(list.data?.data ?? []).map((c) => (
        <Open key={c.id} of={c} />
      ))}
    </Stack>
  );
}

function Open({ of: c }: { of: Portal['OpenCampaign'] }) {
  const me = useMe().data;
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(me?.shops?.[0]?.influencer ?? '');
  const [channels, setChannels] = useState('');
  const [message, setMessage] = useState('');
  const [answers, setAnswers] = useState<string[]>((c.questions ?? []).map(() => ''));
  const apply = useDo((_: string, body: Portal['ApplyInBody']) => answered(api.POST('/portal/v1/open-campaigns/{id}/apply', { params: { path: { id: c.id } }, body })));
  return (
    <Section title={`${c.name} · ${c.shop}`}>
      <Stack gap="sm">
        {c.pitch && <Text size="sm">{c.pitch}</Text>}
        {c.goal && <Text size="sm">{c.goal}</Text>}
        {c.ends_at && (
          <Text size="xs" c="dimmed">
            Until {date(c.ends_at)}
          </Text>
        )}
        {apply.data ? (
          <Alert role="status" color="river" variant="light">
            {apply.data.message}
          </Alert>
        ) : !open ? (
          <Button variant="light" onClick={() => setOpen(true)}>
            Apply
          </Button>
        ) : (
          <form
            onSubmit={(e) => {
              e.preventDefault();
              apply.mutate({ name, email: me?.email ?? '', channels, message, answers });
            }}
          >
            <Stack gap="sm">
              <TextInput label="Your name" required value={name} onChange={(e) => setName(e.currentTarget.value)} />
              <TextInput label="Where you publish" placeholder="instagram.com/…, tiktok.com/@…" value={channels} onChange={(e) => setChannels(e.currentTarget.value)} />
              {(c.questions ?? []).map((q, i) => (
                <Textarea key={q} label={q} required autosize minRows={2} value={answers[i]} onChange={(e) => setAnswers(answers.map((a, n) => (n === i ? e.target.value : a)))} />
              ))}
              <Textarea label="What you want to say" autosize minRows={3} value={message} onChange={(e) => setMessage(e.currentTarget.value)} />
              {apply.error && <Trouble error={apply.error} />}
              <Button type="submit" loading={apply.isPending}>
                Apply
              </Button>
            </Stack>
          </form>
        )}
      </Stack>
    </Section>
  );
}
