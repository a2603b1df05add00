/** A line of help: a label on the left, paragraphs beside it. */
export interface Entry {
  readonly label: string;
  readonly text: readonly string[];
}

/** A title with its entries, whose texts start at the column `left` and end at `width`. */
export function section(title: string, entries: readonly Entry[], left: number, width: number): readonly string[] {
  return [title, ...entries.flatMap((entry) => layOut(entry, left, width))];
}

/** The text starts below the label where that is too long. */
function layOut({ label, text }: Entry, left: number, width: number): readonly string[] {
  const lines = text.flatMap((paragraph) => wrap(paragraph, width - left)).map((line) => ' '.repeat(left) + line);
  const labelLine = `  ${label}`;
  if (labelLine.length > left - 2) return [labelLine, ...lines];
  return [labelLine.padEnd(left) + (lines[0] ?? '').trimStart(), ...lines.slice(1)];
}

/** Breaks a text into lines of at most `width` columns, or of one longer word. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}

/** Joins paragraphs, which are lists of lines. */
export function page(paragraphs: readonly (readonly string[])[]): string {
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
