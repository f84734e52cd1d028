import type { Schemas } from './api';
import { send } from './session';

export type FeedEvent = Schemas['FeedEvent'];

type Message = { id?: string; event: string; data: string };

// messages splits a stream of server-sent events; what is incomplete waits.
export function messages(): (chunk: string) => Message[] {
  let rest = '';
  return (chunk) => {
    rest = (rest + chunk).replace(/\r\n/g, '\n');
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    return parts.map((part) => {
      const m: Message = { event: 'message', data: '' };
      for (const line of part.split('\n')) {
        const colon = line.indexOf(':');
        const value = line.slice(colon + 1).replace(/^ /, '');
        if (line.startsWith('id:')) m.id = value;
        else if (line.startsWith('event:')) m.event = value;
        else if (line.startsWith('data:')) m.data += (m.data && '\n') + value;
      }
      return m;
    });
  };
}

const pauses = [1000, 2000, 5000, 15000];

// watch calls on for each event until signal ends it. It goes on after the last
// event it saw when the connection breaks. EventSource could not: it sends no
// Authorization header.
export async function watch(signal: AbortSignal, on: (e: FeedEvent) => void, live: (yes: boolean) => void): Promise<void> {
  let last = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (last) headers['Last-Event-ID'] = last;
      const r = await send(new Request('/api/v1/feed?last=20', { headers, signal }));
      if (!r.ok || !r.body) throw new Error(`the feed answered ${r.status}`);
      live(true);
      failures = 0;
      const split = messages();
      const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const m of split(value)) {
          if (m.id) last = m.id;
          if (m.event === 'event') on(JSON.parse(m.data) as FeedEvent);
        }
      }
    } catch {
      failures++;
    }
    if (signal.aborted) return;
    live(false);
    await new Promise((done) => setTimeout(done, pauses[Math.min(failures, pauses.length - 1)]));
  }
}
