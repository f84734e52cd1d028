import { Button, Card, Group, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { firstValues, modelOf, models, type Field, type General, type Values } from '../../models';

export type Chosen = { model: string; values: Values };

type Form = { chosen: Chosen[]; general: General; currency: string; onChosen: (c: Chosen[]) => void; onGeneral: (g: General) => void };

// TermsForm is what is paid for, and the rest of the terms.
export function TermsForm({ chosen, general, currency, onChosen, onGeneral }: Form) {
  const change = (i: number, key: string, value: string) => onChosen(chosen.map((c, n) => (n === i ? { ...c, values: { ...c.values, [key]: value } } : c)));
  const set = (key: keyof General) => (value: string | null) => onGeneral({ ...general, [key]: value ?? '' });
  return (
    <Stack>
      {chosen.map((c, i) => {
        const m = modelOf(c.model);
        if (!m) return null;
        return (
          <Card key={`${c.model}-${i}`} component="section" aria-label={m.title}>
            <Group justify="space-between" mb="xs">
              <div>
                <Title order={3}>{m.title}</Title>
                <Text size="sm" c="dimmed">
                  {m.says}
                </Text>
              </div>
              {chosen.length > 1 && (
                <Button size="compact-xs" variant="subtle" color="red" onClick={() => onChosen(chosen.filter((_, n) => n !== i))}>
                  Leave out
                </Button>
              )}
            </Group>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
              {m.fields.map((f) => (
                <Input key={f.key} of={f} value={c.values[f.key] ?? ''} currency={currency} onChange={(v) => change(i, f.key, v)} />
              ))}
            </SimpleGrid>
          </Card>
        );
      })}
      <Select
        w={280}
        size="xs"
        placeholder="Pay for something else, too"
        aria-label="Pay for something else, too"
        data={models.map((m) => ({ value: m.key, label: m.title }))}
        value={null}
        onChange={(k) => {
          const m = k && modelOf(k);
          if (m) onChosen([...chosen, { model: m.key, values: firstValues(m) }]);
        }}
      />
      <Card component="section" aria-label="For all of it">
        <Title order={3} mb="xs">
          For all of it
        </Title>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
          <TextInput label="A touch counts for so many days" inputMode="numeric" value={general.window} onChange={(e) => set('window')(e.currentTarget.value)} description="From a click or a code to the order" />
          <Select label="Buyers" data={[{ value: 'all', label: 'all of them' }, { value: 'new_only', label: 'new ones only' }]} value={general.customers} onChange={set('customers')} allowDeselect={false} description="Whether returning ones count" />
          <Select
            label="When several had a part"
            data={[
              { value: 'code_first', label: 'the code wins' },
              { value: 'link_first', label: 'the last link wins' },
              { value: 'first_click', label: 'the first click wins' },
              { value: 'last_touch_any', label: 'the last touch wins' },
              { value: 'split', label: 'first and last share' },
            ]}
            value={general.precedence}
            onChange={set('precedence')}
            allowDeselect={false}
            description="Who an order belongs to"
          />
          <TextInput label="Days of hold" inputMode="numeric" value={general.hold} onChange={(e) => set('hold')(e.currentTarget.value)} description="Time for returns, before it is owed" />
          <Select label="Paid" data={[{ value: 'monthly', label: 'monthly' }, { value: 'weekly', label: 'weekly' }, { value: 'after_campaign', label: 'after the campaign' }]} value={general.schedule} onChange={set('schedule')} allowDeselect={false} description="How often" />
          <TextInput label={`Smallest payout, ${currency}`} inputMode="decimal" value={general.threshold} onChange={(e) => set('threshold')(e.currentTarget.value)} description="Less is carried over" />
          <TextInput label={`Budget, ${currency}`} inputMode="decimal" value={general.budget} onChange={(e) => set('budget')(e.currentTarget.value)} description="The agreement never costs more" />
          <TextInput label="Tags of every post" value={general.tags} onChange={(e) => set('tags')(e.currentTarget.value)} description="So that the public knows" />
        </SimpleGrid>
      </Card>
    </Stack>
  );
}

function Input({ of: f, value, currency, onChange }: { of: Field; value: string; currency: string; onChange: (v: string) => void }) {
  if (f.kind === 'choice') return <Select label={f.label} data={f.options ?? []} value={value || f.first} onChange={(v) => onChange(v ?? f.first)} allowDeselect={false} description={f.help} />;
  const money = f.kind === 'amount' || f.kind === 'price';
  return (
    <TextInput
      label={money ? `${f.label}, ${currency}` : f.label}
      inputMode={f.kind === 'count' ? 'numeric' : 'decimal'}
      value={value}
      required={!f.optional}
      placeholder={f.optional ? 'no bound' : undefined}
      description={f.help}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );
}
