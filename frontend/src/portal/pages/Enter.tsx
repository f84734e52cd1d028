import { Button, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { answered, Refused } from '../../shared/api';
import { Trouble } from '../../admin/ui';
import { api } from '../api';
import { CodeForm } from './CodeForm';

// takeToken moves the token out of the address, so that no history keeps it. It
// is used by a press of the button and not before: mail programs open links.
function takeToken(): string {
  const token = decodeURIComponent(window.location.hash.slice(1));
  if (token) history.replaceState(null, '', window.location.pathname);
  return token;
}

export function Enter() {
  const [token] = useState(takeToken);
  const client = useQueryClient();
  const go = useNavigate();
  const done = async () => {
    await client.invalidateQueries();
    await go('/', { replace: true });
  };
  const enter = useMutation({ mutationFn: () => answered(api.POST('/portal/v1/sign-in/link', { body: { token } })), onSuccess: done });
  const elsewhere = enter.error instanceof Refused && enter.error.code === 'other_browser';
  return (
    <Stack>
      <Title order={1}>Sign in</Title>
      {token ? <Text>One press, and you are in.</Text> : <Text>This link is not whole, or was used here already.</Text>}
      {enter.error && <Trouble error={enter.error} />}
      {elsewhere && <CodeForm done={done} />}
      {token && !enter.error && (
        <Button size="md" loading={enter.isPending} onClick={() => enter.mutate()}>
          Sign in
        </Button>
      )}
      {(enter.error || !token) && (
        <Button component={Link} to="/" variant="default">
          Ask for a new link
        </Button>
      )}
    </Stack>
  );
}
