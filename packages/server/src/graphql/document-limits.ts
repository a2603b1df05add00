import { type DocumentNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { type Fragments, fragmentsOf } from '../gateway/document.js';

/** What an operation may ask for, its fragments unfolded; each operation of a document is measured by itself. */
export interface OperationLimits {
  /** How deep selections may be nested, fragments written out in their places. */
  readonly documentMaxDepth: number;
  readonly documentMaxAliases: number;
  readonly documentMaxRootFields: number;
}

/** Of a set of selections. Fragments that double reach any number: it ends at infinity, and is not walked. */
interface Measure {
  readonly depth: number;
  readonly aliases: number;
  /** Fields of the set itself, also those that fragments bring. */
  readonly fields: number;
}

const nothing: Measure = { depth: 0, aliases: 0, fields: 0 };

/**
 * Holds each operation to its limits, in one walk of the document: a fragment is measured once, however often
 * it is spread. One that is in itself counts for nothing there: validation has a sentence for it (GraphQL §5.5.2).
 * Throws DOCUMENT_TOO_DEEP or DOCUMENT_TOO_COMPLEX.
 */
export function assertModestOperations(document: DocumentNode, limits: OperationLimits): void {
  const measure = createMeasure(fragmentsOf(document), limits.documentMaxDepth);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { aliases, fields } = measure(definition.selectionSet);
    refuseMore('fields at the root', fields, 'documentMaxRootFields', limits);
    refuseMore('aliases', aliases, 'documentMaxAliases', limits);
  }
}

function refuseMore(
  what: string,
  count: number,
  setting: 'documentMaxAliases' | 'documentMaxRootFields',
  limits: OperationLimits,
): void {
  const limit = limits[setting];
  if (count <= limit) return;
  const shown = count > 1_000_000 ? 'more than a million' : count;
  throw new LatchkeyError('DOCUMENT_TOO_COMPLEX', {
    message: `With its fragments the operation has ${shown} ${what}, and ${limit} are accepted (${setting}).`,
  });
}

function createMeasure(fragments: Fragments, maxDepth: number) {
  /** Undefined while it is measured. */
  const known = new Map<string, Measure | undefined>();

  function assertFlat(depth: number): void {
    if (depth > maxDepth) throw tooDeep(maxDepth);
  }

  /** `level`: of the set in the operation. It bounds how often this calls itself. */
  function measureSet({ selections }: SelectionSetNode, level: number): Measure {
    assertFlat(level);
    let depth = 0;
    let aliases = 0;
    let fields = 0;
    for (const selection of selections) {
      const below = measureBelow(selection, level + 1);
      if (below.depth > depth) depth = below.depth;
      aliases += below.aliases;
      if (selection.kind !== Kind.FIELD) fields += below.fields;
      else {
        fields++;
        if (selection.alias) aliases++;
      }
    }
    return { depth: depth + 1, aliases, fields };
  }

  function measureBelow(selection: SelectionNode, level: number): Measure {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value, level);
    return selection.selectionSet ? measureSet(selection.selectionSet, level) : nothing;
  }

  function measureFragment(name: string, level: number): Measure {
    if (known.has(name)) {
      const measured = known.get(name) ?? nothing;
      assertFlat(level + measured.depth - 1);
      return measured;
    }
    const fragment = fragments.get(name);
    if (!fragment) return nothing;
    known.set(name, undefined);
    const measured = measureSet(fragment.selectionSet, level);
    known.set(name, measured);
    return measured;
  }

  return (selectionSet: SelectionSetNode) => measureSet(selectionSet, 1);
}

/** DOCUMENT_TOO_DEEP. How deep it is, nobody has looked: that is what the limit is for. */
export function tooDeep(limit: number): LatchkeyError {
  return new LatchkeyError('DOCUMENT_TOO_DEEP', { message: `The document is nested deeper than ${limit} levels.` });
}
