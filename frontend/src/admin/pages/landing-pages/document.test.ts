import { describe, expect, it } from 'vitest';
import { begin, blank, change, cleaned, kinds, moved, redo, troubles, undo, type Doc, type Kind } from './document';

const doc: Doc = { title: 'T', theme: { palette: 'clay', scheme: 'auto' }, sections: [] };

describe('cleaned', () => {
  it('leaves out what was left empty, and nothing else', () => {
    expect(
      cleaned({
        ...doc,
        description: ' ',
        image: { url: '', alt: '' },
        sections: [
          { type: 'hero', heading: 'Hi', text: '', image: { url: 'https://x/y.png', alt: '' } },
          { type: 'products', products: [{ title: 'A', was: '' }, {}] },
          { type: 'banner', percent: 0 },
        ],
      }),
    ).toEqual({
      title: 'T',
      theme: { palette: 'clay', scheme: 'auto' },
      sections: [
        { type: 'hero', heading: 'Hi', image: { url: 'https://x/y.png' } },
        { type: 'products', products: [{ title: 'A' }, {}] },
        { type: 'banner', percent: 0 },
      ],
    });
  });
  it('keeps text that looks like markup as the text it is', () => {
    const evil = '<img src=x onerror=alert(1)>{{7*7}}';
    expect(cleaned({ ...doc, title: evil, sections: [{ type: 'hero', heading: evil }] })).toMatchObject({ title: evil, sections: [{ heading: evil }] });
  });
  it('keeps the place of each section, for errors name it by its number', () => {
    const all = Object.keys(kinds) as Kind[];
    const sent = cleaned({ ...doc, sections: all.map(blank) }) as { sections: { type: string }[] };
    expect(sent.sections.map((s) => s.type)).toEqual(all);
  });
});

describe('history', () => {
  it('goes back by what was done, and takes typing in one field as one', () => {
    let h = begin('');
    h = change(h, 'a', 'f', 0);
    h = change(h, 'ab', 'f', 500);
    h = change(h, 'ab!', 'g', 600);
    h = change(h, 'ab!?', 'g', 9000);
    const back = [h.now];
    for (let i = 0; i < 5; i++) back.push((h = undo(h)).now);
    expect(back).toEqual(['ab!?', 'ab!', 'ab', '', '', '']);
    expect(redo(redo(h)).now).toBe('ab!');
  });
  it('has no future after something else was done', () => {
    let h = change(change(begin(1), 2, '', 0), 3, '', 0);
    h = change(undo(h), 4, '', 0);
    expect(redo(h).now).toBe(4);
    expect(undo(h).now).toBe(2);
  });
});

it('moves within a list and never out of it', () => {
  expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
  expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
  expect(moved([1, 2, 3], 2, 1)).toEqual([1, 2, 3]);
});

it('counts the problems of a section and not those of the tenth beside the first', () => {
  const p = ['document.sections[1].heading', 'document.sections[10].link', 'document.sections[1]', 'document.title'].map((field) => ({ field }));
  expect([troubles(p, 1), troubles(p, 10), troubles(p, 0)]).toEqual([2, 1, 0]);
});
