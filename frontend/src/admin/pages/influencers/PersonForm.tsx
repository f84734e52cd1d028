import { Button, Group, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { answered, api, Refused, type Schemas } from '../../../shared/api';
import { useAct } from '../../data';
import { say, Trouble } from '../../ui';

type Person = Schemas['Influencer'];

const empty = { name: '', handle: '', email: '', phone: '', customer_id: '', payout_method: '', payout_detail: '', tax_form: 'not_required' };

// slug makes a handle of a name.
export const slug = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 64);

// PersonForm adds an influencer, or changes the one that is given.
export function PersonForm({ of, opened, onClose }: { of?: Person; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={of ? `Change ${of.name || of.handle}` : 'Add an influencer'} centered size="lg">
      {opened && <Fields of={of} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ of, onClose }: { of?: Person; onClose: () => void }) {
  const go = useNavigate();
  const [v, setV] = useState({ ...empty, ...(of ? { name: of.name, handle: of.handle, email: of.email, customer_id: of.customer_id ?? '', payout_method: of.payout_method, payout_detail: of.payout_detail, tax_form: of.tax_form } : {}) });
  const [ownHandle, setOwnHandle] = useState(of !== undefined);
  const set = (k: keyof typeof empty) => (value: string) => setV((old) => ({ ...old, [k]: value, ...(k === 'name' && !ownHandle ? { handle: slug(value) } : {}) }));
  const save = useAct(
    async (_: void, key: string) => {
      // A telephone number is kept as a hash: an empty field leaves the one there is.
      const { phone, ...rest } = v;
      const body = { ...rest, tax_form: v.tax_form, ...(phone.trim() && { phone }) };
      const headers = { 'Idempotency-Key': key };
      return of
        ? answered(api.PATCH('/api/v1/influencers/{id}', { params: { path: { id: of.id } }, body, headers }))
        : answered(api.POST('/api/v1/influencers', { body, headers }));
    },
    ['influencers'],
    ['names'],
  );
  const wrong = (field: string) => (save.error instanceof Refused ? save.error.fields.find((f) => f.field === field || f.field.endsWith(`.${field}`))?.message : undefined);
  const text = (k: keyof typeof empty, label: string, more: object = {}) => <TextInput label={label} value={v[k]} onChange={(e) => set(k)(e.currentTarget.value)} error={wrong(k)} {...more} />;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate(undefined, {
          onSuccess: (i) => {
            say(of ? 'Saved' : 'Added');
            onClose();
            if (!of) go(`/influencers/${i.id}`);
          },
        });
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {text('name', 'Name', { required: true, 'data-autofocus': true })}
          {text('handle', 'Handle', {
            required: true,
            description: 'In links and codes: a-z, 0-9, _ and -',
            onChange: (e: React.ChangeEvent<HTMLInputElement>) => {
              setOwnHandle(true);
              set('handle')(e.currentTarget.value);
            },
          })}
          {text('email', 'E-mail', { required: true, type: 'email', description: 'Where the portal’s link is sent to' })}
          {text('phone', 'Telephone', { description: of?.has_phone ? 'One is known; a new one takes its place' : 'Kept as a hash, to find purchases of their own' })}
          {text('customer_id', 'Number as a customer', { description: 'Of the store; so that own purchases are found' })}
          <Select label="Tax form" data={[{ value: 'not_required', label: 'not required' }, { value: 'missing', label: 'missing: nothing is paid' }, { value: 'valid', label: 'valid' }]} value={v.tax_form} onChange={(x) => set('tax_form')(x ?? 'not_required')} allowDeselect={false} />
          <Select label="Paid by" data={[{ value: '', label: 'nothing yet' }, { value: 'csv', label: 'bank transfer (file)' }]} value={v.payout_method} onChange={(x) => set('payout_method')(x ?? '')} allowDeselect={false} error={wrong('payout_method')} />
          {text('payout_detail', 'Account', { description: 'What the bank needs to find it' })}
        </SimpleGrid>
        {save.error && <Trouble error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            {of ? 'Save' : 'Add'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
