import { Button, Checkbox, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Amount, Loading, Section, State, Trouble } from '../../admin/ui';
import { date, words } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { useDo, useTaxForm } from '../data';

type Body = Portal['TaxFormInBody'];
const kinds = [
  { value: 'w9', label: 'W-9: a person or company of the United States' },
  { value: 'w8ben', label: 'W-8BEN: a person elsewhere' },
  { value: 'w8bene', label: 'W-8BEN-E: a company elsewhere' },
];
const classes = ['individual', 'c_corporation', 's_corporation', 'partnership', 'trust', 'llc'];
const empty: Body = { kind: 'w9', name: '', address: '', city: '', country: 'US', signer: '', class: 'individual', consent: false };

export function Tax() {
  const found = useTaxForm();
  const [open, { toggle, close }] = useDisclosure();
  const [form, setForm] = useState<Body>(empty);
  const save = useDo(
    (shop, body: Body) => answered(api.POST('/portal/v1/shops/{shop}/tax-form', { params: sent({ shop }), body })),
    () => {
      close();
      setForm(empty);
    },
  );
  if (found.isPending) return <Loading rows={2} />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const t = found.data;
  const set = (more: Partial<Body>) => setForm({ ...form, ...more });
  const text = (field: 'name' | 'business' | 'address' | 'city' | 'country' | 'tin' | 'signer', label: string, more: { required?: boolean; description?: string } = {}) => (
    <TextInput label={label} autoComplete="off" value={form[field] ?? ''} onChange={(e) => set({ [field]: e.currentTarget.value })} {...more} />
  );
  return (
    <Section title="Tax form" right={<State of={t.state} />}>
      <Stack gap="sm">
        <Text size="sm">
          {t.kind ? `${kinds.find((k) => k.value === t.kind)?.label}; ${t.name}${t.tin ? `, ${t.tin}` : ''}.` : t.state === 'missing' ? 'It is missing: nothing is paid before it is there.' : 'None is needed now.'}
          {t.valid_until && ` It holds until ${date(t.valid_until)}.`}
        </Text>
        <Text size="sm">
          Paid in {t.year}: <Amount value={t.paid} />. From <Amount value={t.threshold} /> on, the payments of {t.year} are reported to the tax office of the United States.
        </Text>
        <Button variant="light" onClick={toggle} aria-expanded={open}>
          {t.kind ? 'Fill it in anew' : 'Fill it in'}
        </Button>
        {open && (
          <form
            onSubmit={(e) => {
              e.preventDefault();
              save.mutate(form);
            }}
          >
            <Stack gap="sm">
              <NativeSelect
                label="Which form"
                value={form.kind}
                data={kinds}
                onChange={(e) => {
                  const kind = e.currentTarget.value;
                  set({ kind, country: kind === 'w9' ? 'US' : '', class: kind === 'w9' ? 'individual' : kind === 'w8bene' ? 'c_corporation' : undefined, born: undefined });
                }}
              />
              {text('name', 'Name, as on the tax return', { required: true })}
              {form.kind !== 'w8ben' && text('business', 'Name of the business, if another')}
              {form.kind !== 'w8ben' && (
                <NativeSelect label="What it is for the tax" value={form.class} onChange={(e) => set({ class: e.currentTarget.value })} data={classes.filter((c) => form.kind === 'w9' || c !== 'individual').map((c) => ({ value: c, label: words(c) }))} />
              )}
              {text('address', 'Street and number', { required: true })}
              {text('city', form.kind === 'w9' ? 'City, state, ZIP code' : 'City and postal code', { required: true })}
              {form.kind !== 'w9' && text('country', 'Country, two letters', { required: true })}
              {text('tin', form.kind === 'w9' ? 'SSN, ITIN or EIN' : 'Tax number where you live', { required: form.kind === 'w9' })}
              {form.kind === 'w8ben' && <TextInput label="Born on" type="date" required value={form.born ?? ''} onChange={(e) => set({ born: e.currentTarget.value })} />}
              {text('signer', 'Your name, typed', { required: true })}
              <Checkbox label="Under penalties of perjury: what I say here is true, and I am who I say" checked={form.consent} onChange={(e) => set({ consent: e.currentTarget.checked })} />
              <Text size="xs" c="dimmed">
                It is stored encrypted. The shop that pays you can read it.
              </Text>
              {save.error && <Trouble error={save.error} />}
              <Button type="submit" loading={save.isPending} disabled={!form.consent}>
                Sign and send
              </Button>
            </Stack>
          </form>
        )}
      </Stack>
    </Section>
  );
}
