// scope-token of RFC 6749 §3.3.
const scopeName = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** The scope in its one form, names in order and each once; undefined if a name is not one. */
export function canonicalScope(scope: string): string | undefined {
  const names = [...new Set(scope.split(/\s+/).filter((name) => name !== ''))].sort();
  return names.every((name) => scopeName.test(name)) ? names.join(' ') : undefined;
}
