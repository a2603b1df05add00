/**
 * The text with U+FFFD in place of each NUL. PostgreSQL keeps none, and what binds texts for SQLite cuts them there:
 * with "ada\0…" as a name, ada would be found.
 */
export function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}
