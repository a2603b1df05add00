import type { GraphQLSchema } from 'graphql';
import { ConfigError } from '../config/error.js';
import type { Config, SettingKey } from '../config/schema.js';

/** What says where the schema of the upstream comes from, for every command that reads it. */
export const schemaSettings: readonly SettingKey[] = [
  'upstream',
  'upstreamTimeout',
  'upstreamSchema',
  'upstreamHeader',
  'introspectionHeader',
  'rename',
];

/**
 * Reads the schema of the upstream as a server would, from the file or from the upstream, and checks that it can be
 * served beside our part. Rejects with a SchemaProblem or a NameClashError, or with a ConfigError where the settings
 * name neither.
 */
export async function loadSchemaOf(config: Config): Promise<GraphQLSchema> {
  if (config.upstream === undefined && config.upstreamSchema === undefined) {
    throw new ConfigError('No upstream is named; give --upstream URL or --upstream-schema FILE.');
  }
  const { checkSchema, openUpstream, schemaSourceOf } = await import('../open-gate.js');
  const { loadUpstreamSchema } = await import('../gateway/schema-load.js');
  const upstream = openUpstream(config);
  try {
    const { schema } = await loadUpstreamSchema(schemaSourceOf(config, upstream));
    // Nothing was known before, so there is one.
    return checkSchema(schema as GraphQLSchema, config);
  } finally {
    upstream?.destroy();
  }
}
