import { sources } from './names.js';
import type { Setting } from './schema.js';

/** What holds while the setting is not set, for help texts and the reference page. */
export function describeDefault({ default: standard, unset }: Setting): string {
  if (standard === undefined) return unset ?? 'none';
  return typeof standard === 'object' ? 'none' : String(standard);
}

/** Whether the setting may come from this place. */
export function comesFrom({ from = sources }: Setting, source: (typeof sources)[number]): boolean {
  return from.includes(source);
}
