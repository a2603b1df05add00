import type { Setting } from '../setting.js';
import { duration, httpUrl, integer, map, text } from '../types.js';

const group = 'The API behind it';

const ourName = text(
  'NAME',
  'a name of ours (Type or Type.field, such as Viewer or Mutation.signIn)',
  /^(?!__)[A-Za-z_]\w*(\.(?!__)[A-Za-z_]\w*)?$/,
);
const graphqlName = text(
  'NAME',
  'a GraphQL name (letters, digits and _, no digit first, not starting with __)',
  /^(?!__)[A-Za-z_]\w*$/,
);

export const upstreamSettings = {
  upstream: {
    group,
    type: httpUrl,
    unset: 'only the operations of Latchkey are served',
    about: 'The GraphQL endpoint of the API that Latchkey stands in front of.',
  },
  upstreamTimeout: {
    group,
    type: duration('100ms', '10m'),
    default: '30s',
    about: 'How long the upstream may take to answer.',
  },
  upstreamSchema: {
    group,
    type: text('FILE', 'the path of a file'),
    unset: 'the upstream is asked for its schema',
    about:
      'A file with the schema of the upstream, for one that does not tell it: SDL, or the JSON that introspection ' +
      'answers with. The upstream is then not asked.',
  },
  upstreamSchemaInterval: {
    group,
    type: duration('0s', '1d'),
    default: '1m',
    about:
      'How often it is looked whether the schema of the upstream has changed; 0s for never, and then a restart, ' +
      'SIGHUP or "latchkey upstream reload" brings the new one.',
  },
  upstreamBreakerFailures: {
    group,
    type: integer(1, 10_000),
    default: 5,
    about:
      'How many failures in a row make Latchkey ask the upstream whether it is there, and refuse requests to it at once if it is not.',
  },
  upstreamBreakerPause: {
    group,
    type: duration('100ms', '10m'),
    default: '1s',
    about: 'How long Latchkey waits before it asks an upstream that is away again.',
  },
  rename: {
    group,
    type: map(ourName, graphqlName),
    default: {},
    from: ['file'],
    about: 'New names for ours where the upstream has the same, such as { "Query.viewer": "me", "Viewer": "Person" }.',
  },
} as const satisfies Record<string, Setting>;
