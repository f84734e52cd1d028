import { Button, Checkbox, Group, Modal, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { answered, api, type Schemas } from '../../../shared/api';
import { addDays, startOfDay } from '../../../shared/days';
import { useAct, useSession } from '../../data';
import { say, Trouble } from '../../ui';
import { AgreementPick } from './AgreementPick';

// MakeCodes makes a discount in the store and its codes: for one agreement, for
// many by a pattern, or a pool of codes that count once each.
export function MakeCodes({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New codes" centered size="lg">
      {opened && <Fields onClose={onClose} />}
    </Modal>
  );
}

function Fields({ onClose }: { onClose: () => void }) {
  const shop = useSession().data?.shop;
  const [of, setOf] = useState<string[]>([]);
  const [v, setV] = useState({ pattern: '{HANDLE}{PERCENT}', kind: 'percent', value: '10', least: '', uses: '', pool: '', from: '', until: '', once: false });
  const set = (k: keyof typeof v) => (e: React.ChangeEvent<HTMLInputElement>) => setV({ ...v, [k]: e.currentTarget.value });
  const make = useAct(
    async (_: void, key) => {
      const currency = shop?.currency ?? '';
      const zone = shop?.time_zone ?? 'UTC';
      const number = v.value.trim().replace(',', '.');
      const terms = {
        kind: v.kind,
        ...(v.kind === 'percent' && { percent: number }),
        ...(v.kind === 'fixed' && { amount: { amount: number, currency } }),
        ...(v.least.trim() && { min_subtotal: { amount: v.least.trim().replace(',', '.'), currency } }),
        ...(v.uses.trim() && { usage_limit: Number(v.uses) }),
        ...(v.from && { starts_at: startOfDay(v.from, zone) }),
        ...(v.until && { ends_at: startOfDay(addDays(v.until, 1), zone) }),
        ...(v.once && { once_per_customer: true }),
      } as Schemas['DiscountTerms'];
      const headers = { 'Idempotency-Key': key };
      if (of.length === 1) return [await answered(api.POST('/api/v1/discounts', { body: { agreement_id: of[0]!, pattern: v.pattern, terms, ...(v.pool.trim() && { pool: Number(v.pool) }) }, headers }))];
      return (await answered(api.POST('/api/v1/discounts/bulk', { body: { agreement_ids: of, pattern: v.pattern, terms }, headers }))).data ?? [];
    },
    ['codes'],
    ['discounts'],
  );
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        make.mutate(undefined, {
          onSuccess: (d) => {
            say(`${d.length} on the way to the store`);
            onClose();
          },
        });
      }}
    >
      <Stack>
        <AgreementPick value={of} onChange={setOf} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput label="Pattern" value={v.pattern} onChange={set('pattern')} required description="{NAME}, {HANDLE} and {PERCENT} are filled in" />
          <TextInput label="A pool of so many codes" inputMode="numeric" value={v.pool} onChange={set('pool')} disabled={of.length !== 1} description="Each counts once; they begin with the pattern" />
          <Select label="Gives" data={[{ value: 'percent', label: 'a percentage off' }, { value: 'fixed', label: 'an amount off' }, { value: 'free_shipping', label: 'free shipping' }]} value={v.kind} onChange={(k) => setV({ ...v, kind: k ?? 'percent' })} allowDeselect={false} />
          <TextInput label={v.kind === 'fixed' ? `Amount, ${shop?.currency}` : 'Percentage'} inputMode="decimal" value={v.value} onChange={set('value')} disabled={v.kind === 'free_shipping'} required={v.kind !== 'free_shipping'} />
          <TextInput label={`From a cart of, ${shop?.currency}`} inputMode="decimal" value={v.least} onChange={set('least')} />
          <TextInput label="So many uses" inputMode="numeric" value={v.uses} onChange={set('uses')} />
          <TextInput label="First day" type="date" value={v.from} onChange={set('from')} />
          <TextInput label="Last day" type="date" value={v.until} onChange={set('until')} />
        </SimpleGrid>
        <Checkbox label="Once for each buyer" checked={v.once} onChange={(e) => setV({ ...v, once: e.currentTarget.checked })} />
        {make.error && <Trouble error={make.error} />}
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            The store has them within seconds; “In the store” says how far it is.
          </Text>
          <Group>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={of.length === 0} loading={make.isPending}>
              Make
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
