import type { UsageCounters, UsagePeriod } from '../store/store.js';
import type { Output } from './io.js';
import { isoTime, printable, safeJson, table } from './table.js';

export type UsageFormat = 'table' | 'json' | 'csv';

/** What a line is about: a user or an operation. */
type Subject = 'userName' | 'operation';

export type UsageLine<S extends Subject> = UsageCounters & { readonly [Key in S]: string };

export interface UsageReport<S extends Subject> {
  add(line: UsageLine<S>): void;
  end(): void;
}

const counters = ['requests', 'errors', 'fields', 'milliseconds'] as const;

/** Prints a line for each user or operation: JSON and CSV as they come, a table in the end. */
export function createUsageReport<S extends Subject>(
  format: UsageFormat,
  subject: S,
  period: UsagePeriod,
  output: Output,
): UsageReport<S> {
  if (format === 'json') return createJson(output);
  return format === 'csv' ? createCsv(subject, output) : createTable(subject, period, output);
}

function createJson(output: Output): UsageReport<Subject> {
  let separator = '[\n';
  return {
    add(line) {
      output.write(`${separator}${safeJson(line)}`);
      separator = ',\n';
    },
    end: () => void output.write(separator === '[\n' ? '[]\n' : '\n]\n'),
  };
}

function createCsv(subject: Subject, output: Output): UsageReport<Subject> {
  output.write(`${[subject, ...counters].join(',')}\n`);
  return {
    add: (line) => void output.write(`${[csvText(line[subject]), ...counters.map((name) => line[name])].join(',')}\n`),
    end: () => undefined,
  };
}

/** In quotes (RFC 4180), and so that no spreadsheet takes an address for a formula: some may begin with = or +. */
function csvText(text: string): string {
  const safe = printable(text).replaceAll('"', '""');
  return `"${/^[=+\-@]/.test(safe) ? `'${safe}` : safe}"`;
}

function createTable(subject: Subject, { from, to }: UsagePeriod, output: Output): UsageReport<Subject> {
  const rows = [[subject === 'operation' ? 'OPERATION' : 'USER NAME', ...counters.map((name) => name.toUpperCase())]];
  return {
    add: (line) => void rows.push([line[subject], ...counters.map((name) => String(line[name]))]),
    end() {
      const period = `from ${isoTime(from)} to before ${isoTime(to)}`;
      output.write(rows.length === 1 ? `Nothing was asked for ${period}.\n` : `Usage ${period}:\n${table(rows)}`);
    },
  };
}
