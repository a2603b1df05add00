/** Where the databases differ in what a migration has to say. */
export interface Dialect {
  /** Ends a CREATE TABLE whose rows shall lie in the order of their primary key. */
  readonly clustered: string;
  /** A number that the database gives, as the primary key. */
  readonly counter: string;
  readonly bytes: string;
}

/** SQL statements that take the schema one step on. A migration that was released is never edited. */
export type Migration = (dialect: Dialect) => readonly string[];
