// The document of a landing page while it is written, and what can be done to it.

export type Value = string | number | undefined | Image | Item[];
export type Image = { url: string; alt?: string };
export type Item = Record<string, string | number | Image | undefined>;
export type Section = { type: Kind } & { [field: string]: Value };
export type Doc = { title: string; description?: string; lang?: string; theme: { palette: string; scheme: string }; image?: Image; sections: Section[] };
export type Kind = 'hero' | 'words' | 'products' | 'banner' | 'countdown' | 'reviews' | 'faq' | 'lead_form' | 'giveaway' | 'disclosure';

export type Input = 'line' | 'text' | 'link' | 'number' | 'clock' | 'image' | 'form' | 'giveaway' | 'stars';
export type Field = { name: string; label: string; input: Input; help?: string; required?: boolean; max?: number };
export type About = { label: string; about: string; fields: Field[]; items?: { name: string; one: string; fields: Field[]; max: number }; once?: boolean };

const heading: Field = { name: 'heading', label: 'Heading', input: 'line', max: 120 };
const text: Field = { name: 'text', label: 'Text', input: 'text', help: 'A blank line begins a new paragraph.', max: 4000 };
const button: Field = { name: 'button', label: 'Button', input: 'line', help: 'What stands on it; a button needs an address, too.', max: 40 };
const link: Field = { name: 'link', label: 'Leads to', input: 'link', help: 'An https address of your store.' };

// What each kind of section holds, in the order people fill it in. The server
// checks; this only says what to show.
export const kinds: Record<Kind, About> = {
  hero: { label: 'Opening', about: 'The first thing people see: a heading, a picture, one button.', fields: [{ ...heading, required: true }, text, { name: 'image', label: 'Picture', input: 'image' }, button, link] },
  words: {
    label: 'Influencer’s words',
    about: 'What they say themselves, with a video if there is one. It loads nothing before somebody presses play.',
    fields: [heading, text, { name: 'by', label: 'Whose words', input: 'line', max: 120 }, { name: 'video', label: 'Video', input: 'link', help: 'An address on YouTube or Vimeo.' }, { name: 'image', label: 'Picture', input: 'image' }],
  },
  products: {
    label: 'Products',
    about: 'A grid of products. Prices are text: what the store shows at checkout counts.',
    fields: [heading, text, button],
    items: {
      name: 'products',
      one: 'Product',
      max: 24,
      fields: [
        { name: 'title', label: 'Title', input: 'line', required: true, max: 120 },
        { ...link, required: true },
        { name: 'price', label: 'Price', input: 'line', max: 40 },
        { name: 'was', label: 'Price before', input: 'line', help: 'Shown crossed out.', max: 40 },
        { name: 'image', label: 'Picture', input: 'image' },
        { name: 'id', label: 'Product number', input: 'line', help: 'The store’s, if it is to be counted.' },
      ],
    },
  },
  banner: {
    label: 'Discount',
    about: 'The influencer’s code. Every button of the page applies it by itself.',
    fields: [heading, text, { name: 'code', label: 'Code', input: 'line', required: true, max: 64 }, { name: 'percent', label: 'Percent off', input: 'number', help: 'Leave it out when the code takes off something else.' }, button, link],
  },
  countdown: {
    label: 'Countdown',
    about: 'How long an offer still holds, to the minute.',
    fields: [heading, text, { name: 'ends', label: 'Ends', input: 'clock', required: true }, { name: 'ended', label: 'What it says afterwards', input: 'line', max: 300 }],
  },
  reviews: {
    label: 'Reviews',
    about: 'What buyers said. Show only what somebody really wrote.',
    fields: [heading, text],
    items: {
      name: 'reviews',
      one: 'Review',
      max: 24,
      fields: [
        { name: 'author', label: 'Who', input: 'line', required: true, max: 120 },
        { name: 'text', label: 'What they said', input: 'text', required: true, max: 1000 },
        { name: 'stars', label: 'Stars', input: 'stars' },
      ],
    },
  },
  faq: {
    label: 'Questions',
    about: 'Questions that open to their answers.',
    fields: [heading, text],
    items: {
      name: 'questions',
      one: 'Question',
      max: 30,
      fields: [
        { name: 'question', label: 'Question', input: 'line', required: true, max: 300 },
        { name: 'answer', label: 'Answer', input: 'text', required: true, max: 2000 },
      ],
    },
  },
  lead_form: { label: 'Lead form', about: 'Leads people to one of your forms.', fields: [heading, text, { name: 'form', label: 'Form', input: 'form', required: true }, button] },
  giveaway: { label: 'Giveaway', about: 'Leads people to a giveaway they can enter.', fields: [heading, text, { name: 'giveaway', label: 'Giveaway', input: 'giveaway', required: true }, button] },
  disclosure: { label: 'Disclosure', about: 'Your own words that this is advertising. They stand at the top; without this section a general sentence does.', once: true, fields: [{ ...text, required: true, help: 'One line.', max: 300 }] },
};

