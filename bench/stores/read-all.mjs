import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { progressBar } from './progress.mjs';

/**
 * Reads every file below a directory once, so that the system has them in its memory, as it has those of a store that
 * was in use for a while. What a disk takes for a random page is not what is measured here.
 */
export async function readAll(directory) {
  const files = readdirSync(directory, { recursive: true })
    .map((name) => join(directory, name))
    .map((path) => ({ path, ...sizeOf(path) }))
    .filter(({ isFile }) => isFile);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total < 100e6) return;
  const show = progressBar('megabytes of files into memory', Math.ceil(total / 1e6));
  let done = 0;
  for (const { path } of files) {
    for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20 })) {
      done += chunk.length;
      show(Math.ceil(Math.min(done, total) / 1e6));
    }
  }
}

function sizeOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  return { isFile: stats?.isFile() ?? false, size: stats?.size ?? 0 };
}
