import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stopAll } from './lib/children.mjs';
import { isBuilt } from './lib/latchkey.mjs';
import { machine, rowText, summaryText } from './lib/report.mjs';
import { runRow } from './lib/row.mjs';
import { row as cost } from './rows/cost.mjs';
import { row as driver } from './rows/driver.mjs';
import { row as forward } from './rows/forward.mjs';
import { row as large } from './rows/large.mjs';
import { row as latency } from './rows/latency.mjs';
import { row as refresh } from './rows/refresh.mjs';
import { row as revoked } from './rows/revoked.mjs';
import { row as scale } from './rows/scale.mjs';
import { row as signIn } from './rows/sign-in.mjs';
import { row as streaming } from './rows/streaming.mjs';
import { row as subscriptions } from './rows/subscriptions.mjs';
import { row as viewer } from './rows/viewer.mjs';
import { row as weight } from './rows/weight.mjs';

const rows = [
  viewer,
  revoked,
  refresh,
  cost,
  driver,
  signIn,
  forward,
  large,
  latency,
  streaming,
  subscriptions,
  weight,
  scale,
];
const names = rows.map(({ name }) => name).join(', ');

const help = `usage: node bench/run.mjs [--only ROWS] [--quick] [--json] [--users N] [--sessions N] [--keep DIR]

Measures Latchkey side by side with its peers and with the bare parts it is made of.

  --only ROWS   a list with commas, from: ${names};
                without it all but ${rows.find(({ isOptIn }) => isOptIn).name}, which takes many minutes and gigabytes of the disk
  --quick       two short rounds instead of three long ones; good for a look, not for a claim
  --json        print one JSON document instead of tables
  --users N     of the full store in the row scale; 1,000,000 unless given
  --sessions N  the same for its sessions; 10,000,000 unless given
  --keep DIR    the row scale fills its stores there, and leaves them for the next run
  --help        print this

Progress goes to stderr. Exit code: 0 measured (a missed target is in the table), 1 something failed, 2 wrong usage.`;

const options = readOptions();
const plan = options.quick ? { rounds: 2, seconds: 1, warmUp: 0.8 } : { rounds: 3, seconds: 3, warmUp: 3 };
const progress = (line) => process.stderr.write(`${line}\n`);
const withLatchkey = isBuilt();
if (!withLatchkey) progress('Latchkey is not built, so only its peers are measured. Run `npm run build` first.');

const largeStore = size();
const results = [];
for (const row of chosen()) {
  const result = await resultOf(row);
  results.push(result);
  if (!options.json && !result.error) console.log(rowText(result));
}
const comparisons = results.flatMap((result) => result.comparisons);
if (options.json) console.log(JSON.stringify({ machine: machine(), plan, results }, null, 2));
else console.log(summaryText(machine(), comparisons));
process.exitCode = withLatchkey && results.every(({ error }) => !error) ? 0 : 1;

/** A row that fails, because a contestant does not start or answers wrongly, has no figures; the others go on. */
async function resultOf(row) {
  const run = row.run ?? ((...context) => runRow(row, ...context));
  try {
    return await run(withLatchkey, plan, progress, largeStore);
  } catch (error) {
    progress(`bench: ${row.name} failed: ${error.message}`);
    return { name: row.name, title: row.title, error: error.message, comparisons: [] };
  } finally {
    await stopAll();
  }
}

function readOptions() {
  const flags = Object.fromEntries(['quick', 'json', 'help'].map((name) => [name, { type: 'boolean' }]));
  try {
    const texts = Object.fromEntries(['only', 'users', 'sessions', 'keep'].map((name) => [name, { type: 'string' }]));
    const { values } = parseArgs({ options: { ...flags, ...texts } });
    if (!values.help) return values;
    console.log(help);
    process.exit(0);
  } catch (error) {
    usage(error.message);
  }
}

function size() {
  const count = (name, otherwise) => {
    const text = options[name] ?? String(otherwise);
    if (!/^[1-9]\d{2,8}$/.test(text)) usage(`--${name} ${text}: give a whole number from 100 to 999999999`);
    return Number(text);
  };
  const keep = options.keep && resolve(options.keep);
  return { users: count('users', 1_000_000), sessions: count('sessions', 10_000_000), keep };
}

function chosen() {
  if (!options.only) return rows.filter(({ isOptIn }) => !isOptIn);
  const wanted = options.only.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) usage(`--only ${unknown}: there is no such row; the rows are ${names}`);
  return rows.filter(({ name }) => wanted.includes(name));
}

function usage(message) {
  process.stderr.write(`bench: ${message}\nTry --help.\n`);
  process.exit(2);
}
