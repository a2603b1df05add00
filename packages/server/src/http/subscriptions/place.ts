import type { Dialogue, Running } from './dialogue.js';

/** Where an operation stands among those of its connection: counted, and to be found by its id when it is to be ended. */
export interface Place {
  /** Throws TOO_MANY_SUBSCRIPTIONS or GOING_AWAY. Once is enough. */
  take(): void;
  /** What is to be ended there from now on. */
  hold(running: Running): void;
  /** The operation was ended there, so that nobody waits for it any more. */
  readonly isLost: boolean;
  /** Also ends what is held: nothing of an operation runs on that is counted nowhere, whatever it has ended with. */
  leave(): void;
}

export function createPlace({ seat, operations }: Pick<Dialogue, 'seat' | 'operations'>, id: string): Place {
  let free: (() => void) | undefined;
  let held: Running | undefined;
  const isLost = () => held !== undefined && operations.get(id) !== held;

  return {
    take() {
      free ??= seat.begin();
    },
    hold(running) {
      held = running;
      operations.set(id, running);
    },
    get isLost() {
      return isLost();
    },
    leave() {
      if (held && !isLost()) operations.delete(id);
      held?.stream.close();
      free?.();
    },
  };
}
