import { StoreUnavailableError } from '../store.js';

/** What the server calls the error (postgresql.org/docs/current/errcodes-appendix.html), or Node.js. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The server can only read, or goes: another may have taken its place, so all connections to it are of no use. */
export function isWrongServer(error: unknown): boolean {
  return ['25006', '57P01', '57P02', '57P03'].includes(codeOf(error) ?? '');
}

/** Nobody said no, and nobody says anything: a server that froze, or a network that was cut. */
export function isSilence(error: unknown): boolean {
  return codeOf(error) === 'ETIMEDOUT';
}

/** What this connection has prepared is no longer good: the schema changed, or a proxy gave it another session. */
export function isStale(error: unknown): boolean {
  return ['0A000', '26000', '42P05', '08P01'].includes(codeOf(error) ?? '');
}

/** What to do about a proxy that gives each transaction another session, and keeps no prepared statements. */
export function poolerRemedy(error: unknown): string | undefined {
  if (!['26000', '42P05'].includes(codeOf(error) ?? '')) return undefined;
  return 'connect without PgBouncer, or set its pool_mode = session, or have 1.21 or later with max_prepared_statements above 0';
}

/** The message goes to the log of the operator. */
export function unavailable(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const remedy = poolerRemedy(error);
  const message = remedy ? `${messageOf(error)}; ${remedy}` : messageOf(error);
  return new StoreUnavailableError(message, { cause: error });
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of a host with several addresses the error is a list, with no message of its own.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return error.message || (first instanceof Error ? first.message : error.name);
}
