/** A table; cells are Markdown in one line. */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Plain text, in which <accessToken> is no HTML. */
export function prose(text) {
  return text.replaceAll('<', '&lt;');
}

/** Inline code. */
export function code(text) {
  return `\`${text}\``;
}

/** A sentence with a capital at its start and a full stop at its end. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
