import type { Connection } from './connection.js';

/** Runs `work` between BEGIN and COMMIT, on a connection that nobody else uses. Rejects with the driver's error. */
export async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // On a connection that broke the server has done it, or will.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
