import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Usage } from '../domain/usage/usage.js';
import type { SchemaStatus } from '../gateway/watch-schema.js';
import type { Attempt } from './exchange.js';
import { createTally } from './tally.js';
import { renderUsage } from './usage-metrics.js';

export interface Metrics {
  readonly contentType: string;
  /** The exposition text of Prometheus. */
  render(): Promise<string>;
  /** Counts an operation that took `seconds`. */
  record(attempt: Attempt, seconds: number): void;
}

export interface Gauges {
  /** Sign-ins that wait for a password hash. */
  hashQueueLength(): number;
  /** Whether the upstream's schema is in service (true where there is no upstream). */
  isUpstreamInService(): boolean;
  /** How it stands with the upstream's schema; undefined where there is no upstream. */
  readonly schema: SchemaStatus | undefined;
  /** Whether requests to the upstream are refused because it is away. */
  isUpstreamBreakerOpen(): boolean;
  /** Ended sessions whose access tokens are refused from memory. */
  revokedSessions(): number;
  /** Milliseconds since this node last knew what the others had revoked. */
  changesAge(): number;
  /** What callers ask for. */
  usage(): Usage;
  /** WebSockets and event streams that are open, and the operations that run on them. */
  openConnections(): number;
  openOperations(): number;
}

const prefix = 'latchkey_';

/** Labels come from fixed lists, or are bounded in number, so that no caller can make the series grow. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('hash_queue_length', 'Sign-ins that wait for a password hash.', gauges.hashQueueLength);
  gauge('upstream_in_service', '1 if the schema of the upstream is in service.', () =>
    gauges.isUpstreamInService() ? 1 : 0,
  );
  gauge('upstream_breaker_open', '1 while requests to the upstream are refused because it is away.', () =>
    gauges.isUpstreamBreakerOpen() ? 1 : 0,
  );
  gauge('revoked_sessions', 'Ended sessions whose access tokens are refused from memory.', gauges.revokedSessions);
  gauge('stream_connections', 'WebSockets and event streams that are open.', gauges.openConnections);
  gauge('stream_operations', 'Operations that run on WebSockets and event streams.', gauges.openOperations);
  gauge(
    'changes_age_seconds',
    'Since this node last knew which sessions the others had ended.',
    () => gauges.changesAge() / 1000,
  );
  if (gauges.schema) {
    addSchemaGauges(gauge, gauges.schema);
    countSwaps(registry, gauges.schema);
  }
  const tally = createTally(prefix);
  return {
    contentType: registry.contentType,
    render: async () => `${await registry.metrics()}\n${tally.render()}${renderUsage(prefix, gauges.usage())}`,
    record: ({ kind, code }, seconds) => tally.record(kind, code, seconds),
  };
}

type AddGauge = (name: string, help: string, read: () => number) => unknown;

function addSchemaGauges(gauge: AddGauge, status: SchemaStatus): void {
  gauge('upstream_schema_age_seconds', 'Since the schema in service was last known to be that of the upstream.', () =>
    status.state === 'in service' ? status.age() / 1000 : Number.NaN,
  );
  gauge('upstream_schema_installed_timestamp_seconds', 'When the schema in service was installed, since 1970.', () =>
    status.installedAt === undefined ? Number.NaN : status.installedAt / 1000,
  );
  gauge('upstream_schema_refused', '1 while what the upstream has for a schema is refused or cannot be read.', () =>
    status.problem ? 1 : 0,
  );
}

function countSwaps(registry: Registry, status: SchemaStatus): void {
  new Counter({
    name: `${prefix}upstream_schema_swaps_total`,
    help: 'How often a new schema of the upstream took the place of another.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(status.swaps);
    },
  });
}
