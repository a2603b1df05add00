import { shareAnswer } from '../../lib/shared-answer.js';
import type { Store } from '../store.js';
import type { Statement } from './connection.js';
import type { Connections } from './connections.js';

// A lease that nobody takes. Nodes that touch it at once wait for each other for the time of a commit, and for somebody
// who holds it no longer than the limit for locks.
const touch: Statement = {
  name: 'latchkey_ping',
  text: `INSERT INTO leases (name, holder, expires_at) VALUES ('ping', '', 0)
    ON CONFLICT (name) DO UPDATE SET expires_at = 1 - leases.expires_at`,
};

/** Who may only read, and a disk that is full, show in nothing but a row that changes. */
export function createPing({ run, state }: Connections): Store['ping'] {
  return shareAnswer(() => run(async (connection) => void (await connection.query(touch, []))), state);
}
