const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a text, each character a byte, is the name of a header field (RFC 9110 §5.1, §5.6.2). */
export function isFieldName(text: string): boolean {
  return token.test(text);
}

/**
 * Whether a text may be the value of one (RFC 9110 §5.5): no control characters, among them the bare CR and LF that some
 * take for the end of a line, and nothing beyond a byte, as one of U+010A would be a line feed.
 */
export function isFieldValue(text: string): boolean {
  return !forbidden.test(text);
}
