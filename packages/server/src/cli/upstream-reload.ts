import { loadConfig } from '../config/load.js';
import type { SchemaChanges, SchemaFields } from '../gateway/schema-changes.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { loadSchemaOf, schemaSettings } from './load-schema.js';
import { storeSettings } from './store-settings.js';
import { counted, safeJson } from './table.js';
import { withDomain } from './with-domain.js';

/** Names of each kind that are shown. */
const shown = 20;

export const upstreamReload: Command = {
  name: 'upstream reload',
  summary: 'Let the servers read the schema of the API again.',
  about:
    'Reads the schema of the upstream and checks that it can be served, prints what changes against the one that the ' +
    'servers have, and then tells every server on the same data or database, which reads it within a second. Where it ' +
    'cannot be served, nobody is told. Give upstream and upstreamSchema as the servers have them; a file is one that ' +
    'each server reads at the same path. Only where servers look too seldom (upstreamSchemaInterval) is this needed.',
  args: [],
  options: { json: { about: 'Print one JSON object.' } },
  settings: [...storeSettings, ...schemaSettings],
  examples: [
    'latchkey upstream reload --upstream http://localhost:5000/graphql',
    'latchkey upstream reload --config latchkey.config.json --json',
  ],
  async run(invocation) {
    const { flags, env, io } = invocation;
    const { compareSchemaFields, listSchemaFields, readSchemaFields } = await import('../gateway/schema-changes.js');
    const fields = listSchemaFields(await loadSchemaOf(loadConfig({ flags, env, defaults: { logLevel: 'warn' } })));
    const served = await withDomain(invocation, async ({ store, clock }) => {
      const text = await store.findServedSchema();
      const [action, source] = ['upstream.reload_requested', 'operator'];
      await store.requestSchemaReload({ at: clock(), action, userId: null, sessionId: null, source, detail: null });
      return text === undefined ? undefined : readSchemaFields(text);
    });
    const changes = served && compareSchemaFields(served, fields);
    io.stdout.write(flags.json ? `${safeJson(inJson(fields, changes))}\n` : inWords(fields, changes));
    return exitCodes.done;
  },
};

function inJson(fields: SchemaFields, changes: SchemaChanges | undefined): object {
  const cut = (names: readonly string[] = []) => ({ count: names.length, names: names.slice(0, shown) });
  const changed = changes && {
    added: cut(changes.added),
    removed: cut(changes.removed),
    changed: cut(changes.changed),
  };
  return { fields: fields.size, changes: changed ?? null };
}

function inWords(fields: SchemaFields, changes: SchemaChanges | undefined): string {
  const lines = changes ? describeChanges(changes) : ['No server has told yet what it has, to compare with.'];
  return [
    `The schema of the upstream has ${counted(fields.size, 'field')} and can be served.`,
    ...lines,
    'The servers are told, and read it within a second.\n',
  ].join('\n');
}

function describeChanges(changes: SchemaChanges): readonly string[] {
  const kinds = ['added', 'removed', 'changed'] as const;
  if (kinds.every((kind) => changes[kind].length === 0)) return ['The servers have the same fields.'];
  return kinds.flatMap((kind) => {
    const names = changes[kind];
    if (names.length === 0) return [];
    const more = names.length > shown ? `, and ${names.length - shown} more` : '';
    return [`${counted(names.length, 'field')} ${kind}: ${names.slice(0, shown).join(', ')}${more}`];
  });
}
