import { Button, Card, Center, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { answered, api } from '../../shared/api';
import { forgetKey, setKey } from '../../shared/session';
import { Trouble } from '../ui';

// KeyPage lets in who is not in the admin of a Shopify store.
export function KeyPage({ onKey }: { onKey: () => void }) {
  const [value, setValue] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const enter = async (e: React.FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setKey(value.trim());
    try {
      await answered(api.GET('/api/v1/influencers', { params: { query: { limit: 1 } } }));
      onKey();
    } catch (e) {
      forgetKey();
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Center mih="80vh" p="md">
      <Card w={420} maw="100%" component="main">
        <form onSubmit={enter}>
          <Stack>
            <Title order={1}>Tributary</Title>
            <Text size="sm" c="dimmed">
              Stores on Shopify open this app in their admin. With an API key it works here; the key stays in this tab.
            </Text>
            <PasswordInput label="API key" placeholder="trb_…" value={value} onChange={(e) => setValue(e.currentTarget.value)} autoComplete="off" required />
            {error !== undefined && <Trouble error={error} />}
            <Button type="submit" loading={busy}>
              Enter
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
