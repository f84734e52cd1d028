import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api } from '../../../shared/api';
import { useAct } from '../../data';
import { say, Trouble } from '../../ui';
import { AgreementPick } from './AgreementPick';

export function MakeLink({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New link" centered>
      {opened && <Fields onClose={onClose} />}
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const [of, setOf] = useState<string[]>([]);
  const [v, setV] = useState({ slug: '', destination: '' });
  const make = useAct(
    (_: void, key) =>
      answered(api.POST('/api/v1/links', { body: { agreement_id: of[0] ?? '', ...(v.slug.trim() && { slug: v.slug.trim() }), ...(v.destination.trim() && { destination: v.destination.trim() }) }, headers: { 'Idempotency-Key': key } })),
    ['links'],
  );
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        make.mutate(undefined, {
          onSuccess: () => {
            say('Made');
            onClose();
          },
        });
      }}
    >
      <Stack>
        <AgreementPick value={of} onChange={setOf} most={1} />
        <TextInput label="Name in the address" value={v.slug} onChange={(e) => setV({ ...v, slug: e.currentTarget.value })} description="A-Z, a-z, 0-9, _ and -; empty: one is made" />
        <TextInput label="Leads to" type="url" value={v.destination} onChange={(e) => setV({ ...v, destination: e.currentTarget.value })} description="A page of the store; empty: its front page" />
        {make.error && <Trouble error={make.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={of.length === 0} loading={make.isPending}>
            Make
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
