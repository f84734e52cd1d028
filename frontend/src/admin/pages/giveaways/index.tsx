import { Route, Routes } from 'react-router';
import { Giveaway } from './Giveaway';
import { Giveaways } from './Giveaways';

export default function Area() {
  return (
    <Routes>
      <Route index element={<Giveaways />} />
      <Route path=":id" element={<Giveaway />} />
    </Routes>
  );
}
