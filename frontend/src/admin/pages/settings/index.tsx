import { Route, Routes } from 'react-router';
import { NavTabs } from '../../tabs';
import { Header } from '../../ui';
import { Connections } from '../review/Connections';
import { Defaults } from './Defaults';
import { Domains } from './Domains';
import { Keys } from './Keys';
import { Privacy } from './Privacy';
import { Shop } from './Shop';

export default function Settings() {
  return (
    <>
      <Header title="Settings" />
      <NavTabs
        base="/settings"
        of={[
          { to: '', label: 'Shop' },
          { to: 'defaults', label: 'Terms' },
          { to: 'keys', label: 'API keys' },
          { to: 'domains', label: 'Domains' },
          { to: 'privacy', label: 'Privacy' },
          { to: 'integrations', label: 'Integrations' },
        ]}
      />
      <Routes>
        <Route index element={<Shop />} />
        <Route path="defaults" element={<Defaults />} />
        <Route path="keys" element={<Keys />} />
        <Route path="domains" element={<Domains />} />
        <Route path="privacy" element={<Privacy />} />
        <Route path="integrations" element={<Connections />} />
      </Routes>
    </>
  );
}
