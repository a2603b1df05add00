import { pino } from 'pino';
import { publicAddresses } from './config/addresses.js';
import { ConfigError } from './config/error.js';
import type { Config } from './config/schema.js';
import { findSecretFile, loadSecretFile } from './config/secret-file.js';
import { createPasswordHashes } from './domain/accounts/password-hashes.js';
import { type ChangeFollower, createChangeFollower } from './domain/background/follow-changes.js';
import type { Domain } from './domain/domain.js';
import { deriveKeys } from './domain/secret.js';
import { createAccessTokens } from './domain/tokens/access-tokens.js';
import { createRevocations } from './domain/tokens/revocations.js';
import { openSigningKeys, type SigningKeySettings } from './domain/tokens/signing-keys.js';
import { clockSkew } from './domain/tokens/signing-keys-schedule.js';
import { createUsage } from './domain/usage/usage.js';
import type { Clock } from './lib/clock.js';
import type { Log } from './lib/log.js';
import { createSteadyClock } from './lib/steady-clock.js';
import { openSqliteStore } from './store/sqlite/open.js';
import { type Store, StoreUnusableError } from './store/store.js';
import { refuseHalfMigrated } from './store/transfer/marker.js';

export interface Surroundings {
  /** Where log lines go; JSON lines on standard output if not given. */
  readonly log?: Log;
  /** The time of the system; the real one if not given. */
  readonly clock?: Clock;
}

export type Parts = Awaited<ReturnType<typeof openParts>>;

