/** Rows in columns; the first row has a cell for each. */
export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(printable));
  const widths = (safe[0] ?? []).map((_, column) =>
    safe.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = safe.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

// Control characters, and those that turn the direction of the text around.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** What a caller sent must not steer the operator's terminal: U+009B begins an escape sequence and fits in a header. */
export function printable(text: string): string {
  return text.replace(unsafe, '\ufffd');
}

/** JSON in one line, with nothing in it that steers a terminal. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** "no session", "1 session", "2 sessions". */
export function counted(count: number, noun: string): string {
  if (count === 0) return `no ${noun}`;
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
