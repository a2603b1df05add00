interface Running {
  /** Rejects if it finds out later that it cannot run. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Runs what `start` starts until SIGTERM or SIGINT or until it fails, then stops it and waits for that. Somebody
 * who presses Ctrl+C again while it stops does not want to wait: the process then exits at once with 130.
 */
export async function runUntilSignal(start: () => Promise<Running>): Promise<void> {
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
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const running = await start();
    await Promise.race([asked, running.failed]).finally(() => running.stop());
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}
