import type { MutableCounters } from '../domain/usage/counters.js';
import type { Series } from '../domain/usage/series.js';
import type { Usage } from '../domain/usage/usage.js';

const counters: readonly (readonly [keyof MutableCounters, string])[] = [
  ['requests', 'Requests that were sent to the upstream'],
  ['errors', 'Requests to the upstream that failed'],
  ['fields', 'Fields that were asked of the upstream'],
  ['milliseconds', 'Milliseconds from the requests to the ends of their answers'],
];

/** What callers ask for, in the exposition format of Prometheus. The addresses of users are not in it, only their ids. */
export function renderUsage(prefix: string, { callers, operations, lost }: Usage): string {
  const lines = [
    ...renderSeries(`${prefix}caller_`, 'caller', callers, 'by the id of the user'),
    ...renderSeries(`${prefix}operation_`, 'operation', operations, 'by the name of the operation'),
    `# HELP ${prefix}usage_lost_requests_total Requests of which there was no room to keep the record.`,
    `# TYPE ${prefix}usage_lost_requests_total counter`,
    `${prefix}usage_lost_requests_total ${lost.requests}`,
  ];
  return `${lines.join('\n')}\n`;
}

function renderSeries(prefix: string, label: string, series: Series, by: string): string[] {
  const entries = [...series.entries()].map(([value, sums]) => [`{${label}="${escapeLabel(value)}"}`, sums] as const);
  return counters.flatMap(([name, help]) => [
    `# HELP ${prefix}${name}_total ${help}, ${by}.`,
    `# TYPE ${prefix}${name}_total counter`,
    ...entries.map(([labels, sums]) => `${prefix}${name}_total${labels} ${sums[name]}`),
  ]);
}

/** As the format wants it. */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
