import type { Source } from './names.js';
import type { Type } from './types.js';

export interface Setting {
  /** Heading under which help and the reference page show it. */
  readonly group: string;
  readonly type: Type<unknown>;
  /** As an operator would write it. A setting without one may stay unset. */
  readonly default?: unknown;
  /** What happens while it is unset. */
  readonly unset?: string;
  /** One sentence, or a few. */
  readonly about: string;
  /** Where it may come from; everywhere if not said. */
  readonly from?: readonly Source[];
  /** Its value is never shown. */
  readonly secret?: true;
}
