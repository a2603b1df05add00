import type { AuditRecord } from '../store.js';

/**
 * The part of a statement that adds a line to the audit if `from`, another part, has a row: neither is there without
 * the other. Its six parameters begin at `first`.
 */
export function auditIf(from: string, first: number): string {
  const types = ['BIGINT', 'TEXT', 'TEXT', 'TEXT', 'TEXT', 'TEXT'];
  const values = types.map((type, index) => `$${first + index}::${type}`).join(', ');
  return `audited AS (
    INSERT INTO audit (at, action, user_id, session_id, source, detail)
    SELECT ${values} WHERE EXISTS (SELECT 1 FROM ${from}))`;
}

export function auditValues({ at, action, userId, sessionId, source, detail }: AuditRecord): readonly unknown[] {
  return [at, action, userId, sessionId, source, detail];
}
