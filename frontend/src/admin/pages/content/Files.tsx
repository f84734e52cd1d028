import type { Schemas } from '../../../shared/api';
import { count } from '../../../shared/format';
import { said, TakeFile } from '../../parts';

export function Files() {
  return (
    <TakeFile
      title="Numbers from a file"
      path="/api/v1/posts/import"
      stale={['posts']}
      read={(answer) => {
        const a = answer as Schemas['SnapshotImport'];
        return {
          good: `${count(a.added)} taken in, ${count(a.duplicate)} were known already, ${count(a.wrong)} were not taken.`,
          rows: (a.rows ?? []).map((r) => ({ line: r.line, said: said(r.errors), bad: r.result === 'wrong' })),
        };
      }}
      columns="Columns post or url, at, any of likes, comments, shares, saves, views and followers, and status. A file that is sent twice counts once."
      example={'url,at,likes,comments,views\nhttps://www.instagram.com/p/C1/,2026-11-20T10:00:00Z,1200,40,18000'}
    />
  );
}
