import type { Inspection } from '../domain/tokens/inspect-token.js';
import { counted, isoTime, safeJson, table } from './table.js';

const refreshes = {
  rotate: 'give the next pair of tokens',
  retry: 'give the same answer as the last one, and change nothing',
  replay: 'be taken for a theft, and end the session',
  'be refused': 'be refused',
} as const;

/** The verdict in the first line, then what the token says, a line each. */
export function inspectionInWords(inspection: Inspection, now: number): string {
  const { kind, verdict, why, isAuthentic, claims = {}, key, session, generation, refreshWould } = inspection;
  const what = kind === 'unknown' ? 'token' : kind;
  const when = (time: number | undefined) =>
    time === undefined ? undefined : `${isoTime(time)}, ${relative(time, now)}`;
  const user = [inspection.userName, claims.sub && (inspection.userName ? `(${claims.sub})` : claims.sub)];
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Issuer', claims.iss],
    ['Audience', claims.aud],
    ['User', user.filter(Boolean).join(' ')],
    ['Session', session ? `${session.id}, ${session.state}` : claims.sid],
    ['Scope', claims.scope],
    ['Issued', when(inspection.issuedAt)],
    ['Expires', when(inspection.expiresAt)],
    ['Signed by', key && `${key.kid}, ${key.state === 'unknown' ? 'no key of this server' : `a ${key.state} key`}`],
    ['Generation', generation && `${generation.presented}, and ${generation.current ?? 'none'} is the current one`],
    ['A refresh would', refreshWould && refreshes[refreshWould]],
  ];
  const shown = lines.flatMap(([name, value]) => (value ? [[name, value]] : []));
  const doubt =
    isAuthentic || shown.length === 0 || kind === 'refresh token' ? '' : 'Nobody vouches for what it says:\n';
  return `${table([[`${capital(verdict)}: this ${what} is ${phrases[verdict]}; ${why}.`]])}${doubt}${shown.length > 0 ? table(shown) : ''}`;
}

const phrases = { good: 'good', expired: 'expired', revoked: 'revoked', 'not ours': 'not one of ours' } as const;

/** The same for a script. */
export function inspectionInJson({ issuedAt, expiresAt, ...rest }: Inspection): string {
  const iso = (time: number | undefined) => (time === undefined ? undefined : isoTime(time));
  return `${safeJson({ ...rest, issuedAt: iso(issuedAt), expiresAt: iso(expiresAt) })}\n`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** "in 12 minutes", "3 hours ago", "now". */
export function relative(time: number, now: number): string {
  const distance = Math.abs(time - now);
  const [unit, length] = units.find(([, each]) => distance >= each) ?? ['second', Number.POSITIVE_INFINITY];
  const count = Math.floor(distance / length);
  if (count === 0) return 'now';
  const words = counted(count, unit);
  return time > now ? `in ${words}` : `${words} ago`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
