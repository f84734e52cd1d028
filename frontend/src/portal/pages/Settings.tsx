import { Anchor, Button, Checkbox, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useContext } from 'react';
import { answered } from '../../shared/api';
import { Loading, Section, State, Trouble } from '../../admin/ui';
import { dateTime } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { Dialog } from '../Dialog';
import { ShopContext, useDevices, useDo, useMe, useNotifications } from '../data';

export function Settings() {
  const shop = useContext(ShopContext);
  const me = useMe();
  const client = useQueryClient();
  const out = useDo((_: string, __: void) => answered(api.POST('/portal/v1/sign-out', { params: { header: sent({}).header } })), () => client.resetQueries());
  return (
    <Stack>
      <Title order={1}>Settings</Title>
      <Text size="sm">You are signed in as {me.data?.email}.</Text>
      <Button variant="default" loading={out.isPending} onClick={() => out.mutate()}>
        Sign out
      </Button>
      {shop && <Notifications />}
      <Devices />
      <YourData shop={shop} />
    </Stack>
  );
}

type Digest = Portal['Notifications']['digest'];

function Notifications() {
  const found = useNotifications();
  const save = useDo((shop, body: Portal['NotificationsInBody']) => answered(api.POST('/portal/v1/shops/{shop}/notifications', { params: sent({ shop }), body })));
  if (found.isPending) return <Loading rows={3} />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const { digest, problem } = found.data;
  const muted = found.data.muted ?? [];
  const topic = (name: string, label: string) => (
    <Checkbox
      label={label}
      checked={!muted.includes(name)}
      disabled={save.isPending}
      onChange={(e) => save.mutate({ digest, muted: e.currentTarget.checked ? muted.filter((m) => m !== name) : [...muted, name] })}
    />
  );
  return (
    <Section title="Mails">
      <Stack gap="sm">
        {problem && <Text size="sm">Mails do not reach you: {problem}</Text>}
        {topic('sales', 'Sales, milestones, holds that ended')}
        {topic('statements', 'Statements')}
        <NativeSelect
          label="How often"
          value={digest}
          onChange={(e) => save.mutate({ muted, digest: e.currentTarget.value as Digest })}
          data={[
            { value: 'off', label: 'At once' },
            { value: 'daily', label: 'Together, every morning' },
            { value: 'weekly', label: 'Together, on Mondays' },
          ]}
        />
        <Text size="xs" c="dimmed">
          Offers, payouts and disputes come always, and at once.
        </Text>
        {save.error && <Trouble error={save.error} />}
      </Stack>
    </Section>
  );
}

function Devices() {
  const found = useDevices();
  const client = useQueryClient();
  const out = useDo((_: string, id: string) => answered(api.POST('/portal/v1/devices/{id}/sign-out', { params: sent({ id }) })), () => client.invalidateQueries({ queryKey: ['devices'] }));
  return (
    <Section title="Where you are signed in">
      {found.isPending && <Loading rows={2} />}
      {found.error && <Trouble error={found.error} again={() => found.refetch()} />}
      <Stack gap="xs">
        {(found.data?.data ?? []).map((d) => (
          <Group key={d.id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm">
                {d.device} {d.current && <State of="active" label="this one" />}
              </Text>
              <Text size="xs" c="dimmed">
                Since {dateTime(d.signed_in_at)}, seen {dateTime(d.seen_at)}
              </Text>
            </div>
            {!d.current && (
              <Button size="xs" variant="default" loading={out.isPending && out.variables === d.id} onClick={() => out.mutate(d.id)} aria-label={`Sign out on ${d.device}`}>
                Sign out
              </Button>
            )}
          </Group>
        ))}
      </Stack>
      {out.error && <Trouble error={out.error} />}
    </Section>
  );
}

function YourData({ shop }: { shop: Portal['MyShop'] | null }) {
  const [leaving, leave] = useDisclosure();
  const [forgetting, forget] = useDisclosure();
  const client = useQueryClient();
  const go = useDo((id, _: void) => answered(api.POST('/portal/v1/shops/{shop}/leave', { params: sent({ shop: id }), body: { confirm: true } })), leave.close);
  const end = useDo((_: string, __: void) => answered(api.POST('/portal/v1/forget-me', { params: { header: sent({}).header } })), () => client.resetQueries());
  return (
    <Section title="Your data">
      <Stack gap="sm">
        {shop && (
          <Anchor href={`/portal/v1/shops/${shop.id}/export`} download={`${shop.domain}.json`} size="sm">
            All that {shop.name} has stored about you, as a file
          </Anchor>
        )}
        {go.data && (
          <Text size="sm" role="status">
            {go.data.message}
          </Text>
        )}
        {shop && (
          <Button variant="default" onClick={leave.open}>
            Leave {shop.name}
          </Button>
        )}
        <Button variant="default" onClick={forget.open}>
          Delete my sign-in
        </Button>
      </Stack>
      <Dialog open={leaving} close={leave.close} title={`Leave ${shop?.name}?`}>
        <Stack>
          <Text size="sm">New sales earn nothing from then on. What you have earned is still paid. It cannot be taken back here.</Text>
          {go.error && <Trouble error={go.error} />}
          <Button color="red" loading={go.isPending} onClick={() => go.mutate()}>
            Leave
          </Button>
        </Stack>
      </Dialog>
      <Dialog open={forgetting} close={forget.close} title="Delete your sign-in?">
        <Stack>
          <Text size="sm">You are signed out everywhere. Shops that work with you keep what they must; you can sign in again by mail while they have your address.</Text>
          {end.error && <Trouble error={end.error} />}
          <Button color="red" loading={end.isPending} onClick={() => end.mutate()}>
            Delete
          </Button>
        </Stack>
      </Dialog>
    </Section>
  );
}
