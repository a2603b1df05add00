import { readFileSync } from 'node:fs';
import os from 'node:os';

/** The machine, the date and the versions that a figure belongs to. */
export function machine() {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));
  return {
    cpu: os.cpus()[0].model.trim(),
    cores: os.availableParallelism(),
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    peers: dependencies,
  };
}

/** The figures of one row, a line per contestant. */
export function rowText({ name, title, connections, plan, figures, memory, parts }) {
  if (parts) return parts.map(rowText).join('\n');
  if (plain[name]) return section(title, plain[name].columns, figures.map(plain[name].cells));
  const heading = `${title} — ${connections} connections, ${plan.rounds} × ${plan.seconds} s`;
  const weights = weightColumns.filter(({ key }) => memory.some((entry) => entry[key] !== undefined));
  const cells = ({ name, rate, min, max, clientCpu, cpu }) => [
    name,
    `${number(rate)}/s`,
    `${number(min)}–${number(max)}`,
    cpu === undefined ? '' : `${number(cpu)} µs`,
    clientCpu === undefined ? '' : `${Math.round(clientCpu * 100)} %`,
    ...weights.map(({ key }) => megabytes(memory.find((entry) => entry.name === name)?.[key])),
  ];
  const columns = ['', 'median', 'min–max', 'CPU an answer', 'client CPU', ...weights.map(({ heading }) => heading)];
  return section(heading, columns, figures.map(cells));
}

/** The table that answers: what was promised, and was it kept? Markdown, so that it can be pasted. */
export function summaryText(machine, comparisons) {
  const { cpu, cores, memoryGigabytes, system, node, date } = machine;
  const rows = comparisons.map(({ what, ours, figure, unit, of, ofFigure, ratio, min, max, target, verdict }) => [
    what,
    ours,
    figure === undefined ? '–' : `${number(figure)} ${unit}`,
    of ? `${of}: ${number(ofFigure)}/s` : '',
    ratio === undefined ? '' : `${number(ratio)} (${number(min)}–${number(max)})`,
    target ?? '',
    verdict,
  ]);
  const columns = ['what', 'who', 'figure', 'against', 'ratio (min–max)', 'target', 'verdict'];
  return section(`${cpu}, ${cores} cores, ${memoryGigabytes} GB, ${system}, Node ${node}, ${date}`, columns, rows);
}

function section(heading, columns, rows) {
  const widths = columns.map((column, i) =>
    Math.max(3, ...[column, ...rows.map((row) => row[i])].map((cell) => cell.length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [`\n${heading}\n`, line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}

const weightColumns = [
  { key: 'megabytes', heading: 'memory after' },
  { key: 'databaseMegabytes', heading: 'database memory' },
  { key: 'storeMegabytes', heading: 'store' },
];

/** The tables of rows that are no rates. */
const plain = {
  weight: {
    columns: ['', 'idle memory', 'ready after'],
    cells: ({ name, megabytes, readyMilliseconds }) => [
      name,
      `${number(megabytes)} MB`,
      `${number(readyMilliseconds)} ms`,
    ],
  },
  latency: {
    columns: ['', 'rate', 'p50', 'p99'],
    cells: ({ name, rate, p50, p99 }) => [name, `${number(rate)}/s`, `${number(p50)} ms`, `${number(p99)} ms`],
  },
  subscriptions: {
    columns: ['', 'events', 'p50', 'p99', 'established in', 'memory for each'],
    cells: ({ name, rate, p50, p99, established, kilobytes }) => [
      name,
      `${number(rate)}/s`,
      `${number(p50)} ms`,
      `${number(p99)} ms`,
      `${number(established)} ms`,
      `${number(kilobytes)} KB`,
    ],
  },
  streaming: {
    columns: ['', 'peak memory'],
    cells: ({ name, megabytes }) => [name, `${number(megabytes)} MB`],
  },
};

const megabytes = (value) => (value === undefined ? '' : `${number(value)} MB`);

/** Two digits after the point for small numbers, none for large ones. */
function number(value) {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
