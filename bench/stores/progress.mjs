/**
 * A progress bar on stderr: redrawn in place on a terminal, a line at every tenth elsewhere.
 * @param {string} label
 * @param {number} total
 * @returns {(done: number) => void}
 */
export function progressBar(label, total) {
  const { stderr } = process;
  const startedAt = performance.now();
  let shown = -1;
  return (done) => {
    const percent = Math.floor((done / total) * 100);
    const step = stderr.isTTY ? percent : Math.floor(percent / 10);
    if (step === shown) return;
    shown = step;
    const seconds = (performance.now() - startedAt) / 1000;
    const left = percent === 0 ? '' : `, ${Math.ceil((seconds * (total - done)) / done)} s left`;
    const filled = Math.round(percent / 4);
    const bar = `[${'='.repeat(filled)}${' '.repeat(25 - filled)}]`;
    const line = `  ${label} ${bar} ${percent} % of ${total.toLocaleString('en-US')}${percent < 100 ? left : `, ${Math.round(seconds)} s`}`;
    if (!stderr.isTTY) stderr.write(`${line}\n`);
    else stderr.write(`\r\x1b[K${line}${percent < 100 ? '' : '\n'}`);
  };
}

/**
 * Says every few seconds that something whose end is not known still runs.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 */
export async function withSignOfLife(label, work) {
  const startedAt = performance.now();
  const say = (what) =>
    process.stderr.write(`  ${label}: ${what}, ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  process.stderr.write(`  ${label} …\n`);
  const timer = setInterval(say, 5000, 'still at it');
  try {
    return await work();
  } finally {
    clearInterval(timer);
    say('done');
  }
}
