/**
 * Why a schema cannot be taken into service:
 * - `away`: the upstream could not be reached, broke off, or failed (5xx)
 * - `refused`: it answers, but does not tell its schema
 * - `invalid`: what it gave is no schema, or none that can be served
 * - `clash`: it has a name that we have too
 * - `file`: the file with the schema cannot be read
 */
export type SchemaProblemKind = 'away' | 'refused' | 'invalid' | 'clash' | 'file';

/** The message is for the operator: a line that says what to do, without the upstream's path and without its words. */
export class SchemaProblem extends Error {
  override readonly name = 'SchemaProblem';
  readonly kind: SchemaProblemKind;

  constructor(kind: SchemaProblemKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** A sentence for anybody who can see /readyz: nothing of the schema, and nothing of where the upstream is. */
export const publicSentences: Readonly<Record<SchemaProblemKind, string>> = {
  away: 'The API could not be asked for its schema.',
  refused: 'The API does not tell its schema.',
  invalid: 'The API gave a schema that cannot be served.',
  clash: 'The schema of the API has a name that Latchkey has too.',
  file: 'The file with the schema of the API cannot be read.',
};

const maxLength = 300;

/** What `error` says, in one line that is not too long. */
export function inOneLine(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
