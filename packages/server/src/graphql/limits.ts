import { type DocumentNode, Kind, Lexer, Source, TokenKind, visit } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { tooDeep } from './document-limits.js';

export interface DocumentLimits {
  readonly documentMaxTokens: number;
  /** How deep braces, brackets and parentheses may be nested. */
  readonly documentMaxDepth: number;
  readonly documentMaxDirectives: number;
}

const opening = new Set<string>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<string>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Counts before the parser runs: it calls itself for each level, and a document of nothing but braces would
 * end at the end of the stack. Throws DOCUMENT_TOO_LARGE, DOCUMENT_TOO_DEEP or DOCUMENT_TOO_COMPLEX, or the
 * lexer's syntax error.
 */
export function assertWithinLimits(text: string, limits: DocumentLimits): void {
  const { documentMaxTokens, documentMaxDepth, documentMaxDirectives } = limits;
  const lexer = new Lexer(new Source(text));
  let directives = 0;
  let tokens = 0;
  let depth = 0;
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    if (++tokens > documentMaxTokens) {
      throw new LatchkeyError('DOCUMENT_TOO_LARGE', {
        message: `The document has more than ${documentMaxTokens} tokens.`,
      });
    }
    if (opening.has(kind) && ++depth > documentMaxDepth) {
      throw tooDeep(documentMaxDepth);
    }
    if (closing.has(kind)) depth--;
    // A directive begins with it, and nothing else does.
    if (kind === TokenKind.AT) directives++;
  }
  if (directives > documentMaxDirectives) {
    throw new LatchkeyError('DOCUMENT_TOO_COMPLEX', {
      message: `The document has ${directives} directives, and ${documentMaxDirectives} are accepted (documentMaxDirectives).`,
    });
  }
}

const maxRepetitions = 100;

/**
 * For what is validated here: "overlapping fields can be merged" compares every two fields of one name
 * (GraphQL §5.3.2), so that 5,000 times `id` would cost most of a second; and 3,000 aliases of `name` would
 * make 80 MB of the introspection of a large schema. Throws DOCUMENT_TOO_COMPLEX.
 */
export function assertModest(document: DocumentNode): void {
  const counts = new Map<string, number>();
  const count = (name: string) => {
    const times = (counts.get(name) ?? 0) + 1;
    counts.set(name, times);
    if (times > maxRepetitions) throw new LatchkeyError('DOCUMENT_TOO_COMPLEX');
  };
  if (document.definitions.length > maxRepetitions) throw new LatchkeyError('DOCUMENT_TOO_COMPLEX');
  visit(document, {
    Field: ({ alias, name }) => {
      count(name.value);
      if (alias) count(`${alias.value}:`);
    },
    [Kind.INLINE_FRAGMENT]: () => count('...'),
    [Kind.FRAGMENT_SPREAD]: () => count('...'),
  });
}
