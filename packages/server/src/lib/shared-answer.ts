/** Milliseconds for which an answer stands. */
const goodFor = 1_000;

/**
 * Gives one answer to all who ask within a second: whoever asks all the time keeps nothing busy. An answer from before
 * `state` changed is not given again.
 */
export function shareAnswer<T>(ask: () => Promise<T>, state: () => unknown): () => Promise<T> {
  let latest: { readonly answer: Promise<T>; readonly askedAt: number; readonly state: unknown } | undefined;
  return () => {
    const now = performance.now();
    if (!latest || now - latest.askedAt >= goodFor || latest.state !== state()) {
      latest = { answer: ask(), askedAt: now, state: state() };
    }
    return latest.answer;
  };
}
