import { NavTabs } from '../../tabs';
import { Route, Routes } from 'react-router';
import { Header } from '../../ui';
import { Crm } from './Crm';
import { Files } from './Files';
import { Forms } from './Forms';
import { Lead } from './Lead';
import { Queue } from './Queue';

export default function Leads() {
  return (
    <Routes>
      <Route path="lead/:id" element={<Lead />} />
      <Route
        path="*"
        element={
          <>
            <Header title="Leads" note="Who asked to hear from you, and who is worth paying for" />
            <NavTabs
              base="/leads"
              of={[
                { to: '', label: 'Leads' },
                { to: 'forms', label: 'Forms' },
                { to: 'files', label: 'Files' },
                { to: 'crm', label: 'CRM' },
              ]}
            />
            <Routes>
              <Route index element={<Queue />} />
              <Route path="forms" element={<Forms />} />
              <Route path="files" element={<Files />} />
              <Route path="crm" element={<Crm />} />
            </Routes>
          </>
        }
      />
    </Routes>
  );
}
