import { Anchor, Button, Checkbox, Group, Modal, SegmentedControl, Select, Stack, Switch, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { useCampaigns, useNames } from '../../data';
import { Listing } from '../../listing';
import { AgreementPick, Copied, Do, fieldsOf, useAct } from '../../parts';
import { State, Trouble } from '../../ui';

type LeadForm = Schemas['LeadForm'];
type Question = Schemas['LeadFormField'];

const types = ['text', 'textarea', 'tel', 'number', 'select', 'checkbox'];

export function Forms() {
  const name = useNames();
  const [open, setOpen] = useState<LeadForm | 'new'>();
  return (
    <>
      <Listing<LeadForm>
        name="lead-forms"
        label="Lead forms"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/lead-forms', { params: { query: { ...asked, cursor, limit } } }))}
        id={(f) => f.id}
        empty="There is no form yet. A form has a page of its own that may also stand in your store’s pages."
        columns={[
          { head: 'Form', cell: (f) => <Anchor component="button" type="button" size="sm" fw={500} onClick={() => setOpen(f)}>{f.title}</Anchor>, csv: (f) => f.title },
          { head: 'For', cell: (f) => name(f.agreement_id ?? f.campaign_id), csv: (f) => name(f.agreement_id ?? f.campaign_id) },
          { head: 'State', cell: (f) => <State of={f.active ? 'active' : 'closed'} />, csv: (f) => (f.active ? 'active' : 'closed') },
          { head: 'Mailbox', cell: (f) => (f.double_opt_in ? 'must confirm' : 'is believed'), csv: (f) => f.double_opt_in, wide: true },
          { head: 'Address', cell: (f) => <Copied value={f.url} label={`the address of ${f.title}`} />, csv: (f) => f.url, wide: true },
        ]}
      />
      <Do onClick={() => setOpen('new')}>New form</Do>
      <Modal opened={open !== undefined} onClose={() => setOpen(undefined)} title={open === 'new' ? 'New form' : 'Change the form'} size="lg" centered>
        {open && <Form of={open === 'new' ? undefined : open} onClose={() => setOpen(undefined)} />}
      </Modal>
    </>
  );
}

function Form({ of, onClose }: { of?: LeadForm; onClose: () => void }) {
  const campaigns = useCampaigns();
  const [whose, setWhose] = useState(of?.campaign_id ? 'campaign' : 'agreement');
  const [agreement, setAgreement] = useState<string | null>(of?.agreement_id ?? null);
  const [campaign, setCampaign] = useState<string | null>(of?.campaign_id ?? null);
  const [title, setTitle] = useState(of?.title ?? '');
  const [intro, setIntro] = useState(of?.intro ?? '');
  const [button, setButton] = useState(of?.button ?? '');
  const [consent, setConsent] = useState(of?.consent);
  const [confirm, setConfirm] = useState(of?.double_opt_in ?? true);
  const [redirect, setRedirect] = useState(of?.redirect_url ?? '');
  const [active, setActive] = useState(of?.active ?? true);
  const [fields, setFields] = useState<Question[]>(of?.fields ?? []);
  const setField = (i: number, part: Partial<Question>) => setFields(fields.map((f, k) => (k === i ? { ...f, ...part } : f)));
  const saving = useAct((_: void, headers) => {
    const body = { title: title.trim(), intro, button, consent, double_opt_in: confirm, redirect_url: redirect.trim(), fields: fields.map((f) => (f.type === 'select' ? f : { ...f, options: undefined })) };
    if (of) return answered(api.PATCH('/api/v1/lead-forms/{id}', { params: { path: { id: of.id } }, body: { ...body, active }, headers }));
    return answered(api.POST('/api/v1/lead-forms', { body: { ...body, agreement_id: whose === 'agreement' ? (agreement ?? undefined) : undefined, campaign_id: whose === 'campaign' ? (campaign ?? undefined) : undefined }, headers }));
  }, 'lead-forms');
  const at = fieldsOf(saving.error);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        saving.mutate(undefined, { onSuccess: onClose });
      }}
    >
      <Stack gap="sm">
        {!of && (
          <>
            <SegmentedControl size="xs" value={whose} onChange={setWhose} aria-label="Whose leads" data={[{ value: 'agreement', label: 'One influencer’s' }, { value: 'campaign', label: 'A campaign’s' }]} />
            {whose === 'agreement' ? (
              <AgreementPick value={agreement} onChange={setAgreement} error={at('agreement_id')} />
            ) : (
              <Select label="Campaign" description="Code, click or link tell whose each lead is." data={(campaigns.rows ?? []).map((c) => ({ value: c.id, label: c.name }))} value={campaign} onChange={setCampaign} required error={at('campaign_id')} />
            )}
          </>
        )}
        <TextInput label="Title" value={title} onChange={(e) => setTitle(e.currentTarget.value)} required error={at('title')} />
        <Textarea label="Introduction" value={intro} onChange={(e) => setIntro(e.currentTarget.value)} autosize error={at('intro')} />
        <TextInput label="Button" placeholder="Send" value={button} onChange={(e) => setButton(e.currentTarget.value)} error={at('button')} />
        <Text size="sm" fw={500}>
          Questions beside the e-mail address
        </Text>
        {fields.map((f, i) => (
          <Group key={i} align="flex-start" gap="xs">
            <TextInput size="xs" aria-label="Name" placeholder="company" w={110} value={f.name} onChange={(e) => setField(i, { name: e.currentTarget.value })} error={at(`fields[${i}].name`)} />
            <TextInput size="xs" aria-label="Label" placeholder="Your company" value={f.label} onChange={(e) => setField(i, { label: e.currentTarget.value })} error={at(`fields[${i}].label`)} style={{ flex: 1 }} />
            <Select size="xs" aria-label="Type" w={105} data={types} value={f.type} allowDeselect={false} onChange={(v) => setField(i, { type: v! })} error={at(`fields[${i}].type`)} />
            {f.type === 'select' && <TagsInput size="xs" aria-label="Options" placeholder="Options" value={f.options ?? []} onChange={(v) => setField(i, { options: v })} error={at(`fields[${i}].options`)} />}
            <Checkbox size="xs" mt={6} label="needed" checked={f.required ?? false} onChange={(e) => setField(i, { required: e.currentTarget.checked })} />
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => setFields(fields.filter((_, k) => k !== i))} aria-label={`Remove question ${i + 1}`}>
              ✕
            </Button>
          </Group>
        ))}
        {at('fields') && <Text size="xs" c="red.7">Questions {at('fields')}</Text>}
        <Group>
          <Button size="xs" variant="default" onClick={() => setFields([...fields, { name: '', label: '', type: 'text' }])}>
            Add a question
          </Button>
        </Group>
        <Textarea label="Consent" description="The words people agree to; they are kept with each lead. Empty asks nothing." placeholder={of ? '' : 'A general sentence, if you leave this as it is'} value={consent ?? ''} onChange={(e) => setConsent(e.currentTarget.value)} autosize error={at('consent')} />
        <TextInput label="Afterwards" description="An address of your store; empty: a note of thanks." value={redirect} onChange={(e) => setRedirect(e.currentTarget.value)} error={at('redirect_url')} />
        <Switch label="The mailbox must confirm by a mail" checked={confirm} onChange={(e) => setConfirm(e.currentTarget.checked)} />
        {of && <Switch label="Open" description="A closed form takes nothing in and says so." checked={active} onChange={(e) => setActive(e.currentTarget.checked)} />}
        {saving.error && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Do type="submit" size="sm" loading={saving.isPending}>
            {of ? 'Change' : 'Make it'}
          </Do>
        </Group>
      </Stack>
    </form>
  );
}
