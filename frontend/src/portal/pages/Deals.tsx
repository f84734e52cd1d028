import { Anchor, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { Loading, State, Trouble } from '../../admin/ui';
import { date } from '../../shared/format';
import { useAgreements, useDealNames } from '../data';
import { inWords, type Terms } from '../terms';

export function Deals() {
  const agreements = useAgreements();
  const name = useDealNames();
  return (
    <Stack>
      <Title order={1}>Your agreements</Title>
      {agreements.isPending && <Loading />}
      {agreements.error && <Trouble error={agreements.error} again={() => agreements.refetch()} />}
      {agreements.data?.data?.length === 0 && <Text c="dimmed">None yet. The shop offers them, and a mail tells you.</Text>}
      {(agreements.data?.data ?? []).map((a) => {
        const last = (a.versions ?? []).at(-1);
        return (
          <Card key={a.id} component={Link} to={`/agreements/${a.id}`} style={{ color: 'inherit', textDecoration: 'none' }}>
            <Group justify="space-between" wrap="nowrap">
              <Text fw={600}>{name(a.id)}</Text>
              <State of={a.state} />
            </Group>
            {last && (
              <Text size="sm" mt={4}>
                {inWords(last.terms as Terms).pay.slice(0, 3).join('; ')}
              </Text>
            )}
            <Text size="xs" c="dimmed" mt={4}>
              {last?.effective_from ? `In force since ${date(last.effective_from)}` : `Of ${date(a.created_at)}`}
            </Text>
          </Card>
        );
      })}
      <Button component={Link} to="/work" variant="light">
        Posts, live sessions, giveaways, leads
      </Button>
      <Anchor component={Link} to="/open" size="sm">
        Campaigns of all shops that you can apply to
      </Anchor>
      <Anchor component={Link} to="/disputes" size="sm">
        Your disputes
      </Anchor>
    </Stack>
  );
}
