import { Text } from '@mantine/core';
import { date } from '../../../shared/format';
import { useSession } from '../../data';
import { Facts, Loading, Section, Trouble } from '../../ui';

export function Shop() {
  const found = useSession();
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Loading rows={3} />;
  const { shop: s, actor, name, scope } = found.data;
  return (
    <>
      <Section title="Shop">
        <Facts
          of={[
            ['Name', s.name || s.domain],
            ['Store', `${s.domain} on ${s.platform === 'shopify' ? 'Shopify' : 'WooCommerce'}`],
            ['Currency', s.currency],
            ['Time zone', s.time_zone],
            ['Books open from', s.open_from ? date(s.open_from) : 'the beginning: no month was closed yet'],
          ]}
        />
        <Text size="xs" c="dimmed" mt="sm">
          These come from your store and follow it. Name: on landing pages, giveaways and mails. Time zone: where days, holds and months begin and end. An influencer may be paid in another currency, if their agreement says so.
        </Text>
      </Section>
      <Section title="You">
        <Facts
          of={[
            ['In records', name ? `${actor}, ${name}` : actor],
            ['May', scope === 'write' ? 'look and change' : 'look'],
          ]}
        />
      </Section>
    </>
  );
}
