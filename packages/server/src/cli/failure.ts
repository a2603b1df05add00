import { ConfigError } from '../config/error.js';
import { LatchkeyError } from '../domain/errors.js';
import { UsageError } from './usage-error.js';

export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** What a person reads of a failure, in one line, and the exit code that a script reads. */
export function describeFailure(error: unknown): { readonly line: string; readonly exitCode: number } {
  const exitCode =
    error instanceof UsageError || error instanceof ConfigError ? exitCodes.wrongUsage : exitCodes.failed;
  return { line: `latchkey: ${messageOf(error).replace(/\s*\n\s*/g, ' ')}`, exitCode };
}

function messageOf(error: unknown): string {
  if (error instanceof LatchkeyError) return `${error.message} ${error.hint}`;
  if (!(error instanceof Error)) return `Something went wrong: ${error}`;
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') return `Port ${port} is taken; stop the program that has it, or give another with --port.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}; give one that it has with --host.`;
  if (code === 'ENOTFOUND') return `The host name to listen on is not known; give another with --host.`;
  if (code === 'EACCES' && port) return `Port ${port} may not be used by this user; give one from 1024 up with --port.`;
  return error.message;
}
