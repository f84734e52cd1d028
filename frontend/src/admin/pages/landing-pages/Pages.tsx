import { Anchor, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { answered, api, type Schemas } from '../../../shared/api';
import { date } from '../../../shared/format';
import { useNames } from '../../data';
import { Listing } from '../../listing';
import { AgreementPick, Do, fieldsOf, useAct } from '../../parts';
import { Header, State, To, Trouble } from '../../ui';
import type { Doc } from './document';

type LandingPage = Schemas['LandingPage'];

export function Pages() {
  const name = useNames();
  const [making, make] = useDisclosure();
  return (
    <>
      <Header title="Landing pages" note="A page of its own for each influencer, and what came of it">
        <Do onClick={make.open}>New page</Do>
      </Header>
      <Listing<LandingPage>
        name="pages"
        label="Landing pages"
        load={(asked, cursor, limit) => answered(api.GET('/api/v1/pages', { params: { query: { ...asked, cursor, limit } } }))}
        id={(p) => p.id}
        empty="There is no landing page yet. A page shows an influencer’s words, your products and their code, and counts who came and who bought."
        filters={[{ key: 'state', label: 'Any state', options: ['draft', 'scheduled', 'published', 'unpublished'] }]}
        columns={[
          { head: 'Page', cell: (p) => <To to={`/landing-pages/${p.id}`}>{p.slug}</To>, csv: (p) => p.slug },
          { head: 'Influencer', cell: (p) => name(p.agreement_id), csv: (p) => name(p.agreement_id) },
          { head: 'State', cell: (p) => <State of={p.state} />, csv: (p) => p.state },
          { head: 'Version', cell: (p) => p.versions, csv: (p) => p.versions, right: true, wide: true },
          { head: 'Address', cell: (p) => (p.state === 'published' ? <Anchor href={p.url} target="_blank" rel="noreferrer" size="sm">open</Anchor> : '–'), csv: (p) => p.url, wide: true },
          { head: 'Since', cell: (p) => date(p.created_at), csv: (p) => p.created_at, right: true, wide: true },
        ]}
      />
      <NewPage opened={making} onClose={make.close} />
    </>
  );
}

function NewPage({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const go = useNavigate();
  const [agreement, setAgreement] = useState<string | null>(null);
  const [slug, setSlug] = useState('');
  const [title, setTitle] = useState('');
  const adding = useAct((_: void, headers) => {
    const document: Doc = { title: title.trim(), theme: { palette: 'clay', scheme: 'auto' }, sections: [{ type: 'hero', heading: title.trim() }] };
    return answered(api.POST('/api/v1/pages', { body: { agreement_id: agreement!, slug: slug.trim(), document: document as never }, headers }));
  }, 'pages');
  const at = fieldsOf(adding.error);
  return (
    <Modal opened={opened} onClose={onClose} title="New landing page" centered>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          adding.mutate(undefined, { onSuccess: (p) => go(`/landing-pages/${p.id}/edit`) });
        }}
      >
        <Stack>
          <AgreementPick value={agreement} onChange={setAgreement} error={at('agreement_id')} />
          <TextInput label="Title" description="Also the heading to begin with." value={title} onChange={(e) => setTitle(e.currentTarget.value)} required maxLength={120} error={at('document.title') ?? at('document.sections[0].heading')} />
          <TextInput label="Address ends in" description="a-z, 0-9 and -; the page can be renamed, its old address leads on." value={slug} onChange={(e) => setSlug(e.currentTarget.value.toLowerCase())} required maxLength={64} error={at('slug')} />
          {adding.error && <Trouble error={adding.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={adding.isPending} disabled={!agreement}>
              Write it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
