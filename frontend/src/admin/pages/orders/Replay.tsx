import { Alert, Button, Text } from '@mantine/core';
import { answered, api } from '../../../shared/api';
import { useAct } from '../../data';
import { Trouble } from '../../ui';

// Replay decides the order again from everything that is known of it, and says
// whether anything came out different.
export function Replay({ id }: { id: string }) {
  const run = useAct((_: void, key) => answered(api.POST('/api/v1/orders/{id}/replay', { params: { path: { id } }, headers: { 'Idempotency-Key': key } })), ['orders']);
  return (
    <>
      <Button size="xs" variant="default" loading={run.isPending} onClick={() => run.mutate()}>
        Replay
      </Button>
      {run.error && <Trouble error={run.error} />}
      {run.data && (
        <Alert color={run.data.same ? 'river' : 'yellow'} variant="light" role="status" w="100%" withCloseButton onClose={() => run.reset()}>
          <Text size="sm">{run.data.same ? 'The same came out: the same winner, the same amounts.' : 'Something had become known meanwhile: the order was decided anew, and the ledger has the difference.'}</Text>
        </Alert>
      )}
    </>
  );
}
