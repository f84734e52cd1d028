import { SimpleGrid } from '@mantine/core';
import type { Schemas } from '../../../shared/api';
import { count } from '../../../shared/format';
import { said, TakeFile, type Taken } from '../../parts';

function read(answer: unknown): Taken {
  const a = answer as Schemas['LeadImport'];
  return {
    good: `${count(a.created)} taken in, ${count(a.unchanged)} were there already, ${count(a.failed)} were not taken.`,
    rows: (a.rows ?? []).map((r) => ({ line: r.line, said: said(r.errors), bad: r.status === 'failed' })),
  };
}

export function Files() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <TakeFile
        title="Leads from a file"
        path="/api/v1/leads/import"
        stale={['leads']}
        read={read}
        columns="A column email, and form (the end of its address) or agreement; where known submitted_at, external_id, click_id, ref and code. Every other column is an answer. Up to 5,000 rows; a file that is sent twice counts once."
        example={'email,agreement,submitted_at,company\nanna@example.com,agr_7,2026-11-20T10:00:00Z,Example Ltd'}
      />
      <TakeFile
        title="Decisions from a file"
        path="/api/v1/leads/outcomes"
        stale={['leads']}
        read={read}
        columns="A column lead, external_id or email, and outcome: qualified or rejected; where known reason and at."
        example={'lead,outcome,reason\nled_12,rejected,Not in our market'}
      />
    </SimpleGrid>
  );
}
