interface Running {
  /** Rejects if it finds out later that it cannot run. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
  /** What SIGHUP asks for. */
  reload?(): void;
}

/**
 * Runs what `start` starts until SIGTERM or SIGINT or until it fails, then stops it and waits for that. Somebody
 * who presses Ctrl+C again while it stops does not want to wait: the process then exits at once with 130.
 * With `reloads`, SIGHUP does not end it.
 */
export async function runUntilSignal(start: () => Promise<Running>, { reloads = false } = {}): Promise<void> {
  let stop = () => {};
  let stopping = false;
  const asked = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping && signal === 'SIGINT') process.exit(130);
    stopping = true;
    stop();
  };
  // One that comes during the start is met by it: what is read there is new anyway.
  let reload = () => {};
  const onHangup = () => reload();
  if (reloads) process.on('SIGHUP', onHangup);
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const running = await start();
    reload = () => running.reload?.();
    await Promise.race([asked, running.failed]).finally(() => running.stop());
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', onHangup);
  }
}
