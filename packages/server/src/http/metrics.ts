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
}

const prefix = 'latchkey_';

/** All labels come from fixed lists, so that no caller can make the series grow. */
export function createMetrics({ hashQueueLength, isUpstreamInService }: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: `${prefix}hash_queue_length`,
    help: 'Sign-ins that wait for a password hash.',
    registers,
    collect() {
      this.set(hashQueueLength());
    },
  });
  new Gauge({
    name: `${prefix}upstream_in_service`,
    help: '1 if the schema of the upstream is in service.',
    registers,
    collect() {
      this.set(isUpstreamInService() ? 1 : 0);
    },
  });
  const tally = createTally(prefix);
  return {
    contentType: registry.contentType,
    render: async () => `${await registry.metrics()}\n${tally.render()}`,
    record: ({ kind, code }, seconds) => tally.record(kind, code, seconds),
  };
}
