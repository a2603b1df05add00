import type { RawHeaders } from './headers.js';

/**
 * Fields that say who may keep an answer and for how long. All but Cache-Control and Expires are for the caches of one
 * maker, and stand above Cache-Control there (RFC 9213).
 */
const aboutCaching = /^((.+-)?cache-control|expires|surrogate-control|edge-control|x-accel-expires)$/;

/** Whether a field of the upstream's answer, its name in lower case, says who may keep the answer. */
export function isAboutCaching(name: string): boolean {
  return aboutCaching.test(name);
}

/** By every name that we take a token under: a cache knows the first as a credential, and not the second. */
const perCaller = ['vary', 'Authorization, Authorisation'];

/**
 * The header fields of an answer that somebody may want to keep. The upstream cannot know what the policy guards, and
 * often not that a token was asked for: where the answer is personal, no cache that several callers share may have it
 * (RFC 9111 §3.5 lets it, for the word `public`). The upstream's word stands where it is as strict as that.
 */
export function withCaching(headers: RawHeaders, isPersonal: boolean): RawHeaders {
  if (!isPersonal) return [...headers, ...perCaller];
  const said = headers.filter((_, i) => i % 2 === 1 && headers[i - 1] === 'cache-control').join(',');
  const others = headers.filter((_, i) => !isAboutCaching(headers[i - (i % 2)] as string));
  return [...others, 'cache-control', isPrivate(said) ? said : 'private, no-cache', ...perCaller];
}

/** For no shared cache, without doubt: `private="x-field"` is about that field alone (RFC 9111 §5.2.2.7). */
function isPrivate(cacheControl: string): boolean {
  const directives = cacheControl
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const opens = directives.some((one) => one === 'public' || one.startsWith('s-maxage'));
  return !opens && (directives.includes('private') || directives.includes('no-store'));
}
