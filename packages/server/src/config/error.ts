/** A setting that cannot be used. The message is one line for the operator: which, from where, why, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
