import { Badge, Group } from '@mantine/core';
import { Route, Routes } from 'react-router';
import { NavTabs } from '../../tabs';
import { Header } from '../../ui';
import { Connections } from './Connections';
import { Applications } from './Applications';
import { Decide } from './Decide';
import { Dispute, Disputes } from './Disputes';
import { Failed } from './Failed';

export default function Review() {
  return (
    <>
      <Header title="Review queue" note="What waits for a person, with the time left for it" />
      <NavTabs
        base="/review"
        of={[
          { to: '', label: 'To decide' },
          { to: 'disputes', label: 'Disputes' },
          { to: 'applications', label: 'Applications' },
          { to: 'failed', label: 'Failed work' },
          { to: 'connections', label: 'Connections' },
        ]}
      />
      <Routes>
        <Route index element={<Decide />} />
        <Route path="disputes" element={<Disputes />} />
        <Route path="disputes/:id" element={<Dispute />} />
        <Route path="applications" element={<Applications />} />
        <Route path="failed" element={<Failed />} />
        <Route path="connections" element={<Connections />} />
      </Routes>
    </>
  );
}

// Well says whether something works.
export function Well({ ok, note }: { ok: boolean; note?: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Badge size="sm" variant="light" tt="none" fw={500} color={ok ? 'green' : 'red'} style={{ flexShrink: 0 }}>
        {ok ? 'works' : 'does not work'}
      </Badge>
      {note}
    </Group>
  );
}
