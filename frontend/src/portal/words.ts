// The texts and pictures of a landing page's document: what an influencer may
// edit, where the shop allows it. The server holds to the same.
type Image = { url: string; alt?: string };
type PageSection = { type: string; heading?: string; text?: string; image?: Image; button?: string; link?: string; by?: string; ended?: string; questions?: { question: string; answer: string }[] };
export type PageDocument = { title: string; description?: string; image?: Image; sections: PageSection[] };

type Path = (string | number)[];
export type Word = { path: Path; label: string; value: string; long?: boolean };

export function wordsOf(d: PageDocument): Word[] {
  const out: Word[] = [
    { path: ['title'], label: 'Title of the page', value: d.title },
    { path: ['description'], label: 'Description, for previews', value: d.description ?? '', long: true },
  ];
  d.sections.forEach((s, i) => {
    if (s.type === 'disclosure') return;
    const at = (field: keyof PageSection & string, label: string, long = false) => {
      const v = s[field];
      if (typeof v === 'string') out.push({ path: ['sections', i, field], label: `${i + 1}. ${s.type}: ${label}`, value: v, long });
    };
    at('heading', 'heading');
    at('text', 'text', true);
    at('by', 'whose words');
    at('button', 'button');
    at('ended', 'afterwards');
    if (s.image) {
      out.push({ path: ['sections', i, 'image', 'url'], label: `${i + 1}. ${s.type}: picture`, value: s.image.url });
      out.push({ path: ['sections', i, 'image', 'alt'], label: `${i + 1}. ${s.type}: what the picture shows`, value: s.image.alt ?? '' });
    }
    (s.questions ?? []).forEach((q, n) => {
      out.push({ path: ['sections', i, 'questions', n, 'question'], label: `${i + 1}. question ${n + 1}`, value: q.question });
      out.push({ path: ['sections', i, 'questions', n, 'answer'], label: `${i + 1}. answer ${n + 1}`, value: q.answer, long: true });
    });
  });
  return out;
}

// edited is a copy of the document with what was changed, by the path with dots.
export function edited(d: PageDocument, changed: Map<string, string>): PageDocument {
  const copy = structuredClone(d);
  for (const w of wordsOf(d)) {
    const v = changed.get(w.path.join('.'));
    if (v === undefined) continue;
    let here = copy as unknown as Record<string | number, unknown>;
    for (const k of w.path.slice(0, -1)) here = here[k] as Record<string | number, unknown>;
    const last = w.path.at(-1)!;
    if (v === '') delete here[last];
    else here[last] = v;
  }
  return copy;
}
