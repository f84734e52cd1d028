// Runs journeys, or takes the pictures, on the demo that `run` has started. One
// that fails does not keep the others from being walked.
import { close, complaints, say, scene } from './lib.mjs';

const [what, ...rest] = process.argv.slice(2);

async function walk(name, f) {
  complaints.length = 0;
  try {
    await f();
    if (complaints.length) throw new Error(`the console says:\n${complaints.join('\n')}`);
  } catch (e) {
    console.error(`${name}: ${e.stack ?? e}\n\nThe page then:\n${await scene()}\n${complaints.join('\n')}`);
    process.exitCode = 1;
  }
}

try {
  if (what === 'shots') await walk('pictures', async () => (await import('./shots.mjs')).default(rest[0]));
  else
    for (const name of rest) {
      say(name);
      await walk(name, async () => (await import(`./journeys/${name}.mjs`)).default());
    }
} finally {
  await close();
}
