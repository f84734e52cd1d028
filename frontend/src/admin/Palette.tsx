import { Spotlight, spotlight } from '@mantine/spotlight';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useInfluencers } from './data';
import { places } from './routes';

export const openPalette = () => spotlight.open();

// Palette goes to a page, or to an influencer by name.
export function Palette() {
  const go = useNavigate();
  const [query, setQuery] = useState('');
  const found = useInfluencers(query.trim());
  const matches = places.filter((p) => `${p.label} ${p.words ?? ''}`.toLowerCase().includes(query.trim().toLowerCase()));
  const people = query.trim() ? (found.rows ?? []).slice(0, 6) : [];
  return (
    <Spotlight.Root query={query} onQueryChange={setQuery} shortcut={['mod + K']} scrollable maxHeight={420}>
      <Spotlight.Search placeholder="A page, or somebody's name" aria-label="Go to" />
      <Spotlight.ActionsList>
        {matches.map((p) => (
          <Spotlight.Action key={p.to} label={p.label} onClick={() => go(p.to)} />
        ))}
        {people.map((i) => (
          <Spotlight.Action key={i.id} label={i.name || i.handle} description={i.handle} onClick={() => go(`/influencers/${i.id}`)} />
        ))}
        {matches.length + people.length === 0 && <Spotlight.Empty>Nothing has that name.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
