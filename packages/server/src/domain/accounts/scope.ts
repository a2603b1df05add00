// scope-token of RFC 6749 §3.3.
const scopeName = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** A scope travels in every access token, and that in a header: a longer one would make tokens that nobody takes. */
const maxLength = 2048;

/** The scope in its one form, names in order and each once; undefined if a name is not one or it is too long. */
export function canonicalScope(scope: string): string | undefined {
  const names = [...new Set(scope.split(/\s+/).filter((name) => name !== ''))].sort();
  const canonical = names.join(' ');
  return canonical.length <= maxLength && names.every((name) => scopeName.test(name)) ? canonical : undefined;
}
