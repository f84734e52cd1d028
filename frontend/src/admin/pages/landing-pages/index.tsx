import { Route, Routes } from 'react-router';
import { Editor } from './Editor';
import { Page } from './Page';
import { Pages } from './Pages';

export default function LandingPages() {
  return (
    <Routes>
      <Route index element={<Pages />} />
      <Route path=":id" element={<Page />} />
      <Route path=":id/edit" element={<Editor />} />
    </Routes>
  );
}
