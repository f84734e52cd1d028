import { Route, Routes } from 'react-router';
import { NavTabs } from '../../tabs';
import { Header } from '../../ui';
import { Files } from './Files';
import { Post } from './Post';
import { Posts } from './Posts';
import { Sources } from './Sources';

export default function Content() {
  return (
    <Routes>
      <Route path="post/:id" element={<Post />} />
      <Route
        path="*"
        element={
          <>
            <Header title="Content" note="Posts, what people did with them, and whether they say that they are advertising" />
            <NavTabs
              base="/content"
              of={[
                { to: '', label: 'Posts' },
                { to: 'files', label: 'Files' },
                { to: 'sources', label: 'Accounts and hashtags' },
              ]}
            />
            <Routes>
              <Route index element={<Posts />} />
              <Route path="files" element={<Files />} />
              <Route path="sources" element={<Sources />} />
            </Routes>
          </>
        }
      />
    </Routes>
  );
}
