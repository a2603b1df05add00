const noBreakSpace = '\u00a0';

/** Strings and comments, which are left as they are, and the spaces between everything else. */
const parts = /"""(?:[^"\\]+|\\"""|\\|"(?!""))*(?:"""|$)|"(?:[^"\\\n]+|\\.)*"?|#.*|\u00a0/g;

/** No example on a page is longer, and what the pattern costs stays below 10 ms. */
const longest = 65_536;

/**
 * Web pages indent their examples with no-break spaces, which come along when somebody copies one, and look
 * like any other. GraphQL knows only the plain space (§2.1.2), so outside of strings they become that.
 */
export function withPlainSpaces(document: string): string {
  if (document.length > longest || !document.includes(noBreakSpace)) return document;
  return document.replace(parts, (part) => (part === noBreakSpace ? ' ' : part));
}