/** What takes time or can fail: the log, the secret, the store and what is loaded from it. */
export async function openParts(
  config: Config,
  { log: givenLog, clock: givenClock }: Surroundings,
  { upkeep }: Pick<SigningKeySettings, 'upkeep'> = { upkeep: true },
) {
  const log = givenLog ?? pino({ level: config.logLevel });
  const secret = findSecret(config);
  const store = await openStore(config, log);
  try {
    const derived = deriveKeys(secret ?? (await makeSecret(store, config.data)), config.secretPrevious);
    await refuseHalfMigrated(store);
    const clock = await createClock(store, givenClock, log);
    const lifetime = config.accessTokenLifetime;
    const revocations = createRevocations({ lifetime, limit: config.revocationLimit }, clock);
    const keys = await openSigningKeys(
      store,
      {
        encryptionKeys: derived.keyEncryption,
        algorithm: config.signingAlgorithm,
        lifetime: config.signingKeyLifetime,
        accessTokenLifetime: lifetime,
        upkeep,
        log,
      },
      clock,
    );
    // Once more: a migration that began in between has found the store empty.
    await refuseHalfMigrated(store);
    const passwordHashes = createPasswordHashes(config.hashQueue);
    return { clock, store, log, refreshTokenKeys: derived.refreshToken, keys, revocations, passwordHashes };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Undefined where it has to be made: with the store, which may be one that cannot be used. */
function findSecret({ secret, database, data }: Config): string | undefined {
  if (secret !== undefined) return secret;
  // Nodes that each made one of their own would not understand each other's tokens.
  if (database !== undefined) {
    throw new ConfigError('A database needs LATCHKEY_SECRET, the same on every node: openssl rand -base64 32');
  }
  return findSecretFile(data);
}

async function makeSecret(store: Store, data: string): Promise<string> {
  const keys = await store.listSigningKeys();
  // Looked for once more, after the keys: another process that starts at this moment makes it before them.
  if (keys.length > 0 && findSecretFile(data) === undefined) {
    throw new StoreUnusableError(
      `The secret of the data in ${data} is missing; put back the file "secret" there, or set LATCHKEY_SECRET to what it held.`,
    );
  }
  return loadSecretFile(data);
}

async function openStore(config: Config, log: Log): Promise<Store> {
  if (config.database === undefined) return openSqliteStore(config.data);
  // Whoever keeps everything in a file never loads the driver.
  const { openPostgresStore } = await import('./store/postgres/open.js');
  return openPostgresStore({
    url: config.database,
    poolSize: config.databasePool,
    timeout: config.databaseTimeout,
    tls: config.databaseTls,
    caFile: config.databaseCa,
    log,
  });
}

const day = 24 * 3_600_000;

async function createClock(store: Store, givenWall: Clock | undefined, log: Log) {
  const wall = givenWall ?? Date.now;
  return createSteadyClock({
    wall,
    // A test moves its clock as it likes, and no time passes beside that.
    elapsed: givenWall ? () => 0 : () => performance.now(),
    floor: await findFloor(store, wall, log),
    onJumpBack: (milliseconds) =>
      log.warn(
        { milliseconds },
        'the clock was set back; time goes on from where it was, so that no token lives again',
      ),
  });
}

/** The time before which this process must not start, as far as the store can be believed. */
async function findFloor(store: Store, wall: Clock, log: Log): Promise<number> {
  const latest = (await store.findLatestTime()) ?? 0;
  const shared = await store.readClock();
  // A node whose clock is ahead must not pull the others after it.
  const floor = shared === undefined ? latest : Math.min(latest, shared + clockSkew);
  const now = wall();
  if (shared !== undefined && Math.abs(shared - now) > clockSkew) {
    log.error({ milliseconds: now - shared }, 'the clock is not that of the database; set both by NTP');
  }
  if (floor - now <= day) return floor;
  // Somebody's clock was wrong by days: to follow that would be worse than a token that comes to life again.
  log.error({ milliseconds: floor - now }, 'the store was written at a time far ahead of the clock; set the clock');
  return 0;
}

/** Issuer and audience of the tokens, where nothing is set those that the nodes have agreed on. */
export async function agreeOnNames(
  config: Config,
  store: Store,
  port: number,
): Promise<{ readonly issuer: string; readonly audience: string }> {
  const own = publicAddresses(config, port);
  if (config.publicUrl !== undefined || config.database === undefined) {
    return { issuer: own.publicUrl, audience: own.audience };
  }
  // Nodes without a public URL listen on ports of their own, and yet one has to accept the tokens of the other.
  const issuer = await store.agreeOn('issuer', own.publicUrl);
  return { issuer, audience: publicAddresses({ ...config, publicUrl: issuer }, port).audience };
}

/** The domain, and what keeps it up to date with other processes. What was revoked before is known when it resolves. */
export async function createDomain(
  config: Config,
  parts: Parts,
  names: { readonly issuer: string; readonly audience: string },
  onSchemaReload?: () => void,
): Promise<{ readonly domain: Domain; readonly follower: ChangeFollower }> {
  const { store, keys, revocations, log, clock } = parts;
  const lifetime = config.accessTokenLifetime;
  const isEnded = async (sessionId: string) => (await store.findSession(sessionId))?.revokedAt !== null;
  const accessTokens = createAccessTokens({ keys, revocations, isEnded }, { ...names, lifetime }, clock);
  const onKeysChanged = async () => {
    await keys.reload();
    // Whether or not one was dropped: the keys change once a month, and to check signatures again is cheap.
    accessTokens.forget();
  };
  const follower = createChangeFollower({ store, revocations, onKeysChanged, onSchemaReload, lifetime, log }, clock);
  // A token refused before a restart must not be good after it.
  await follower.catchUp();
  const usage = createUsage({ store, log, quotaPerDay: config.quotaPerDay }, clock);
  return { domain: { ...parts, accessTokens, usage, settings: config }, follower };
}

/** Opens the domain without a server, for the operator's commands; also while a server runs on the same data. */
export async function openDomain(
  config: Config,
  surroundings: Surroundings = {},
): Promise<{ readonly domain: Domain; close(): Promise<void> }> {
  // Standard output is what the command prints.
  const log = surroundings.log ?? pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  // The servers see to the keys: to look at a list must not publish one of another algorithm.
  const parts = await openParts(config, { ...surroundings, log }, { upkeep: false });
  const { publicUrl } = publicAddresses(config, config.port);
  const issuer = config.publicUrl ?? (await parts.store.findAgreement('issuer')) ?? publicUrl;
  const { audience } = publicAddresses({ ...config, publicUrl: issuer }, config.port);
  const { domain } = await createDomain(config, parts, { issuer, audience });
  return { domain, close: () => parts.store.close() };
}
