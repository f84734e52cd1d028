import { Button, Card, Center, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { answered, api } from '../../shared/api';
import { setKey } from '../../shared/session';
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
      await answered(api.GET('/api/v1/session'));
      onKey();
    } catch (e) {
      setKey(null);
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
              Stores open this app in their own admin: Shopify’s, or the Tributary page in wp-admin. With an API key it works here, too, until the page is left.
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
