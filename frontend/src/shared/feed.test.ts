import { expect, it } from 'vitest';
import { messages } from './feed';

it('reads events however the stream is cut', () => {
  const stream = 'id: 7\nevent: event\ndata: {"a":1}\n\nevent: ping\ndata: {}\n\n';
  for (let size = 1; size < stream.length; size++) {
    const split = messages();
    const got = [];
    for (let i = 0; i < stream.length; i += size) got.push(...split(stream.slice(i, i + size)));
    expect(got).toEqual([
      { id: '7', event: 'event', data: '{"a":1}' },
      { event: 'ping', data: '{}' },
    ]);
  }
});
