import { Button, Code, FileInput, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { answered, api } from '../../../shared/api';
import { useAct } from '../../data';
import { say, Trouble } from '../../ui';

// Import takes influencers in from a file: all that can be, and says of every
// other row what is wrong with it.
export function Import({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const run = useAct(
    async (of: File, key: string) =>
      answered(api.POST('/api/v1/influencers/import', { body: (await of.text()) as never, bodySerializer: (b: unknown) => b as string, headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': key } })),
    ['influencers'],
    ['names'],
  );
  const close = () => {
    setFile(null);
    run.reset();
    onClose();
  };
  const done = run.data;
  return (
    <Modal opened={opened} onClose={close} title="Import influencers" centered size="lg">
      <Stack>
        <Text size="sm">
          A CSV file whose first line names its columns: <Code>name</Code>, <Code>handle</Code> and <Code>email</Code>, and if you like <Code>phone</Code>, <Code>customer_id</Code>, <Code>payout_method</Code>, <Code>payout_detail</Code> and <Code>tax_form</Code>. Somebody whose handle is known is
          changed.
        </Text>
        <FileInput label="File" placeholder="influencers.csv" accept=".csv,text/csv" value={file} onChange={setFile} clearable />
        {run.error && <Trouble error={run.error} />}
        {done && (
          <>
            <Text size="sm" role="status">
              {done.added} added, {done.changed} changed, {done.unchanged} as they were, {(done.problems ?? []).length} not taken in.
            </Text>
            {(done.problems ?? []).length > 0 && (
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Line</Table.Th>
                    <Table.Th>What is wrong</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {(done.problems ?? []).map((p) => (
                    <Table.Tr key={p.line}>
                      <Table.Td>{p.line}</Table.Td>
                      <Table.Td>{p.message}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {done ? 'Close' : 'Cancel'}
          </Button>
          <Button disabled={!file} loading={run.isPending} onClick={() => file && run.mutate(file, { onSuccess: () => say('Imported') })}>
            Import
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
