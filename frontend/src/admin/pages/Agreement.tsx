import { Code, CopyButton, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useParams } from 'react-router';
import type { Schemas } from '../../shared/api';
import { dateTime } from '../../shared/format';
import { useAgreement, useNames } from '../data';
import { Facts, Header, Loading, Section, State, To, Trouble } from '../ui';

export function Agreement() {
  const { id = '' } = useParams();
  const found = useAgreement(id);
  const name = useNames();
  if (found.isPending) return <Loading />;
  if (found.error) return <Trouble error={found.error} again={() => found.refetch()} />;
  const a = found.data;
  const versions = [...(a.versions ?? [])].sort((x, y) => y.number - x.number);
  return (
    <>
      <Header
        title={name(a.campaign_id)}
        note={
          <>
            with <To to={`/influencers/${a.influencer_id}`}>{name(a.influencer_id)}</To>
          </>
        }
      >
        <State of={a.state} />
      </Header>
      {versions.map((v) => (
        <Version key={v.id} of={v} />
      ))}
    </>
  );
}

function Version({ of: v }: { of: Schemas['AgreementVersion'] }) {
  return (
    <Section title={`Version ${v.number}`} right={<State of={v.state} />}>
      <Stack gap="md">
        <Facts
          of={[
            ['In force from', dateTime(v.effective_from)],
            ['Until', v.effective_to ? dateTime(v.effective_to) : v.effective_from ? 'no end' : '–'],
            ...(v.signatures ?? []).map((s): [string, string] => [`Signed for the ${s.party}`, `${s.signer}, ${dateTime(s.signed_at)}`]),
          ]}
        />
        <Group gap="xs" wrap="nowrap">
          <Text size="xs" c="dimmed">
            Hash
          </Text>
          <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
            {v.hash}
          </Text>
          <CopyButton value={v.hash}>
            {({ copied, copy }) => (
              <UnstyledButton onClick={copy}>
                <Text size="xs" c="river">
                  {copied ? 'copied' : 'copy'}
                </Text>
              </UnstyledButton>
            )}
          </CopyButton>
        </Group>
        <Code block fz="xs" tabIndex={0} aria-label={`Terms of version ${v.number}`} style={{ maxHeight: 420, overflow: 'auto' }}>
          {JSON.stringify(v.terms, null, 2)}
        </Code>
      </Stack>
    </Section>
  );
}
