import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Exchange } from './exchange.js';

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
  const operations = new Counter({
    name: `${prefix}operations_total`,
    help: 'GraphQL requests by where they were run and how they ended (OK or the error code).',
    labelNames: ['kind', 'code'],
    registers,
  });
  const durations = new Histogram({
    name: `${prefix}operation_duration_seconds`,
    help: 'Time from the request to the end of the answer.',
    labelNames: ['kind'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
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
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    record({ kind, code }, seconds) {
      operations.inc({ kind, code });
      durations.observe({ kind }, seconds);
    },
  };
}
