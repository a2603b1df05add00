import * as apollo from './apollo.js';
import * as mercurius from './mercurius.js';
import type { Upstream } from './upstream.js';
import * as yoga from './yoga.js';

export type { ReceivedRequest, Upstream } from './upstream.js';

/** GraphQL servers that are not ours, all with the schema of `schema.ts`: `describe.each(upstreams)('$name', …)`. */
export const upstreams: { name: string; start: (...more: string[]) => Promise<Upstream> }[] = [
  { name: 'Apollo Server', start: apollo.start },
  { name: 'GraphQL Yoga', start: yoga.start },
  { name: 'Mercurius', start: mercurius.start },
];
