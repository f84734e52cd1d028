import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Trouble } from '../../admin/ui';
import { api } from '../api';
import { CodeForm } from './CodeForm';

// SignIn asks for the address, and then for the code, for whoever reads the
// mail on another device.
export function SignIn() {
  const [email, setEmail] = useState('');
  const client = useQueryClient();
  const ask = useMutation({ mutationFn: () => answered(api.POST('/portal/v1/sign-in', { body: { email } })) });
  if (ask.data)
    return (
      <Stack>
        <Title order={1}>Look into your mail</Title>
        <Text role="status">{ask.data.message}</Text>
        <CodeForm done={() => client.invalidateQueries()} />
        <Button variant="default" onClick={() => ask.reset()}>
          Use another address
        </Button>
      </Stack>
    );
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        ask.mutate();
      }}
    >
      <Stack>
        <Title order={1}>Your earnings</Title>
        <Text>Sign in by e-mail. There is no password to remember, or to lose.</Text>
        <TextInput label="Your e-mail address" type="email" autoComplete="email" required size="md" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        {ask.error && <Trouble error={ask.error} />}
        <Button type="submit" size="md" loading={ask.isPending}>
          Send me a link
        </Button>
      </Stack>
    </form>
  );
}
