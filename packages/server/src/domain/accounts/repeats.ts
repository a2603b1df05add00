/** What is shorter is found again by chance in every sentence. */
const shortest = 4;

const letters: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  l: 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '+': 't',
};

/**
 * The text without each part, of four signs or more, that came before in it: what is left is all that has to be
 * guessed, because to say something once more costs an attacker next to nothing. Upper and lower case are the same
 * here, and so are letters and the digits that stand for them.
 */
export function withoutRepeats(text: string): string {
  const folded = Array.from({ length: text.length }, (_, i) => fold(text.charAt(i))).join('');
  let left = '';
  for (let i = 0; i < text.length; ) {
    const length = lengthOfRepeat(folded, i);
    if (length === 0) left += text.charAt(i);
    i += Math.max(1, length);
  }
  return left.trim();
}

/** One sign for one sign, so that places stay what they were. */
function fold(sign: string): string {
  const lower = sign.toLowerCase().charAt(0);
  return letters[lower] ?? lower;
}

/** How long the longest part from `start` on is that stands before it too; 0 for none that counts. */
function lengthOfRepeat(text: string, start: number): number {
  const before = text.slice(0, start);
  let length = shortest - 1;
  while (start + length < text.length && before.includes(text.slice(start, start + length + 1))) length++;
  return length < shortest ? 0 : length;
}
