const token =
  /[{}[\]:,]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text stops being JSON, for people: line and column count from 1. JSON.parse tells only that it does
 * (its message has a position in some releases of Node and for some mistakes).
 */
export function findJsonError(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, brokenOffset(text)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Reads token by token with the set of what may follow; the first token that may not is the break. */
function brokenOffset(text: string): number {
  const open: string[] = [];
  let expected: readonly string[] = ['value'];
  let offset = skipSpace(text, 0);
  while (offset < text.length) {
    token.lastIndex = offset;
    const read = token.exec(text)?.[0];
    if (read === undefined) break;
    const kind = kindOf(read, expected);
    if (kind === undefined) break;
    if (kind === 'open') open.push(read);
    if (kind === 'close') open.pop();
    expected = following(kind, read, open.at(-1));
    offset = skipSpace(text, offset + read.length);
  }
  return offset;
}

function skipSpace(text: string, from: number): number {
  let offset = from;
  while (' \t\r\n'.includes(text[offset] ?? '-')) offset++;
  return offset;
}

function kindOf(read: string, expected: readonly string[]): string | undefined {
  if (read === '{' || read === '[') return expected.includes('value') ? 'open' : undefined;
  if ('}],:'.includes(read))
    return expected.includes(read) ? (read === '}' || read === ']' ? 'close' : read) : undefined;
  if (expected.includes('name')) return read.startsWith('"') ? 'name' : undefined;
  return expected.includes('value') ? 'scalar' : undefined;
}

function following(kind: string, read: string, container: string | undefined): readonly string[] {
  if (kind === 'open') return read === '{' ? ['name', '}'] : ['value', ']'];
  if (kind === 'name') return [':'];
  if (kind === ':') return ['value'];
  if (kind === ',') return container === '{' ? ['name'] : ['value'];
  if (container === undefined) return [];
  return container === '{' ? [',', '}'] : [',', ']'];
}
