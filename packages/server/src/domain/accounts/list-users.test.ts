import { expect, test } from 'vitest';
import { openTestDomain } from '../../../test/domain.js';
import { type ListedUser, listUsers } from './list-users.js';

test.each([0, 1, 499, 500, 501, 1000, 1234])(
  'all of %d users are listed in the order of their names, without a hash',
  async (count) => {
    const { domain, sql } = await openTestDomain();
    sql(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO users SELECT printf('id %d', i), printf('user-%06d@example.com', 7919 * i % 100003), 'a hash', 'a b', i, NULL, NULL
     FROM n WHERE i <= ?1`,
      count,
    );
    const users: ListedUser[] = [];
    for await (const user of listUsers(domain)) users.push(user);
    expect(users).toHaveLength(count);
    const names = users.map(({ userName }) => userName);
    expect(names).toEqual([...new Set(names)].sort());
    expect(JSON.stringify(users)).not.toContain('hash');
  },
);
