import { expect, test } from 'vitest';
import { edited, wordsOf, type PageDocument } from './words';

const page: PageDocument = {
  title: 'Anna',
  sections: [
    { type: 'hero', heading: 'Hi', image: { url: 'https://shop.example/a.jpg' }, button: 'Shop', link: 'https://shop.example/' },
    { type: 'faq', questions: [{ question: 'Why?', answer: 'So.' }] },
    { type: 'disclosure', text: 'Ad' },
  ],
};

test('texts and pictures can be edited, the disclosure and links cannot', () => {
  const paths = wordsOf(page).map((w) => w.path.join('.'));
  expect(paths).toContain('sections.0.image.url');
  expect(paths).toContain('sections.1.questions.0.answer');
  expect(paths.some((p) => p.startsWith('sections.2') || p.endsWith('link'))).toBe(false);
});

test('an edit changes what it names, and an empty text goes away', () => {
  const after = edited(page, new Map([['title', 'Anna B'], ['sections.0.heading', ''], ['sections.0.image.alt', 'Me']]));
  expect(after.title).toBe('Anna B');
  expect(after.sections[0]).toEqual({ type: 'hero', image: { url: 'https://shop.example/a.jpg', alt: 'Me' }, button: 'Shop', link: 'https://shop.example/' });
  expect(page.sections[0]!.heading).toBe('Hi');
});
