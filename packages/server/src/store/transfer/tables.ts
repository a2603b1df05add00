export interface Table {
  readonly name: string;
  /** The column whose order the rows are copied in, or several with commas between them. */
  readonly key: string;
  /** Every column, with what PostgreSQL calls its type. */
  readonly columns: Readonly<Record<string, 'text' | 'bigint' | 'bytea'>>;
  /** Whether the database counts the key itself. */
  readonly isCounted?: boolean;
}

/**
 * What a store holds, in an order in which nothing refers to what is not yet there. Not the leases: who has one works
 * on the other store. Nor the writers of usage: a process that has a batch to send again has its own store.
 */
export const tables: readonly Table[] = [
  {
    name: 'users',
    key: 'id',
    columns: {
      id: 'text',
      user_name: 'text',
      password_hash: 'text',
      scope: 'text',
      created_at: 'bigint',
      disabled_at: 'bigint',
      quota_per_day: 'bigint',
    },
  },
  {
    name: 'sessions',
    key: 'id',
    columns: {
      id: 'text',
      user_id: 'text',
      generation: 'bigint',
      created_at: 'bigint',
      rotated_at: 'bigint',
      idle_expires_at: 'bigint',
      expires_at: 'bigint',
      revoked_at: 'bigint',
      revoked_reason: 'text',
      source: 'text',
      user_agent: 'text',
    },
  },
  {
    name: 'signing_keys',
    key: 'kid',
    columns: {
      kid: 'text',
      algorithm: 'text',
      number: 'bigint',
      public_jwk: 'text',
      encrypted_private_key: 'bytea',
      created_at: 'bigint',
      signs_from: 'bigint',
      retires_at: 'bigint',
    },
  },
  {
    name: 'audit',
    key: 'id',
    isCounted: true,
    columns: {
      id: 'bigint',
      at: 'bigint',
      action: 'text',
      user_id: 'text',
      session_id: 'text',
      source: 'text',
      detail: 'text',
    },
  },
  // With them sessions that ended just now stay ended on the nodes of the other store.
  {
    name: 'changes',
    key: 'id',
    isCounted: true,
    columns: { id: 'bigint', at: 'bigint', session_id: 'text', subject: 'text' },
  },
  {
    name: 'usage',
    key: 'user_id, hour, operation',
    columns: {
      user_id: 'text',
      hour: 'bigint',
      operation: 'text',
      requests: 'bigint',
      errors: 'bigint',
      fields: 'bigint',
      milliseconds: 'bigint',
    },
  },
  { name: 'agreements', key: 'name', columns: { name: 'text', value: 'text' } },
];

/** The columns of a table's key. */
export function keyColumns({ key }: Table): readonly string[] {
  return key.split(', ');
}
