import type { Setting } from '../setting.js';
import { integer, oneOf, text } from '../types.js';

const group = 'Callers and limits';

export const documentsSettings = {
  documentMaxTokens: {
    group,
    type: integer(100, 1_000_000),
    default: 10_000,
    about: 'The most tokens that a GraphQL document may have.',
  },
  documentMaxDepth: {
    group,
    type: integer(5, 1000),
    default: 50,
    about: 'The deepest nesting that a GraphQL document may have.',
  },
  documentMaxAliases: {
    group,
    type: integer(0, 1_000_000),
    default: 250,
    about: 'The most aliases that an operation may have, its fragments written out.',
  },
  documentMaxRootFields: {
    group,
    type: integer(1, 1000),
    default: 100,
    about: 'The most fields at the root that an operation may have, its fragments written out.',
  },
  documentMaxDirectives: {
    group,
    type: integer(0, 100_000),
    default: 100,
    about: 'The most directives, such as @include, that a GraphQL document may have.',
  },
  documentMaxCost: {
    group,
    type: integer(1, 1_000_000_000),
    default: 100_000,
    about: 'The most that an operation may cost: 1 for each object of the answer, times the sizes of lists.',
  },
  documentListSize: {
    group,
    type: integer(1, 100_000),
    default: 10,
    about: 'How many objects a list is taken to have where neither the document nor the schema says it.',
  },
  documentCache: {
    group,
    type: integer(1, 100_000),
    default: 1000,
    about: 'How many parsed and planned documents are kept in memory.',
  },
  trustedDocuments: {
    group,
    type: text('FILE', 'the path of a JSON file with documents'),
    unset: 'no document has an id of its own',
    about: 'The documents that callers may send by their ids. Read once, at the start.',
  },
  documents: {
    group,
    type: oneOf('any', 'trusted'),
    default: 'any',
    about: 'Which documents reach the upstream: any, or trusted, which are those in the file of trustedDocuments.',
  },
} as const satisfies Record<string, Setting>;
