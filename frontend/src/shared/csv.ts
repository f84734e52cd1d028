import type { Money } from './format';

export type Cell = string | number | boolean | Money | null | undefined;

// csvOf writes rows as RFC 4180. An amount takes two columns, so that no file
// holds a number without its currency. What a spreadsheet would take for a formula
// is kept from being one.
export function csvOf<T>(columns: { head: string; cell: (row: T) => Cell }[], rows: T[]): string {
  const money = columns.map((c) => rows.some((r) => isMoney(c.cell(r))));
  const lines = [columns.flatMap((c, i) => (money[i] ? [c.head, `${c.head} currency`] : [c.head]))];
  for (const r of rows)
    lines.push(
      columns.flatMap((c, i) => {
        const v = c.cell(r);
        if (!money[i]) return [text(v)];
        return isMoney(v) ? [v.amount, v.currency] : ['', ''];
      }),
    );
  return lines.map((l) => l.map(quoted).join(',')).join('\r\n') + '\r\n';
}

const isMoney = (v: Cell): v is Money => typeof v === 'object' && v !== null;

function text(v: Cell): string {
  if (v === null || v === undefined || isMoney(v)) return '';
  return typeof v === 'string' && /^[=+\-@\t\r]/.test(v) && !/^-?\d+(\.\d+)?$/.test(v) ? `'${v}` : String(v);
}

const quoted = (s: string) => (/[",\r\n]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s);

export function saveText(content: string, name: string, type: string): void {
  save(new Blob([content], { type }), name);
}

export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
