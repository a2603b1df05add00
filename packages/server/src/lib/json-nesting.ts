import { afterString } from './json-string.js';

/** Far above what GraphQL nests; JSON.stringify and a walk call themselves for each level, and end at the end of the stack. */
export const maxNesting = 1_000;

const quote = 0x22;

/** Whether a JSON text has at most 1,000 levels of lists and objects: JSON.parse alone would take any number. */
export function isShallow(text: string): boolean {
  if (text.length < 2 * maxNesting) return true;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === quote) i = afterString(text, i) - 1;
    // The brackets of lists and objects differ in one bit.
    else if ((unit | 0x20) === 0x7b) {
      if (++depth > maxNesting) return false;
    } else if ((unit | 0x20) === 0x7d) depth--;
  }
  return true;
}
