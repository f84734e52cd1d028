import { Button, Group } from '@mantine/core';
import { Link, useLocation } from 'react-router';

// NavTabs are parts of an area, each with an address of its own.
export function NavTabs({ base, of }: { base: string; of: { to: string; label: string }[] }) {
  const rest = useLocation().pathname.slice(base.length).replace(/^\/|\/$/g, '');
  const at = of.find((t) => t.to !== '' && (rest === t.to || rest.startsWith(t.to + '/')))?.to ?? '';
  return (
    <Group component="nav" aria-label="Parts of this page" gap={4} mb="md">
      {of.map((t) => (
        <Button key={t.to} component={Link} to={t.to === '' ? base : `${base}/${t.to}`} size="compact-sm" variant={t.to === at ? 'light' : 'subtle'} color={t.to === at ? undefined : 'gray'} aria-current={t.to === at ? 'page' : undefined}>
          {t.label}
        </Button>
      ))}
    </Group>
  );
}
