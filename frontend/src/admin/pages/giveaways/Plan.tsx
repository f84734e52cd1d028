import { Button, Checkbox, Group, Modal, MultiSelect, NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { useCampaigns, useNames, usePages } from '../../data';
import { Clock, fieldsOf, useAct } from '../../parts';
import { Trouble } from '../../ui';

type Giveaway = Schemas['Giveaway'];

const ways = [
  { value: 'purchase', label: 'By buying', help: 'A paid order is an entry while anything of it is kept.' },
  { value: 'signup', label: 'By signing up', help: 'A form on the giveaway’s page.' },
  { value: 'free', label: 'Free of charge', help: 'With the same odds. Where people in the US may enter by buying, the law asks for it.' },
];

// Plan plans a giveaway, or changes one that has not opened.
export function Plan({ of, opened, onClose, onDone }: { of?: Giveaway; opened: boolean; onClose: () => void; onDone: (g: Giveaway) => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={of ? 'Change the giveaway' : 'Plan a giveaway'} centered size="lg">
      <Form of={of} onClose={onClose} onDone={onDone} />
    </Modal>
  );
}

function Form({ of, onClose, onDone }: { of?: Giveaway; onClose: () => void; onDone: (g: Giveaway) => void }) {
  const campaigns = useCampaigns();
  const name = useNames();
  const [campaign, setCampaign] = useState<string | null>(of?.campaign_id ?? null);
  const [agreements, setAgreements] = useState<string[]>(of?.agreement_ids ?? []);
  const [title, setTitle] = useState(of?.title ?? '');
  const [prize, setPrize] = useState(of?.prize ?? '');
  const [winners, setWinners] = useState<number | string>(of?.winners ?? 1);
  const [opens, setOpens] = useState<string | undefined>(of?.opens_at);
  const [closes, setCloses] = useState<string | undefined>(of?.closes_at);
  const [chosen, setChosen] = useState<string[]>(of?.ways ?? ['purchase', 'free']);
  const [countries, setCountries] = useState<string[]>(of?.countries ?? []);
  const [terms, setTerms] = useState(of?.terms ?? '');
  const mine = usePages(['agreements', 'of', campaign], (cursor) => (campaign ? answered(api.GET('/api/v1/agreements', { params: { query: { campaign, limit: 200, cursor } } })) : Promise.resolve({ data: [] })));
  const saving = useAct((_: void, headers) => {
    const body = { title: title.trim(), prize: prize.trim(), winners: Number(winners) || 0, opens_at: opens, closes_at: closes, ways: chosen, countries, terms: terms.trim(), agreement_ids: agreements };
    if (of) return answered(api.PATCH('/api/v1/giveaways/{id}', { params: { path: { id: of.id } }, body, headers }));
    return answered(api.POST('/api/v1/giveaways', { body: { ...body, campaign_id: campaign! }, headers }));
  }, 'giveaways');
  const at = fieldsOf(saving.error);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        saving.mutate(undefined, {
          onSuccess: (g) => {
            onClose();
            onDone(g);
          },
        });
      }}
    >
      <Stack>
        <Select label="Campaign" data={(campaigns.rows ?? []).map((c) => ({ value: c.id, label: c.name }))} value={campaign} onChange={(c) => { setCampaign(c); setAgreements([]); }} disabled={of !== undefined} required searchable error={at('campaign_id')} />
        <MultiSelect label="Whose people it is for" description="They are paid for entries if their terms say so." data={(mine.rows ?? []).map((a) => ({ value: a.id, label: name(a.influencer_id) }))} value={agreements} onChange={setAgreements} searchable error={at('agreement_ids')} disabled={!campaign} />
        <TextInput label="Title" value={title} onChange={(e) => setTitle(e.currentTarget.value)} required error={at('title')} />
        <Group grow align="flex-start">
          <TextInput label="Prize" value={prize} onChange={(e) => setPrize(e.currentTarget.value)} required error={at('prize')} />
          <NumberInput label="Winners" value={winners} onChange={setWinners} min={1} max={1000} allowDecimal={false} required error={at('winners')} />
        </Group>
        <Group grow align="flex-start">
          <Clock label="Opens" value={opens} onChange={setOpens} required error={at('opens_at')} />
          <Clock label="Closes" value={closes} onChange={setCloses} required error={at('closes_at')} />
        </Group>
        <Checkbox.Group label="Ways in" value={chosen} onChange={setChosen} error={at('ways')}>
          <Stack gap={6} mt={4}>
            {ways.map((w) => (
              <Checkbox key={w.value} value={w.value} label={w.label} description={w.help} size="xs" />
            ))}
          </Stack>
        </Checkbox.Group>
        <TagsInput label="Countries" description="Two letters each, such as US or DE; none: all." value={countries} onChange={(v) => setCountries(v.map((c) => c.trim().toUpperCase()))} error={at('countries')} />
        <Textarea label="Terms" description="The rules as people read them, on a page of their own." value={terms} onChange={(e) => setTerms(e.currentTarget.value)} autosize minRows={3} required error={at('terms')} />
        {saving.error && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!campaign || !opens || !closes}>
            {of ? 'Change' : 'Plan'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
