const authorization = /^authori[sz]ation$/i;
const bearer = /^bearer\s+([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** The access token in the text of the Headers tab, or undefined while there is none or the text is not finished. */
export function accessToken(headers: string): string | undefined {
  try {
    const entries = Object.entries(JSON.parse(headers));
    const value = entries.find(([name]) => authorization.test(name))?.[1];
    return bearer.exec(String(value).trim())?.[1];
  } catch {
    return undefined; // half typed
  }
}
