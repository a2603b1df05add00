import { expect, test } from 'vitest';
import { makeTempDirectory } from '../../test/harness.js';
import { openShell } from '../../test/shell.js';
import { openSqliteStore } from '../store/sqlite/open.js';
import type { UsageRow } from '../store/store.js';

const hour = 3_600_000;

/** A shell on a store with these users, and what they have used. */
async function open(users: readonly string[], rows: readonly Partial<UsageRow>[]) {
  const data = await makeTempDirectory();
  const store = openSqliteStore(data);
  const audit = { at: 0, action: 'x', userId: null, sessionId: null, source: '', detail: null };
  for (const userName of users) {
    const user = {
      id: userName,
      userName,
      passwordHash: '',
      scope: '',
      createdAt: 0,
      disabledAt: null,
      quotaPerDay: null,
    };
    await store.addUser(user, audit);
  }
  const running = Math.floor(Date.now() / hour) * hour;
  const plain = {
    userId: 'ada@example.com',
    hour: running,
    operation: 'A',
    requests: 1,
    errors: 0,
    fields: 2,
    milliseconds: 3,
  };
  await store.addUsage({ writer: 'w', number: 1, at: 0, rows: rows.map((row) => ({ ...plain, ...row })) });
  await store.close();
  return { shell: openShell(data), running };
}

test('users are listed with what they have used, in a table, as JSON and as CSV', async () => {
  const { shell, running } = await open(
    ['ada@example.com', 'bob@example.com'],
    [{}, { operation: 'B', errors: 1 }, { userId: 'gone' }],
  );
  const period = `from ${new Date(running - 24 * hour).toISOString()} to before ${new Date(running + hour).toISOString()}`;
  expect((await shell(['usage'])).stdout).toBe(
    `Usage ${period}:
USER NAME        REQUESTS  ERRORS  FIELDS  MILLISECONDS
ada@example.com  2         1       4       6
(gone) gone      1         0       2       3
`,
  );
  expect(JSON.parse((await shell(['usage', '--json'])).stdout)).toEqual([
    { userName: 'ada@example.com', requests: 2, errors: 1, fields: 4, milliseconds: 6 },
    { userName: '(gone) gone', requests: 1, errors: 0, fields: 2, milliseconds: 3 },
  ]);
  expect((await shell(['usage', '--csv'])).stdout).toBe(
    'userName,requests,errors,fields,milliseconds\n"ada@example.com",2,1,4,6\n"(gone) gone",1,0,2,3\n',
  );
});

test('one user is shown by operation, with the quota', async () => {
  const { shell } = await open(
    ['ada@example.com'],
    [{}, { operation: 'B', requests: 5 }, { userId: 'bob', operation: 'C' }],
  );
  const { stdout } = await shell(['usage', 'Ada@example.com']);
  expect(stdout.split('\n').slice(1)).toEqual([
    'OPERATION  REQUESTS  ERRORS  FIELDS  MILLISECONDS',
    'B          5         0       2       3',
    'A          1         0       2       3',
    'Quota of ada@example.com: that of the setting quotaPerDay.',
    '',
  ]);
  await shell(['user', 'quota', 'ada@example.com', '100']);
  expect((await shell(['usage', 'ada@example.com'])).stdout).toContain('Quota of ada@example.com: 100 a day.\n');
});

test('a period of whole days in UTC can be named, for a bill', async () => {
  const rows = ['2025-12-31T23', '2026-01-01T00', '2026-01-31T23', '2026-02-01T00'].map((at, i) => ({
    hour: Date.parse(`${at}:00:00Z`),
    requests: 10 ** i,
  }));
  const { shell } = await open(['ada@example.com'], rows);
  const requests = async (...argv: string[]) =>
    JSON.parse((await shell(['usage', '--json', ...argv])).stdout)[0]?.requests;
  expect(await requests('--from', '2026-01-01', '--to', '2026-02-01')).toBe(110);
  expect(await requests('--from', '2026-01-01')).toBe(1_110);
  expect(await requests('--last', 'hour')).toBeUndefined();
  expect((await shell(['usage', '--last', 'hour'])).stdout).toMatch(/^Nothing was asked for from /);
  expect((await shell(['usage', '--last', 'hour', '--json'])).stdout).toBe('[]\n');
});

