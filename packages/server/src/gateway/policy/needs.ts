import type { ErrorCode } from '../../domain/errors.js';

/** One of these sets of scopes, and of that set every one. */
export type ScopeClause = readonly (readonly string[])[];

/** What a caller must have for a field. Equal needs are one object, so that a caller is weighed against each once. */
export interface Need {
  readonly id: number;
  /** A good access token. */
  readonly token: boolean;
  /** Nobody has what is needed. */
  readonly denied: boolean;
  /** All of them are to be met; where there is one, `token` is true. */
  readonly clauses: readonly ScopeClause[];
}

/** What one kind of caller has. Callers who differ in nothing that some rule asks for share one. */
export interface Access {
  /** Says which needs are met. */
  readonly key: string;
  readonly hasToken: boolean;
  /** Nothing is kept from this caller. */
  readonly isComplete: boolean;
  meets(need: Need): boolean;
}

export type RefusalCode = Extract<ErrorCode, 'UNAUTHENTICATED' | 'INSUFFICIENT_SCOPE' | 'FORBIDDEN'>;

/** The error for a need that is not met. */
export function refusalOf(need: Need, access: Access): RefusalCode {
  if (need.denied) return 'FORBIDDEN';
  return access.hasToken ? 'INSUFFICIENT_SCOPE' : 'UNAUTHENTICATED';
}

export interface NeedTable {
  readonly nothing: Need;
  readonly token: Need;
  readonly denied: Need;
  scopes(clause: ScopeClause): Need;
  /** What meets every one of them. */
  all(needs: readonly Need[]): Need;
  /** All that were made so far, each at the index of its id. */
  readonly made: readonly Need[];
}

export function createNeedTable(): NeedTable {
  const made: Need[] = [];
  const byText = new Map<string, Need>();

  function intern(token: boolean, denied: boolean, clauses: readonly ScopeClause[]): Need {
    const texts = new Map(clauses.map((clause) => [JSON.stringify(clause), clause]));
    const key = JSON.stringify([token, denied, [...texts.keys()].sort()]);
    const known = byText.get(key);
    if (known) return known;
    const need = { id: made.length, token, denied, clauses: [...texts.values()] };
    made.push(need);
    byText.set(key, need);
    return need;
  }

  const nothing = intern(false, false, []);
  return {
    nothing,
    token: intern(true, false, []),
    denied: intern(false, true, []),
    made,
    scopes: (clause) => intern(true, false, [clause]),
    all(needs) {
      const [first = nothing, ...rest] = needs.filter((need) => need !== nothing);
      if (rest.every((need) => need === first)) return first;
      const some = [first, ...rest];
      return intern(
        some.some(({ token }) => token),
        some.some(({ denied }) => denied),
        some.flatMap(({ clauses }) => clauses),
      );
    },
  };
}

/** The access of a caller with this scope; of one without a token where it is undefined. `made` may not grow after that. */
export function weigh(made: readonly Need[], inUse: ReadonlySet<Need>, scope: string | undefined): Access {
  const has = new Set(scope?.split(' '));
  const hasToken = scope !== undefined;
  const met = made.map(
    ({ token, denied, clauses }) => !denied && (hasToken || !token) && clauses.every((clause) => isMet(clause, has)),
  );
  const meets = ({ id }: Need) => met[id] === true;
  return { key: met.map(Number).join(''), hasToken, isComplete: [...inUse].every(meets), meets };
}

function isMet(clause: ScopeClause, has: ReadonlySet<string>): boolean {
  return clause.some((names) => names.every((name) => has.has(name)));
}

/** The fewest scopes that would meet all the needs, as `scope` in a challenge has them (RFC 6750 §3). */
export function missingScope(needs: Iterable<Need>, scope: string): string {
  const has = new Set(scope.split(' '));
  const wanted = new Set<string>();
  for (const { clauses } of needs) {
    for (const clause of clauses) {
      if (isMet(clause, has)) continue;
      const lacking = (names: readonly string[]) => names.filter((name) => !has.has(name)).length;
      const [fewest = []] = [...clause].sort((a, b) => lacking(a) - lacking(b));
      for (const name of fewest) wanted.add(name);
    }
  }
  return [...wanted].sort().join(' ');
}

/** A need in the words of a table. */
export function describeNeed({ denied, token, clauses }: Need): string {
  if (denied) return 'denied';
  if (!token) return 'nothing';
  if (clauses.length === 0) return 'a token';
  const inWords = (clause: ScopeClause) =>
    clause.map((names) => names.join(' + ')).join(' or ') || 'a scope nobody has';
  return clauses.map((clause) => (clauses.length > 1 ? `(${inWords(clause)})` : inWords(clause))).join(' and ');
}
