import type { Output } from './io.js';

export interface Progress {
  update(count: { readonly done: number; readonly total: number }): void;
  /** Removes the bar. */
  end(): void;
}

/** Milliseconds: what is over sooner needs no bar, and a log wants few lines. */
const patience = 2_000;
const pauseOnTerminal = 100;
const pauseInLog = 10_000;

const width = 30;

/** A bar on a terminal, a line now and then elsewhere. */
export function createProgress(
  output: Output & { readonly isTTY?: boolean },
  label: string,
  now: () => number = () => performance.now(),
): Progress {
  const pause = output.isTTY ? pauseOnTerminal : pauseInLog;
  let dueAt = now() + patience;
  let isShown = false;

  return {
    update({ done, total }) {
      if (now() < dueAt) return;
      dueAt = now() + pause;
      const part = total > 0 ? Math.min(done / total, 1) : 0;
      const percent = `${Math.floor(part * 100)} %`;
      if (!output.isTTY) {
        output.write(`${label}: ${percent}\n`);
        return;
      }
      isShown = true;
      const filled = Math.round(part * width);
      output.write(`\r${label} [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${percent} `);
    },
    end() {
      if (isShown) output.write('\r\u001b[2K');
      isShown = false;
    },
  };
}
