import { Anchor, Button, Group, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { answered, api, download, type Schemas } from '../../shared/api';
import { date } from '../../shared/format';
import { useAct, useNames } from '../data';
import { Listing } from '../listing';
import { Ask, Header, Help, say, State, To, Trouble } from '../ui';
import { Copy } from './campaigns/Launch';
import { MakeCodes } from './codes/MakeCodes';
import { MakeLink } from './codes/MakeLink';

const tabs = ['codes', 'discounts', 'links'];

export function Codes() {
  const [params, setParams] = useSearchParams();
  const tab = tabs.find((t) => t === params.get('tab')) ?? 'codes';
  const [making, make] = useDisclosure();
  const [linking, link] = useDisclosure();
  return (
    <>
      <Header title="Codes and links" note="What shoppers use, and whose it is">
        <Button size="xs" variant="default" onClick={link.open}>
          New link
        </Button>
        <Button size="xs" onClick={make.open}>
          New codes
        </Button>
      </Header>
      <MakeCodes opened={making} onClose={make.close} />
      <MakeLink opened={linking} onClose={link.close} />
      <Tabs value={tab} onChange={(t) => setParams(t && t !== 'codes' ? { tab: t } : {})} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="codes">Codes</Tabs.Tab>
          <Tabs.Tab value="discounts">In the store</Tabs.Tab>
          <Tabs.Tab value="links">Links</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="codes">
          <CodeList />
        </Tabs.Panel>
        <Tabs.Panel value="discounts">
          <Discounts />
        </Tabs.Panel>
        <Tabs.Panel value="links">
          <Links />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function CodeList() {
  const name = useNames();
  const [ending, setEnding] = useState<Schemas['Code'][]>([]);
  const end = useAct(
    async (codes: Schemas['Code'][], key) => {
      for (const c of codes) await answered(api.POST('/api/v1/codes/{id}/end', { params: { path: { id: c.id } }, body: {}, headers: { 'Idempotency-Key': `${key}-${c.id}` } }));
    },
    ['codes'],
  );
  return (
    <>
      <Ask
        opened={ending.length > 0}
        onClose={() => setEnding([])}
        title={ending.length === 1 ? `End ${ending[0]?.code}?` : `End ${ending.length} codes?`}
        yes="End"
        danger
        busy={end.isPending}
        error={end.error}
        onYes={() =>
          end.mutate(ending, {
            onSuccess: () => {
              say('Ended');
              setEnding([]);
            },
          })
        }
      >
        <Text size="sm">Orders from now on are nobody’s by them. What was sold before stays as it is. The discount in the store is another thing: pause or delete it there.</Text>
      </Ask>
      <Listing
        name="codes"
        label="Codes"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/codes', { params: { query: { ...asked, cursor, limit } } }))}
        id={(c) => c.id}
        empty="There are no codes yet. Make one for an agreement, or for many at once by a pattern."
        none="Nobody has that code."
        search={{ key: 'code', placeholder: 'A code, in any spelling' }}
        filters={[
          { key: 'influencer', label: 'Influencer’s id', kind: 'text' },
          { key: 'agreement', label: 'Agreement’s id', kind: 'text' },
        ]}
        bulk={(rows, done) => (
          <Button
            size="compact-sm"
            color="red"
            variant="light"
            onClick={() => {
              setEnding(rows);
              done();
            }}
          >
            End
          </Button>
        )}
        columns={[
          { head: 'Code', cell: (c) => <Copy value={c.code} />, csv: (c) => c.code },
          { head: 'Agreement with', cell: (c) => <To to={`/agreements/${c.agreement_id}`}>{name(c.agreement_id)}</To>, csv: (c) => name(c.agreement_id) },
          { head: 'From', cell: (c) => date(c.valid_from), csv: (c) => c.valid_from, wide: true },
          { head: 'Until', cell: (c) => (c.valid_to ? date(c.valid_to) : 'no end'), csv: (c) => c.valid_to, wide: true },
          {
            head: 'In the store',
            tip: 'Whether the store has the discount behind it. A code that was made in the store itself is only known to us.',
            cell: (c) => (c.in_store ? c.note ? <Help of={c.note}><State of={c.in_store} /></Help> : <State of={c.in_store} /> : 'made there'),
            csv: (c) => c.in_store,
          },
        ]}
      />
    </>
  );
}

const steps = {
  pause: { yes: 'Pause', says: 'Buyers get nothing off until it is let go on.', danger: false },
  resume: { yes: 'Let go on', says: 'Buyers get it off again.', danger: false },
  delete: { yes: 'Delete', says: 'The store forgets it, with its codes.', danger: true },
  check: { yes: 'Look', says: 'Asks the store what it has, and puts right what is missing.', danger: false },
} as const;

function Discounts() {
  const name = useNames();
  const [asked, setAsked] = useState<{ what: keyof typeof steps; of: Schemas['Discount'][] }>();
  const act = useAct(
    async ({ what, of }: { what: keyof typeof steps; of: Schemas['Discount'][] }, key) => {
      for (const d of of) {
        const o = { params: { path: { id: d.id } }, headers: { 'Idempotency-Key': `${key}-${d.id}` } };
        if (what === 'pause') await answered(api.POST('/api/v1/discounts/{id}/pause', o));
        else if (what === 'resume') await answered(api.POST('/api/v1/discounts/{id}/resume', o));
        else if (what === 'delete') await answered(api.POST('/api/v1/discounts/{id}/delete', o));
        else await answered(api.POST('/api/v1/discounts/{id}/check', o));
      }
    },
    ['discounts'],
    ['codes'],
  );
  const step = asked && steps[asked.what];
  return (
    <>
      {asked && step && (
        <Ask
          opened
          onClose={() => setAsked(undefined)}
          title={`${step.yes}: ${asked.of.length === 1 ? asked.of[0]?.title : `${asked.of.length} discounts`}?`}
          yes={step.yes}
          danger={step.danger}
          busy={act.isPending}
          error={act.error}
          onYes={() =>
            act.mutate(asked, {
              onSuccess: () => {
                say('Done');
                setAsked(undefined);
              },
            })
          }
        >
          <Text size="sm">{step.says}</Text>
        </Ask>
      )}
      <Listing
        name="discounts"
        label="Discounts"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/discounts', { params: { query: { ...asked, cursor, limit } } }))}
        id={(d) => d.id}
        empty="Nothing was made in the store yet."
        bulk={(rows, done) => (
          <Group gap={4}>
            {(Object.keys(steps) as (keyof typeof steps)[]).map((what) => (
              <Button
                key={what}
                size="compact-sm"
                variant={steps[what].danger ? 'light' : 'default'}
                color={steps[what].danger ? 'red' : undefined}
                onClick={() => {
                  setAsked({ what, of: rows });
                  done();
                }}
              >
                {steps[what].yes}
              </Button>
            ))}
          </Group>
        )}
        columns={[
          { head: 'Discount', cell: (d) => <Text span size="sm" ff="monospace">{d.title}</Text>, csv: (d) => d.title },
          { head: 'Agreement with', cell: (d) => <To to={`/agreements/${d.agreement_id}`}>{name(d.agreement_id)}</To>, csv: (d) => name(d.agreement_id) },
          { head: 'Gives', cell: (d) => (d.terms.kind === 'percent' ? `${d.terms.percent} %` : d.terms.kind === 'fixed' ? `${d.terms.amount?.amount} ${d.terms.amount?.currency}` : 'free shipping'), csv: (d) => d.terms.percent ?? d.terms.amount ?? d.terms.kind, wide: true },
          { head: 'In the store', cell: (d) => (d.note || d.edited ? <Help of={d.note ?? d.edited ?? ''}><State of={d.state} /></Help> : <State of={d.state} />), csv: (d) => d.state },
          { head: 'Up to date', tip: 'The store has what is wanted of it.', cell: (d) => (d.up_to_date ? 'yes' : 'not yet'), csv: (d) => d.up_to_date, right: true, wide: true },
        ]}
      />
    </>
  );
}

function Links() {
  const name = useNames();
  const [closing, setClosing] = useState<Schemas['Link'][]>([]);
  const [error, setError] = useState<unknown>();
  const disable = useAct(
    async (of: Schemas['Link'][], key) => {
      for (const l of of) await answered(api.POST('/api/v1/links/{id}/disable', { params: { path: { id: l.id } }, headers: { 'Idempotency-Key': `${key}-${l.id}` } }));
    },
    ['links'],
  );
  const picture = (l: Schemas['Link']) => {
    setError(undefined);
    download(`/api/v1/links/${l.id}/qr?format=svg`, `${l.slug}.svg`).catch(setError);
  };
  return (
    <>
      {error !== undefined && <Trouble error={error} />}
      <Ask
        opened={closing.length > 0}
        onClose={() => setClosing([])}
        title={closing.length === 1 ? `Close ${closing[0]?.slug}?` : `Close ${closing.length} links?`}
        yes="Close"
        danger
        busy={disable.isPending}
        error={disable.error}
        onYes={() =>
          disable.mutate(closing, {
            onSuccess: () => {
              say('Closed');
              setClosing([]);
            },
          })
        }
      >
        <Text size="sm">Who follows it still comes to the store, but nothing counts any more. It cannot be opened again.</Text>
      </Ask>
      <Listing
        name="links"
        label="Links"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/links', { params: { query: { ...asked, cursor, limit } } }))}
        id={(l) => l.id}
        empty="There are no links yet."
        filters={[
          { key: 'influencer', label: 'Influencer’s id', kind: 'text' },
          { key: 'agreement', label: 'Agreement’s id', kind: 'text' },
        ]}
        bulk={(rows, done) => (
          <Button
            size="compact-sm"
            color="red"
            variant="light"
            onClick={() => {
              setClosing(rows.filter((l) => !l.disabled_at));
              done();
            }}
          >
            Close
          </Button>
        )}
        columns={[
          { head: 'Link', cell: (l) => <Copy value={l.url} />, csv: (l) => l.url },
          { head: 'Agreement with', cell: (l) => <To to={`/agreements/${l.agreement_id}`}>{name(l.agreement_id)}</To>, csv: (l) => name(l.agreement_id) },
          { head: 'Leads to', cell: (l) => <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>{l.destination}</Text>, csv: (l) => l.destination, wide: true },
          { head: 'State', cell: (l) => <State of={l.disabled_at ? 'closed' : 'active'} />, csv: (l) => (l.disabled_at ? 'closed' : 'active') },
          {
            head: 'QR',
            cell: (l) => (
              <Anchor component="button" type="button" size="sm" onClick={() => picture(l)} aria-label={`SVG: QR code of ${l.slug}`}>
                SVG
              </Anchor>
            ),
            wide: true,
          },
        ]}
      />
    </>
  );
}
