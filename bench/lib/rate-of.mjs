/**
 * How often a function can be done in a second, with a number of them under way at a time.
 * @param {() => unknown} work
 * @param {number} concurrency
 * @param {number} seconds
 */
export async function rateOf(work, concurrency, seconds) {
  const deadline = performance.now() + seconds * 1000;
  let done = 0;
  let first = 0;
  let last = 0;
  const worker = async () => {
    while (performance.now() < deadline) {
      await work();
      last = performance.now();
      if (done++ === 0) first = last;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return ((done - 1) * 1000) / (last - first);
}
