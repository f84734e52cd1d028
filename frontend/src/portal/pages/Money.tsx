import { Anchor, Button, Card, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { answered } from '../../shared/api';
import { Amount, Loading, Section, State, Trouble } from '../../admin/ui';
import { date, month, words } from '../../shared/format';
import { api, sent, type Portal } from '../api';
import { useBalances, useDo, usePayoutMethod, useShop, useStatements } from '../data';
import { Tax } from './Tax';

export function Money() {
  return (
    <Stack>
      <Title order={1}>Money</Title>
      <Statements />
      <Method />
      <Tax />
      <Anchor component={Link} to="/disputes" size="sm">
        Your disputes
      </Anchor>
    </Stack>
  );
}

function Statements() {
  const shop = useShop();
  const list = useStatements();
  const balances = useBalances();
  const currencies = [...new Set([...(balances.data?.data ?? []).map((b) => b.currency), shop.currency])];
  return (
    <Section title="Statements and payouts">
      <Stack gap="xs">
        {currencies.map((c) => (
          <Month key={c} title="The open month" period="" currency={c} />
        ))}
        {list.isPending && <Loading rows={2} />}
        {list.error && <Trouble error={list.error} again={() => list.refetch()} />}
        {(list.rows ?? []).map((l) => (
          <Month key={l.id} title={month(l.period)} period={l.period} currency={l.pay.currency} line={l} />
        ))}
        {list.hasNextPage && (
          <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            Show more
          </Button>
        )}
      </Stack>
    </Section>
  );
}

function Month({ title, period, currency, line }: { title: string; period: string; currency: string; line?: Portal['MyPeriod'] }) {
  const shop = useShop().id;
  const file = (format: string) => `/portal/v1/shops/${shop}/statement?currency=${currency}${period ? `&period=${period}` : ''}&format=${format}`;
  return (
    <Card padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>
          {title}, {currency}
        </Text>
        {line && <State of={line.state} />}
      </Group>
      {line && (
        <Text size="sm">
          Paid: <Amount value={line.pay} />
          {line.carry_reason && `, carried on: ${words(line.carry_reason)}`}
          {line.settled_at && `, on ${date(line.settled_at)}`}
          {line.reference && `, reference ${line.reference}`}
        </Text>
      )}
      {line?.error && <Text size="sm">The provider says: {line.error}</Text>}
      <Group gap="md" mt={6}>
        <Anchor component={Link} size="sm" to={`/statement?currency=${currency}&period=${period}`} aria-label={`See it: ${title}, ${currency}`}>
          See it
        </Anchor>
        <Anchor size="sm" href={file('pdf')} aria-label={`PDF of ${title}, ${currency}`}>
          PDF
        </Anchor>
        <Anchor size="sm" href={file('csv')} aria-label={`CSV of ${title}, ${currency}`}>
          CSV
        </Anchor>
        {line && line.state !== 'draft' && (
          <Anchor component={Link} size="sm" to={`/disputes/new?subject=payout&payout=${line.id}&about=${encodeURIComponent(`${title}, ${currency}`)}&currency=${currency}`} aria-label={`Something is wrong with ${title}, ${currency}`}>
            Something is wrong
          </Anchor>
        )}
      </Group>
    </Card>
  );
}

type Kind = Portal['PayoutMethodInBody']['kind'];

function Method() {
  const method = usePayoutMethod();
  const [kind, setKind] = useState<Kind>('paypal');
  const [account, setAccount] = useState('');
  const [holder, setHolder] = useState('');
  const [bic, setBIC] = useState('');
  const save = useDo(
    (shop, body: Portal['PayoutMethodInBody']) => answered(api.POST('/portal/v1/shops/{shop}/payout-method', { params: sent({ shop }), body })),
    () => setAccount(''),
  );
  return (
    <Section title="How you are paid">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save.mutate({ kind, account, holder: kind === 'bank' ? holder : undefined, bic: kind === 'bank' && bic ? bic : undefined });
        }}
      >
        <Stack gap="sm">
          <Text size="sm" data-testid="payout-method">
            {method.data?.shown ? `Now: ${method.data.shown}` : 'Nothing yet: nothing can be paid.'}
          </Text>
          <NativeSelect
            label="By"
            value={kind}
            onChange={(e) => setKind(e.currentTarget.value as Kind)}
            data={[
              { value: 'paypal', label: 'PayPal' },
              { value: 'bank', label: 'Bank transfer' },
              { value: 'store_credit', label: 'Store credit' },
            ]}
          />
          <TextInput
            label={kind === 'bank' ? 'IBAN or account number' : kind === 'paypal' ? 'E-mail address at PayPal' : 'E-mail address in the store'}
            required
            autoComplete="off"
            value={account}
            onChange={(e) => setAccount(e.currentTarget.value)}
          />
          {kind === 'bank' && (
            <>
              <TextInput label="Whose account it is" required value={holder} onChange={(e) => setHolder(e.currentTarget.value)} />
              <TextInput label="BIC, where needed" value={bic} onChange={(e) => setBIC(e.currentTarget.value)} />
            </>
          )}
          {save.error && <Trouble error={save.error} />}
          {save.data && (
            <Text size="sm" role="status">
              Saved, encrypted. A mail tells you, in case it was not you.
            </Text>
          )}
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
