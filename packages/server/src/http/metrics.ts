import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Exchange } from './exchange.js';
import { createTally } from './tally.js';

export interface Metrics {
  readonly contentType: string;
  /** The exposition text of Prometheus. */
  render(): Promise<string>;
  /** Counts an exchange that took `seconds`. */
  record(exchange: Exchange, seconds: number): void;
}

export interface Gauges {
  /** Sign-ins that wait for a password hash. */
  hashQueueLength(): number;
  /** Whether the upstream's schema is in service (true where there is no upstream). */
  isUpstreamInService(): boolean;
  /** Ended sessions whose access tokens are refused from memory. */
  revokedSessions(): number;
  /** Milliseconds since this node last knew what the others had revoked. */
  changesAge(): number;
}

const prefix = 'latchkey_';

/** All labels come from fixed lists, so that no caller can make the series grow. */
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
  gauge('revoked_sessions', 'Ended sessions whose access tokens are refused from memory.', gauges.revokedSessions);
  gauge(
    'changes_age_seconds',
    'Since this node last knew which sessions the others had ended.',
    () => gauges.changesAge() / 1000,
  );
  const tally = createTally(prefix);
  return {
    contentType: registry.contentType,
    render: async () => `${await registry.metrics()}\n${tally.render()}`,
    record: ({ kind, code }, seconds) => tally.record(kind, code, seconds),
  };
}
