import { readFileSync } from 'node:fs';

/** The page that callers of an API read, word for word as they have it. */
const page = readFileSync(new URL('./fixtures/getting-a-bearer-token.txt', import.meta.url), 'utf8');

/** The paragraph of the page that starts so. */
export function paragraph(start: string): string {
  const found = page.split(/\n{2,}/).find((text) => text.startsWith(start));
  if (!found) throw new Error(`The page has no paragraph that starts with "${start}".`);
  return found;
}

/** An example of the page with what it says to replace: the host, xxxx and yyyy (in the Python program XXXX and YYYY). */
export function filledIn(
  example: string,
  { url, userName, password }: Record<'url' | 'userName' | 'password', string>,
) {
  return example
    .replaceAll('https://azp-primary-api.azurewebsites.net', new URL(url).origin)
    .replace(/xxxx/i, userName)
    .replace(/yyyy/i, password);
}
