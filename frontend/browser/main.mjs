// Runs journeys, or takes the pictures, on the demo that `run` has started.
import { close, complaints, say, scene } from './lib.mjs';

const [what, ...rest] = process.argv.slice(2);
try {
  if (what === 'shots') await (await import('./shots.mjs')).default(rest[0]);
  else
    for (const name of rest) {
      say(name);
      await (await import(`./journeys/${name}.mjs`)).default();
      if (complaints.length) throw new Error(`the console says:\n${complaints.join('\n')}`);
    }
} catch (e) {
  console.error(`${e.stack ?? e}\n\nThe page then:\n${await scene()}\n${complaints.join('\n')}`);
  process.exitCode = 1;
} finally {
  await close();
}
