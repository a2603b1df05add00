import { once } from 'node:events';
import { startChild } from './children.mjs';

/** Starts one of the contestants in `contestants/`. @param {string} file its name there, without .mjs */
export function startContestant(name, file, args = []) {
  return startChild(name, new URL(`../contestants/${file}.mjs`, import.meta.url), args);
}

/** A contestant without HTTP that measures itself. @returns {Promise<import('./measure.mjs').Contestant>} */
export async function startRate(name, file, args = []) {
  const child = await startContestant(name, file, args);
  const run = async (seconds) => {
    const ended = new AbortController();
    const answer = once(child.process, 'message', { signal: ended.signal });
    const onExit = () => ended.abort();
    child.process.once('exit', onExit);
    child.process.send({ seconds }, (error) => error && onExit());
    try {
      const [{ rate }] = await answer;
      return { rate };
    } catch {
      throw new Error(`${name} ended by itself: ${child.log.text.trim() || 'it said nothing'}`);
    } finally {
      child.process.off('exit', onExit);
    }
  };
  return { name, child, run };
}

/** Starts the API behind the gates. @returns its URL and its process */
export async function startUpstream() {
  const child = await startContestant('upstream', 'upstream');
  return { child, url: `http://127.0.0.1:${child.port}/graphql` };
}
