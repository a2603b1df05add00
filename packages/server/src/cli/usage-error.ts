/** The command line cannot be understood. The message is one line: what is wrong and what to write. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
