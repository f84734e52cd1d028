import { Tabs } from '@mantine/core';
import { useLocation, useNavigate } from 'react-router';

// NavTabs are parts of an area, each with an address of its own.
export function NavTabs({ base, of }: { base: string; of: { to: string; label: string }[] }) {
  const go = useNavigate();
  const rest = useLocation().pathname.slice(base.length).replace(/^\/|\/$/g, '');
  const at = of.find((t) => t.to !== '' && (rest === t.to || rest.startsWith(t.to + '/')))?.to ?? '';
  const first = 'first'; // the value of the part at the area's own address: an empty one is none
  return (
    <Tabs value={at || first} onChange={(v) => go(v && v !== first ? `${base}/${v}` : base)} mb="md">
      <Tabs.List style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
        {of.map((t) => (
          <Tabs.Tab key={t.to} value={t.to || first}>
            {t.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}
