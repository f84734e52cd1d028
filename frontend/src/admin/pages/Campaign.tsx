import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { answered, api, type Schemas } from '../../shared/api';
import { addDays, startOfDay } from '../../shared/days';
import { count, date, decimal, money } from '../../shared/format';
import { useAct, useKPIs, useNames, useSession } from '../data';
import { Listing } from '../listing';
import { Facts, Header, Help, Loading, Section, State, To, Trouble, say } from '../ui';

export function Campaign() {
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['campaigns', id, 'one'], queryFn: () => answered(api.GET('/api/v1/campaigns/{id}', { params: { path: { id } } })) });
  const name = useNames();
  const [changing, change] = useDisclosure();
  const numbers = useKPIs({ dim: 'campaign', id, grain: 'total' });
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const c = found.data;
  return (
    <>
      <Header title={c.name} note={c.goal}>
        <State of={c.state} />
        <Button size="xs" variant="default" onClick={change.open}>
          Change
        </Button>
      </Header>
      <Modal opened={changing} onClose={change.close} title="Change the campaign" centered>
        {changing && <Fields of={c} onClose={change.close} />}
      </Modal>
      <Section title="How it does">
        {(numbers.data?.steps ?? []).length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing has been counted yet.
          </Text>
        ) : (
          (numbers.data?.steps ?? []).map((s) => (
            <Facts
              key={s.currency}
              of={[
                ['Orders', count(s.counts.orders)],
                ...[...(s.net ?? []), s.repeat].map((k): [string, React.ReactNode] => [
                  k.name.replace(/_/g, ' '),
                  <Help key={k.name} of={k.formula}>
                    {k.value === null ? 'n/a' : k.unit === 'money' ? money({ amount: k.value, currency: s.currency }) : k.unit === 'percent' ? `${decimal(k.value)} %` : decimal(k.value)}
                  </Help>,
                ]),
              ]}
            />
          ))
        )}
      </Section>
      <Section title="Agreements">
        <Listing
          local
          name="agreements"
          label="Agreements"
          fixed={{ campaign: id }}
          load={(asked, cursor, limit) => answered(api.GET('/api/v1/agreements', { params: { query: { ...asked, cursor, limit } } }))}
          id={(a) => a.id}
          empty="Nobody has been offered anything yet."
          filters={[{ key: 'state', label: 'Any state', options: ['draft', 'offered', 'signed', 'superseded', 'declined', 'withdrawn'] }]}
          columns={[
            { head: 'Influencer', cell: (a) => <To to={`/agreements/${a.id}`}>{name(a.influencer_id)}</To>, csv: (a) => name(a.influencer_id) },
            { head: 'State', cell: (a) => <State of={a.state} />, csv: (a) => a.state },
            { head: 'Versions', cell: (a) => (a.versions ?? []).length, csv: (a) => (a.versions ?? []).length, right: true, wide: true },
            { head: 'Since', cell: (a) => date(a.created_at), csv: (a) => a.created_at, right: true },
          ]}
        />
      </Section>
    </>
  );
}

function Fields({ of, onClose }: { of: Schemas['Campaign']; onClose: () => void }) {
  const zone = useSession().data?.shop.time_zone ?? 'UTC';
  const [v, setV] = useState({ name: of.name, goal: of.goal, state: of.state as string, from: '', until: '' });
  const save = useAct(
    (_: void, key: string) =>
      answered(
        api.PATCH('/api/v1/campaigns/{id}', {
          params: { path: { id: of.id } },
          body: { name: v.name, goal: v.goal, state: v.state, ...(v.from && { starts_at: startOfDay(v.from, zone) }), ...(v.until && { ends_at: startOfDay(addDays(v.until, 1), zone) }) },
          headers: { 'Idempotency-Key': key },
        }),
      ),
    ['campaigns'],
    ['names'],
  );
  const text = (k: 'name' | 'goal' | 'from' | 'until', label: string, more: object = {}) => <TextInput label={label} value={v[k]} onChange={(e) => setV({ ...v, [k]: e.currentTarget.value })} {...more} />;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate(undefined, {
          onSuccess: () => {
            say('Saved');
            onClose();
          },
        });
      }}
    >
      <Stack>
        {text('name', 'Name', { required: true })}
        {text('goal', 'Goal')}
        <Select label="State" data={['draft', 'active', 'ended']} value={v.state} onChange={(s) => setV({ ...v, state: s ?? v.state })} allowDeselect={false} />
        <Group grow>
          {text('from', 'First day', { type: 'date' })}
          {text('until', 'Last day', { type: 'date' })}
        </Group>
        {save.error && <Trouble error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
