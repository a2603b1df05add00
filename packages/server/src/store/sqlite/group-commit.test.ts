import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { makeTempDirectory } from '../../../test/harness.js';
import { StoreUnavailableError } from '../store.js';
import { createGroupCommit } from './group-commit.js';

afterEach(() => void vi.useRealTimers());

/** A database of one table, the group commit on it, and another connection to it. */
async function open() {
  const directory = await makeTempDirectory();
  const file = join(directory, 'test.db');
  const connect = () => {
    const connection = new DatabaseSync(file, { timeout: 0 });
    onTestFinished(() => connection.close());
    return connection;
  };
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const db = connect();
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE notes (text TEXT NOT NULL UNIQUE)');
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const other = connect();
  const insert = db.prepare('INSERT INTO notes (text) VALUES (?)');
  const { write, settled } = createGroupCommit(db);
  return {
    db,
    file,
    other,
    settled,
    /** Writes the notes as one job. */
    add: (...notes: string[]) => write(() => notes.map((note) => insert.run(note)).length),
    write,
    notes: () =>
      other
        .prepare('SELECT text FROM notes ORDER BY rowid')
        .all()
        .map(({ text }) => text),
    commits: () => countCommits(`${file}-wal`),
  };
}

/** A frame of the log with a size of the database in it ends a transaction (sqlite.org/fileformat.html §4.1). */
function countCommits(log: string): number {
  const bytes = readFileSync(log);
  if (bytes.length === 0) return 0;
  const frameLength = 24 + bytes.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame < bytes.length; frame += frameLength) if (bytes.readUInt32BE(frame + 4) > 0) commits++;
  return commits;
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `note ${i}`);

test('the writes of one turn share one transaction, in their order', async () => {
  const { add, notes, commits } = await open();
  expect(await Promise.all(numbered(50).map((note) => add(note)))).toEqual(numbered(50).map(() => 1));
  expect(commits()).toBe(1);
  expect(notes()).toEqual(numbered(50));
});

test('writes that wait for each other have a transaction each', async () => {
  const { add, commits } = await open();
  for (const note of numbered(5)) await add(note);
  expect(commits()).toBe(5);
});

test('nobody is answered before the commit', async () => {
  const { write, db, notes } = await open();
  const seen: unknown[][] = [];
  await write(() => {
    db.exec(`INSERT INTO notes VALUES ('one')`);
    seen.push(notes());
  }).then(() => seen.push(notes()));
  expect(seen).toEqual([[], ['one']]);
});

test('a job that throws undoes all of itself and nothing else', async () => {
  const { add, notes, commits } = await open();
  const outcomes = await Promise.allSettled([add('a', 'b'), add('c', 'd', 'a'), add('e'), add('e'), add('f')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(notes()).toEqual(['a', 'b', 'e', 'f']);
  expect(commits()).toBe(1);
});

test('what a job throws is the cause of a StoreUnavailableError', async () => {
  const { write } = await open();
  const cause = new Error('the reason');
  const failed = write(() => {
    throw cause;
  });
  await expect(failed).rejects.toThrow(expect.objectContaining({ name: 'StoreUnavailableError', cause }));
});

test('a lock held elsewhere delays a write, and the loop turns meanwhile', async () => {
  const { add, other, notes, settled } = await open();
  other.exec('BEGIN IMMEDIATE');
  let isAnswered = false;
  const first = add('first').finally(() => {
    isAnswered = true;
  });
  // The lock is let go by this very thread: a write that stood still for it would never end.
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  const second = add('second');
  const allDone = settled();
  expect(isAnswered).toBe(false);
  other.exec('COMMIT');
  await Promise.all([first, second, allDone]);
  expect(notes()).toEqual(['first', 'second']);
});

test('a lock held by another process delays a write', async () => {
  const { add, file, notes } = await open();
  const script = `
    import { DatabaseSync } from '@photostructure/sqlite';
    const db = new DatabaseSync(process.argv[1]);
    db.exec("BEGIN IMMEDIATE; INSERT INTO notes VALUES ('theirs')");
    console.log('locked');
    process.stdin.once('data', () => { db.exec('COMMIT'); db.close(); process.exit(); });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, file], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const ours = add('ours');
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(notes()).toEqual([]);
  child.stdin.write('let go');
  await ours;
  expect(notes()).toEqual(['theirs', 'ours']);
});

test('beyond its patience a write is refused, and later ones work again', async () => {
  const { add, other, notes } = await open();
  vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
  other.exec('BEGIN IMMEDIATE');
  let refusal: unknown;
  const refused = add('refused').catch((error: unknown) => {
    refusal = error;
  });
  await nextTurn();
  vi.advanceTimersByTime(4_900);
  await nextTurn();
  expect(refusal).toBeUndefined();
  vi.advanceTimersByTime(200);
  await refused;
  expect(refusal).toBeInstanceOf(StoreUnavailableError);
  other.exec('COMMIT');
  await add('later');
  expect(notes()).toEqual(['later']);
});

test('where the disk is full, all of the batch is refused, and later writes work again', async () => {
  const { add, db, notes, settled } = await open();
  const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
  db.exec(`PRAGMA max_page_count = ${pages + 5}`);
  const outcomes = await Promise.allSettled([add('before'), add('x'.repeat(100_000)), add('behind')]);
  const isFull = expect.objectContaining({ name: 'StoreUnavailableError', message: 'database or disk is full' });
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([isFull, isFull, isFull]);
  expect(notes()).toEqual([]);
  expect(db.isTransaction).toBe(false);
  await settled();
  await add('small');
  db.exec(`PRAGMA max_page_count = ${pages + 1000}`);
  await add('x'.repeat(100_000));
  expect(notes()).toHaveLength(2);
});

test('a commit that fails refuses all of its batch, and later writes work again', async () => {
  const { add, write, db, notes } = await open();
  // A deferred constraint is looked at by the COMMIT, which then fails and leaves the transaction open.
  db.exec(
    'PRAGMA foreign_keys = ON; CREATE TABLE marks (note TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)',
  );
  const outcomes = await Promise.allSettled([add('a'), write(() => db.exec(`INSERT INTO marks VALUES ('none')`))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await add('b');
  expect(notes()).toEqual(['b']);
});
