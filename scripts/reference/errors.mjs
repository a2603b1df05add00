import { code, prose, table } from './markdown.mjs';

/** The page on errors; takes the catalogue of domain/errors. */
export function renderErrors(errors) {
  const rows = Object.entries(errors).map(([name, { status, message, hint }]) => [
    code(name),
    String(status),
    prose(message),
    prose(hint),
  ]);
  return `# Errors

Every error has a code that a program can rely on, in \`extensions.code\`. The sentences are for people and may change. The
status is that of an answer that carries nothing but the error.

\`\`\`json
{ "errors": [{ "message": "The access token has expired.", "extensions": { "code": "TOKEN_EXPIRED" } }] }
\`\`\`

${table(['Code', 'HTTP status', 'What happened', 'What to do next'], rows)}`;
}
