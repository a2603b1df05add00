import type { UserRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** A user as the operator may see one. Times in milliseconds since 1970. */
export type ListedUser = Omit<UserRecord, 'passwordHash'>;

const pageSize = 500;

/** Every user in the order of their names, a page at a time from the store. */
export async function* listUsers({ store }: Pick<Domain, 'store'>): AsyncGenerator<ListedUser> {
  let after = '';
  for (;;) {
    const page = await store.listUsers({ after, limit: pageSize });
    for (const { passwordHash: _, ...user } of page) yield user;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.userName;
  }
}
