import { afterString } from './json-string.js';

/**
 * The text of a member of a JSON object as it was written, so that what is passed on stays what it was: numbers beyond
 * 2^53 would not survive being read. Of two of one name the last, as JSON.parse has it; undefined if there is none.
 * `json` has to be an object in valid JSON.
 */
export function sliceMember(json: string, name: string): string | undefined {
  let found: string | undefined;
  let at = json.indexOf('{') + 1;
  for (;;) {
    const keyStart = json.indexOf('"', at);
    if (keyStart < 0) return found;
    const keyEnd = afterString(json, keyStart);
    const start = json.indexOf(':', keyEnd) + 1;
    const end = endOfValue(json, start);
    if (JSON.parse(json.slice(keyStart, keyEnd)) === name) found = json.slice(start, end).trim();
    at = end + 1;
    if (json[end] === '}') return found;
  }
}

/** The offset of the comma or brace after the value that begins at `start`. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22: // "
        at = afterString(json, at) - 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth++;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        if (depth-- === 0) return at;
        break;
      case 0x2c: // ,
        if (depth === 0) return at;
    }
  }
}