test('names steer neither a terminal nor a spreadsheet', async () => {
  const names = ['\u001b[2Jx', 'a"b', '=1+1', 'line\nbreak', '🦊'];
  const { shell } = await open(
    ['ada@example.com'],
    names.map((operation, i) => ({ operation, requests: 9 - i })),
  );
  const csv = (await shell(['usage', 'ada@example.com', '--csv'])).stdout.split('\n').slice(1, -1);
  expect(csv.map((line) => line.slice(0, line.lastIndexOf('",') + 1))).toEqual([
    '"\ufffd[2Jx"',
    '"a""b"',
    '"\'=1+1"',
    '"line\ufffdbreak"',
    '"🦊"',
  ]);
  for (const format of [[], ['--json']]) {
    const { stdout } = await shell(['usage', 'ada@example.com', ...format]);
    expect(stdout).not.toContain('\u001b');
  }
});

test('a list of many pages is whole', async () => {
  const rows = Array.from({ length: 450 }, (_, i) => ({ userId: `user-${i}` }));
  const { shell } = await open([], rows);
  expect(JSON.parse((await shell(['usage', '--json'])).stdout)).toHaveLength(450);
});

test.each([
  [['--last', 'year'], '--last is "year"; it must be hour, day, week or month.'],
  [['--last', 'toString'], '--last is "toString"; it must be hour, day, week or month.'],
  [['--last', 'day', '--from', '2026-01-01'], '--last excludes --from and --to; give the one or the others.'],
  [['--to', '2026-01-01'], '--to needs --from; give both, or --last.'],
  [['--from', '2026-02-30'], '--from is "2026-02-30"; it must be a day such as 2026-01-31.'],
  [['--from', '2026-02-01', '--to', '2026-02-01'], '--from is not before --to.'],
  [['--json', '--csv'], '--json and --csv exclude each other; give one of them.'],
])('%j is refused', async (argv, reason) => {
  const { shell } = await open([], []);
  const { code, stdout, stderr } = await shell(['usage', ...argv]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(reason);
});

test('a quota is set in words and in JSON, and listed', async () => {
  const { shell } = await open(['ada@example.com'], []);
  const set = async (...argv: string[]) => (await shell(['user', 'quota', 'Ada@example.com', ...argv])).stdout;
  const listed = async () => JSON.parse((await shell(['user', 'list', '--json'])).stdout)[0].quotaPerDay;
  expect(await set('1')).toBe('ada@example.com may send 1 request a day from now on.\n');
  expect(await listed()).toBe(1);
  expect(await set('none')).toBe('ada@example.com has no quota from now on.\n');
  expect(await listed()).toBe('none');
  expect(await set('default')).toBe('ada@example.com has the quota of the setting quotaPerDay from now on.\n');
  expect(await listed()).toBe('default');
  expect(await set('250', '--json')).toBe('{"userName":"ada@example.com","quotaPerDay":250}\n');
});

test.each(['-1', '1.5', 'lots', '', '9999999999999'])('%j is no quota', async (quota) => {
  const { shell } = await open(['ada@example.com'], []);
  const { code, stderr } = await shell(['user', 'quota', '--', 'ada@example.com', quota]);
  expect(code).toBe(2);
  expect(stderr).toContain('a whole number from 0 to');
});

test('a quota of nobody is refused', async () => {
  const { shell } = await open([], []);
  const { code, stderr } = await shell(['user', 'quota', 'nobody@example.com', '5']);
  expect(code).toBe(1);
  expect(stderr).toContain('There is no user with this email address.');
});
