import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answered, api, type Schemas } from '../../../shared/api';
import { dateTime } from '../../../shared/format';
import { usePages, useSession } from '../../data';
import { List } from '../../listing';
import { Facts, Loading, Section, Trouble } from '../../ui';
import { Accounts } from '../content/Sources';
import { Well } from './index';

// Connections are how this server and the store, and others, reach each other.
export function Connections() {
  const shop = useSession();
  if (shop.error) return <Trouble error={shop.error} again={() => shop.refetch()} />;
  if (!shop.data) return <Loading />;
  return (
    <>
      {shop.data.shop.platform === 'shopify' ? <Shopify /> : <Woo />}
      <Accounts />
    </>
  );
}

function Shopify() {
  const found = useQuery({ queryKey: ['shopify'], queryFn: () => answered(api.GET('/api/v1/shopify')) });
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const s = found.data;
  return (
    <Section title="Shopify">
      {!s ? (
        <Loading rows={2} />
      ) : (
        <Stack gap="sm">
          {s.reopen && (
            <Alert color="yellow" variant="light" title="Open the app once in your store’s admin">
              The access has ended, or the store does not grant what is needed. Opening the app renews it.
            </Alert>
          )}
          <Facts
            of={[
              ['Access', <Well key="h" ok={s.health.ok} note={s.health.note} />],
              ['Granted', dateTime(s.granted_at)],
              ['Until', s.until ? `${dateTime(s.until)}, unless renewed before` : '–'],
              ['May', (s.scopes ?? []).join(', ') || 'nothing'],
              ['Is missing', (s.missing_scopes ?? []).join(', ') || 'nothing'],
            ]}
          />
        </Stack>
      )}
    </Section>
  );
}

function Woo() {
  const found = usePages(['connections'], () => answered(api.GET('/api/v1/connections')));
  return (
    <Section title="WooCommerce">
      <Text size="xs" c="dimmed" mb="xs">
        Webhooks bring orders here; with REST keys codes are made in the store and refunds are read by line.
      </Text>
      <List<Schemas['Connection']>
        of={found}
        label="Connections"
        id={(c) => c.id}
        empty="No store is connected yet. `tributary shop connect` makes the address for its webhooks."
        columns={[
          { head: 'Store', cell: (c) => c.base_url },
          { head: 'Webhooks', cell: (c) => (c.revoked_at ? 'ended' : <Well ok={c.webhooks.ok} note={c.webhooks.note} />) },
          { head: 'REST keys', cell: (c) => (c.revoked_at ? 'ended' : c.rest ? <Well ok={c.rest.ok} note={c.rest.note} /> : 'none') },
          { head: 'Since', cell: (c) => dateTime(c.created_at), wide: true, right: true },
        ]}
      />
    </Section>
  );
}