export const palettes = ['clay', 'forest', 'ocean', 'plum', 'rose', 'graphite'];
export const schemes = [
  { value: 'auto', label: 'As the visitor’s device' },
  { value: 'light', label: 'Always light' },
  { value: 'dark', label: 'Always dark' },
];
export const mostSections = 24;

export function blank(kind: Kind): Section {
  const items = kinds[kind].items;
  return items ? { type: kind, [items.name]: [{}] } : { type: kind };
}

// cleaned is the document as the server takes it: without what was left empty.
export function cleaned(doc: Doc): unknown {
  const full = (v: unknown): unknown => {
    if (typeof v === 'string') return v.trim() === '' ? undefined : v;
    if (Array.isArray(v)) return v.map((x) => full(x) ?? {});
    if (typeof v === 'object' && v !== null) {
      const kept = Object.entries(v).flatMap(([k, x]) => {
        const y = full(x);
        return y === undefined ? [] : [[k, y] as const];
      });
      return kept.length > 0 ? Object.fromEntries(kept) : undefined;
    }
    return v;
  };
  return { title: doc.title, ...(full({ ...doc, title: undefined, sections: undefined }) as object), sections: doc.sections.map((s) => full(s)) };
}

// moved is a list with the element at i moved by some places.
export function moved<T>(list: T[], i: number, by: number): T[] {
  const to = i + by;
  if (to < 0 || to >= list.length) return list;
  const out = [...list];
  const [x] = out.splice(i, 1);
  out.splice(to, 0, x!);
  return out;
}

// A History is a value with what it was before. Typing in one field in one go is
// one step.
export type History<T> = { past: T[]; now: T; future: T[]; tag?: string; at: number };

export const begin = <T>(now: T): History<T> => ({ past: [], now, future: [], at: 0 });

export function change<T>(h: History<T>, now: T, tag: string, at: number): History<T> {
  const same = tag !== '' && tag === h.tag && at - h.at < 1500;
  return { past: same ? h.past : [...h.past.slice(-99), h.now], now, future: [], tag, at };
}

export function undo<T>(h: History<T>): History<T> {
  const before = h.past.at(-1);
  return before === undefined ? h : { past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future], at: 0 };
}

export function redo<T>(h: History<T>): History<T> {
  const next = h.future[0];
  return next === undefined ? h : { past: [...h.past, h.now], now: next, future: h.future.slice(1), at: 0 };
}

// problemAt is what the server says about a field of the document.
export const problemAt = (problems: { field: string; message: string }[], path: string) => problems.find((p) => p.field === path)?.message;

// sectionTroubled counts what is wrong within a section.
export const troubles = (problems: { field: string }[], index: number) => problems.filter((p) => p.field === `document.sections[${index}]` || p.field.startsWith(`document.sections[${index}].`)).length;
