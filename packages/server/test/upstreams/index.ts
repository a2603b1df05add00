import * as apollo from './apollo.js';
import * as mercurius from './mercurius.js';
import type { ExecutableSchema } from './schema.js';
import type { Upstream } from './upstream.js';
import * as yoga from './yoga.js';

export type { ReceivedRequest, Upstream } from './upstream.js';

/** A way to start one, on a random port. */
interface Startable {
  readonly name: string;
  /** With the schema of `schema.ts`; `more` is SDL that is added to it. */
  readonly start: (...more: string[]) => Promise<Upstream>;
  /** With a schema of the test's own. */
  readonly startWith: (schema: ExecutableSchema) => Promise<Upstream>;
}

/** GraphQL servers that are not ours: `describe.each(upstreams)('$name', …)`. */
export const upstreams: Startable[] = [
  { name: 'Apollo Server', start: apollo.start, startWith: apollo.startWith },
  { name: 'GraphQL Yoga', start: yoga.start, startWith: yoga.startWith },
  { name: 'Mercurius', start: mercurius.start, startWith: mercurius.startWith },
];
