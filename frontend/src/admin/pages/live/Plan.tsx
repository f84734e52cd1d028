import { Button, Group, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { AgreementPick, Clock, fieldsOf, useAct } from '../../parts';
import { Trouble } from '../../ui';

type LiveSession = Schemas['LiveSession'];

const platforms = ['instagram', 'tiktok', 'youtube', 'twitch', 'facebook', 'amazon', 'other'];

// Plan schedules a session, or changes one.
export function Plan({ of, opened, onClose, onDone }: { of?: LiveSession; opened: boolean; onClose: () => void; onDone: (l: LiveSession) => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={of ? 'Change the session' : 'Schedule a session'} centered>
      <Form of={of} onClose={onClose} onDone={onDone} />
    </Modal>
  );
}

function Form({ of, onClose, onDone }: { of?: LiveSession; onClose: () => void; onDone: (l: LiveSession) => void }) {
  const [agreement, setAgreement] = useState<string | null>(of?.agreement_id ?? null);
  const [title, setTitle] = useState(of?.title ?? '');
  const [platform, setPlatform] = useState<string | null>(of?.platform ?? 'instagram');
  const [starts, setStarts] = useState<string | undefined>(of?.starts_at);
  const [ends, setEnds] = useState<string | undefined>(of?.ends_at);
  const [grace, setGrace] = useState<number | string>(of?.grace_minutes ?? 30);
  const [link, setLink] = useState<string | null>(of?.link_id ?? null);
  const [code, setCode] = useState('');
  const links = useQuery({ queryKey: ['links', 'of', agreement], enabled: agreement !== null, queryFn: () => answered(api.GET('/api/v1/links', { params: { query: { agreement: agreement!, limit: 200 } } })) });
  const saving = useAct((_: void, headers) => {
    const body = { title: title.trim(), platform: platform ?? undefined, starts_at: starts, ends_at: ends, grace_minutes: typeof grace === 'number' ? grace : undefined, link_id: link ?? '' };
    if (of) return answered(api.PATCH('/api/v1/live-sessions/{id}', { params: { path: { id: of.id } }, body, headers }));
    return answered(api.POST('/api/v1/live-sessions', { body: { ...body, agreement_id: agreement!, codes: code.trim() ? [{ code: code.trim() }] : [] }, headers }));
  }, 'live');
  const at = fieldsOf(saving.error);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        saving.mutate(undefined, {
          onSuccess: (l) => {
            onClose();
            onDone(l);
          },
        });
      }}
    >
      <Stack>
        <AgreementPick value={agreement} onChange={(a) => { setAgreement(a); setLink(null); }} fixed={of !== undefined} error={at('agreement_id')} />
        <TextInput label="Title" value={title} onChange={(e) => setTitle(e.currentTarget.value)} required error={at('title')} />
        <Select label="Platform" data={platforms} value={platform} onChange={setPlatform} allowDeselect={false} error={at('platform')} />
        <Group grow align="flex-start">
          <Clock label="Starts" value={starts} onChange={setStarts} required error={at('starts_at')} />
          <Clock label="Ends" value={ends} onChange={setEnds} required error={at('ends_at')} />
        </Group>
        <NumberInput label="Grace" description="Minutes after the end in which an order still counts." suffix=" min" value={grace} onChange={setGrace} min={0} allowDecimal={false} error={at('grace_minutes')} />
        <Select label="Link" description="The link shown in the session; its clicks count for it." data={(links.data?.data ?? []).map((l) => ({ value: l.id, label: l.slug }))} value={link} onChange={setLink} clearable disabled={!agreement} placeholder={agreement ? 'None' : 'Choose an agreement first'} error={at('link_id')} />
        {!of && <TextInput label="Live code" description="Valid from the start to the end of the grace, wherever they move." placeholder="LIVE20" value={code} onChange={(e) => setCode(e.currentTarget.value)} error={at('codes[0].code')} />}
        {saving.error && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!agreement || !starts || !ends}>
            {of ? 'Change' : 'Schedule'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
