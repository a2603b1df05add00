import { Lexer, Source, type Token, TokenKind } from 'graphql';

/** At these others may end a text, and no client writes them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x85]/;

/** What may end a comment for one server and not for another. */
const lineEnd = /[\u2028\u2029]|\r(?!\n)/;

/**
 * Whether other servers might see another document in a text that is one of GraphQL: for graphql-java the separators of
 * lines and paragraphs end a comment, so that it would run what was a comment here; others may go on with a comment behind
 * a carriage return alone, which ends it by GraphQL §2.1.3.
 */
export function isAmbiguous(text: string): boolean {
  if (control.test(text)) return true;
  if (!text.includes('#') || !lineEnd.test(text)) return false;
  const lexer = new Lexer(new Source(text));
  for (;;) {
    const token = lexer.advance();
    for (let before = token.prev; before?.kind === TokenKind.COMMENT; before = before.prev) {
      if (endsInDoubt(before, text)) return true;
    }
    if (token.kind === TokenKind.EOF) return false;
  }
}

function endsInDoubt({ value, end }: Token, text: string): boolean {
  return /[\u2028\u2029]/.test(value) || (text[end] === '\r' && text[end + 1] !== '\n');
}
