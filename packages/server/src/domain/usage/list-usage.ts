import type { UsagePeriod, UserUsage } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** Users of one page: the statement has to end within the database's timeout. */
const pageSize = 200;

/** What each user has used in the period, as the store has it, in the order of their ids, a page at a time. */
export async function* listUsage(
  { store }: Pick<Domain, 'store'>,
  period: UsagePeriod,
): AsyncGenerator<UserUsage, void> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof store.listUsage>> = await store.listUsage({
      ...period,
      after,
      limit: pageSize,
    });
    yield* page.users;
    after = page.next;
  }
}
