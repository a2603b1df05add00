import { StoreUnavailableError } from '../store.js';

export interface Reader {
  /** Runs a synchronous read at once. Rejects with StoreUnavailableError if it fails. */
  read<T>(run: () => T): Promise<T>;
}

/**
 * Reads between two flushes see only what is committed: a flush opens and ends its transaction in one go.
 */
export const reader: Reader = {
  async read(run) {
    try {
      return run();
    } catch (error) {
      throw new StoreUnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  },
};
