import type { GraphQLSchema } from 'graphql';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { canonicalScope } from '../domain/accounts/scope.js';
import { LatchkeyError } from '../domain/errors.js';
import { findUnknownCoordinates, type UnknownCoordinate } from '../gateway/policy/coordinates.js';
import { describeNeed } from '../gateway/policy/needs.js';
import { type FieldReport, type PolicyReport, reportPolicy } from '../gateway/policy/report.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import type { Io } from './io.js';
import { loadSchemaOf, schemaSettings } from './load-schema.js';
import { safeJson, table } from './table.js';

export const policyCheck: Command = {
  name: 'policy check',
  summary: 'Show what a scope reaches, and check the rules.',
  about:
    'Reads the policy of the config file and the schema of the upstream, and shows field by field what is needed and ' +
    'whether a caller has it: one without a token, or with --scope one with a token of that scope. Exit code 1 and a ' +
    'line for each rule that names what the schema does not have.',
  args: [],
  options: {
    scope: { placeholder: 'SCOPE', about: 'The scope of a token, names with spaces between them; "" for none.' },
    json: { about: 'Print one JSON object.' },
  },
  settings: ['config', ...schemaSettings],
  examples: [
    'latchkey policy check --config latchkey.config.json --upstream http://localhost:5000/graphql',
    "latchkey policy check --config latchkey.config.json --scope 'companies:read' --json",
  ],
  async run({ flags, env, io }) {
    const config = loadConfig({ flags, env });
    const scope = typeof flags.scope === 'string' ? canonicalScope(flags.scope) : undefined;
    if (typeof flags.scope === 'string' && scope === undefined) throw new LatchkeyError('SCOPE_INVALID');
    return checkPolicy(config, await loadSchemaOf(config), scope, { io, isJson: flags.json === true });
  },
};

/** Prints what `scope` (undefined: no token) reaches in `schema`. Returns the exit code: 1 where a rule holds for nothing. */
function checkPolicy(
  { policy: rules }: Pick<Config, 'policy'>,
  schema: GraphQLSchema,
  scope: string | undefined,
  { io, isJson }: { readonly io: Pick<Io, 'stdout' | 'stderr'>; readonly isJson: boolean },
): number {
  const unknown = findUnknownCoordinates(rules, schema);
  const report = reportPolicy(rules, schema, scope);
  io.stdout.write(isJson ? `${inJson(report, scope, unknown)}\n` : inWords(report, scope));
  for (const { message } of unknown) io.stderr.write(`latchkey: ${message}\n`);
  return unknown.length > 0 ? exitCodes.failed : exitCodes.done;
}

function inWords({ roots, below }: PolicyReport, scope: string | undefined): string {
  const who =
    scope === undefined ? 'Without a token' : scope === '' ? 'With a token of no scope' : `With the scope ${scope}`;
  const parts = roots.map(({ type, fields }) => `${type}\n${rowsOf(fields)}`);
  if (below.length > 0) parts.push(`Below them, what needs more than what leads to it\n${rowsOf(below)}`);
  return `${who}\n\n${parts.join('\n')}`;
}

function rowsOf(fields: readonly FieldReport[]): string {
  const rows = fields.map(({ coordinate, need, isMet }) => [coordinate, describeNeed(need), isMet ? 'yes' : 'no']);
  return table([['FIELD', 'NEEDS', 'REACHED'], ...rows]);
}

function inJson(
  { roots, below }: PolicyReport,
  scope: string | undefined,
  unknown: readonly UnknownCoordinate[],
): string {
  const fieldsOf = (fields: readonly FieldReport[]) =>
    fields.map(({ coordinate, need: { token, denied, clauses }, isMet }) => ({
      coordinate,
      reached: isMet,
      needs: { token, denied, allOf: clauses },
    }));
  return safeJson({
    scope: scope ?? null,
    roots: roots.map(({ operation, type, fields }) => ({ operation, type, fields: fieldsOf(fields) })),
    below: fieldsOf(below),
    unknown: unknown.map(({ coordinate, nearest }) => ({ coordinate, nearest: nearest ?? null })),
  });
}
