/** Where the databases differ in what a migration has to say. */
export interface Dialect {
  /** Ends a CREATE TABLE whose rows shall lie in the order of their primary key. */
  readonly clustered: string;
  /** The same for a table whose rows are updated all the time. */
  readonly updatedOften: string;
  /** Text that is compared and ordered by code point. */
  readonly text: string;
  /** A number that the database gives, never twice, as the primary key. */
  readonly counter: string;
  readonly bytes: string;
  /** A further column of the changes, where their numbers do not tell the order of the commits; with the index on it. */
  readonly commitOrder: { readonly column: string; readonly index: readonly string[] };
}

/** SQL statements that take the schema one step on. A migration that was released is never edited. */
export type Migration = (dialect: Dialect) => readonly string[];
