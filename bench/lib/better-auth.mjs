export const credentials = { email: 'bench@latchkey.example', password: 'a long password for the bench' };

// better-auth refuses a POST without a trusted Origin; its base URL in contestants/better-auth.mjs is one.
const headers = { origin: 'http://127.0.0.1' };

export const signInPath = '/api/auth/sign-in/email';
export const signInHeaders = headers;

/** Makes the user and signs it in as often as asked. @returns {Promise<string[]>} a session cookie for each */
export async function signInToBetterAuth(child, count) {
  await postJson(child, '/api/auth/sign-up/email', { ...credentials, name: 'Bench' });
  const cookies = [];
  while (cookies.length < count) {
    const some = Array.from({ length: Math.min(4, count - cookies.length) }, () =>
      postJson(child, signInPath, credentials),
    );
    cookies.push(...(await Promise.all(some)).map((response) => response.headers.get('set-cookie').split(';')[0]));
  }
  return cookies;
}

async function postJson(child, path, body) {
  const response = await fetch(`http://127.0.0.1:${child.port}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`better-auth answered ${path} with ${response.status}: ${await response.text()}`);
  return response;
}
