import { Route, Routes } from 'react-router';
import { Session } from './Session';
import { Sessions } from './Sessions';

export default function Live() {
  return (
    <Routes>
      <Route index element={<Sessions />} />
      <Route path=":id" element={<Session />} />
    </Routes>
  );
}
