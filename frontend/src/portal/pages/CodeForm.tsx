import { Button, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../../shared/api';
import { Trouble } from '../../admin/ui';
import { api } from '../api';

export function CodeForm({ done }: { done: () => void }) {
  const [code, setCode] = useState('');
  const enter = useMutation({ mutationFn: () => answered(api.POST('/portal/v1/sign-in/code', { body: { code } })), onSuccess: done });
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        enter.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="The six digits of the mail"
          description="If you read the mail on another device"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]*"
          required
          size="md"
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
        {enter.error && <Trouble error={enter.error} />}
        <Button type="submit" variant="light" loading={enter.isPending}>
          Sign in with the code
        </Button>
      </Stack>
    </form>
  );
}
