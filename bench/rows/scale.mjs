import { residentMegabytes, stop } from '../lib/children.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { startLoad } from '../lib/load.mjs';
import { inShortRounds, measure } from '../lib/measure.mjs';
import { compare } from '../lib/row.mjs';
import { startUpstream } from '../lib/start.mjs';
import { firstOf, spread } from '../stores/population.mjs';
import { prepareStore } from '../stores/prepare.mjs';

const title = 'refresh and sign-in in a large store';

/** At most 1.2 times the time that it takes in an empty store. */
const atLeast = 1 / 1.2;

const refreshConnections = 64;
const signInConnections = 8;

/** More refreshes than one node can do: in a loaded store no session is refreshed twice. */
const refreshesPerSecond = 6000;

const signers = 500;

/**
 * The same work at an empty store, at one that holds a hundredth of the rows and at one that holds them all: three
 * nodes on three stores, which take turns.
 */
export const row = {
  name: 'scale',
  title,
  isOptIn: true,
  async run(withLatchkey, plan, progress, { users, sessions, keep }) {
    if (!withLatchkey) throw new Error('it measures nothing but Latchkey, which is not built');
    const sizes = [0, 0.01, 1].map((part) => ({
      users: Math.ceil(users * part),
      sessions: Math.ceil(sessions * part),
    }));
    const parts = [];
    for (const kind of ['sqlite', 'postgres'])
      parts.push(...(await runOn(kind, sizes, inShortRounds(plan, 4), progress, keep)));
    return { name: 'scale', title, parts, comparisons: parts.flatMap(({ comparisons }) => comparisons) };
  },
};

async function runOn(kind, sizes, plan, progress, keep) {
  const need = refreshesPerSecond * (plan.warmUp + plan.rounds * plan.seconds);
  const served = [];
  for (const size of sizes) {
    const name = nameOf(kind, size);
    progress(`scale: preparing ${name}`);
    const isEmpty = size.sessions === 0;
    served.push({ name, isEmpty, store: await prepareStore(kind, size, { need, ...(!isEmpty && { keep }) }) });
  }
  const { url } = await startUpstream();
  for (const each of served) each.child = await latchkey.startOn(each.store, url);
  const load = await startLoad();
  const parts = [
    await runPart('`signInRefresh`', refreshConnections, served, (each) => refreshing(each, load, need)),
    await runPart('`signIn`', signInConnections, served, (each) => signingIn(each, load)),
  ];
  for (const { child } of served) await stop(child.process, { patience: 30_000 });
  for (const { store } of served) await store.stop();
  return parts;

  async function runPart(work, connections, served, contestantOf) {
    const contestants = [];
    for (const each of served) contestants.push(await contestantOf(each));
    const figures = await measure(contestants, plan, progress);
    const memory = [];
    for (const each of served) memory.push(await weigh(each));
    const [empty, ...loaded] = served.map(({ name }) => name);
    const targets = loaded.map((ours) => ({ ours, of: [empty], atLeast }));
    return {
      name: 'scale',
      title: work,
      connections,
      plan,
      figures,
      memory,
      comparisons: compare({ title: work, targets }, figures),
    };
  }
}

function nameOf(kind, { users, sessions }) {
  const [people, many] = [users, sessions].map((count) => count.toLocaleString('en-US'));
  return `${kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${sessions === 0 ? 'empty' : `${people} users, ${many} sessions`}`;
}

async function weigh({ name, store, child }) {
  return {
    name,
    megabytes: residentMegabytes(child),
    databaseMegabytes: store.memory(),
    storeMegabytes: (await store.bytes()) / 1e6,
  };
}

async function refreshing({ name, isEmpty, store, child }, load, need) {
  const job = { port: child.port, connections: refreshConnections, expect: '"accessToken":"eyJ' };
  let tokens = isEmpty ? await firstTokens(child) : store.take(need).map(store.people.refreshToken);
  const run = async (seconds) => {
    // Not all each time: they go from process to process.
    const some = tokens.slice(0, refreshesPerSecond * seconds);
    const result = await load({ ...job, seconds, chain: latchkey.refreshChain(some) });
    tokens = [...tokens.slice(some.length), ...result.tokens];
    return result;
  };
  return { name, child, run };
}

/** As few sessions as the load can do with. */
async function firstTokens(child) {
  return (await latchkey.signIn(child, refreshConnections)).map(({ refreshToken }) => refreshToken);
}

async function signingIn({ name, isEmpty, store, child }, load) {
  const { password } = latchkey.credentials;
  const { users, userName } = store.people;
  const names = isEmpty ? [latchkey.credentials.userName] : firstOf(signers, spread(users)).map(userName);
  const requests = names.map((userName) => latchkey.operation(latchkey.signInQuery, { userName, password }));
  const job = { port: child.port, connections: signInConnections, requests, expect: '"accessToken":"eyJ' };
  return { name, child, run: (seconds) => load({ ...job, seconds }) };
}
