import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Fragments, Variables } from './document.js';

/** A field at the root as often as the document has it, each time with the conditions that it stands under. */
export interface RootSelection {
  readonly key: string;
  readonly name: string;
  readonly isUpstream: boolean;
  readonly conditions: readonly Condition[];
  /** The types that the fragments around it are for. */
  readonly types: readonly string[];
}

/** An `@skip` or `@include`: whether it holds where its `if` is true, and the value or the variable of that. */
interface Condition {
  readonly holdsIf: boolean;
  readonly value: boolean | undefined;
  readonly variable: string | undefined;
}

/** What decides, when an operation is run, about the selections at its root. */
export interface Run {
  readonly variables: Variables;
  /** With the type of the root. */
  readonly schema: GraphQLSchema;
}

/**
 * The selections at the root in the order of the document. A fragment is in it as often as it is spread, since the
 * first spread that is not skipped is the one that counts (GraphQL §6.3.2). Only for what `extractPart` has found modest.
 */
export function listRootSelections(
  { selectionSet, variableDefinitions = [] }: OperationDefinitionNode,
  fragments: Fragments,
  isUpstream: (field: FieldNode) => boolean,
): readonly RootSelection[] {
  const found: RootSelection[] = [];
  const defaults = new Map(
    variableDefinitions.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );

  function conditionsOf(directives: readonly DirectiveNode[] = []): readonly Condition[] {
    return directives.flatMap(({ name, arguments: given = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return [];
      const value = given.find((argument) => argument.name.value === 'if')?.value;
      const variable = value?.kind === Kind.VARIABLE ? value.name.value : undefined;
      const written = variable === undefined ? value : defaults.get(variable);
      const known = written?.kind === Kind.BOOLEAN ? written.value : undefined;
      return { holdsIf: name.value === 'include', value: known, variable };
    });
  }

  interface Around {
    readonly outer: readonly Condition[];
    readonly types: readonly string[];
    readonly path: readonly string[];
  }

  function walk({ selections }: SelectionSetNode, { outer, types, path }: Around): void {
    for (const selection of selections) {
      const conditions = outer.concat(conditionsOf(selection.directives));
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const key = selection.alias?.value ?? name;
        found.push({ key, name, isUpstream: isUpstream(selection), conditions, types });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        walk(selection.selectionSet, { outer: conditions, types: on === undefined ? types : [...types, on], path });
      } else if (!path.includes(selection.name.value)) {
        const fragment = fragments.get(selection.name.value);
        if (!fragment) continue;
        const on = fragment.typeCondition.name.value;
        walk(fragment.selectionSet, {
          outer: conditions,
          types: [...types, on],
          path: [...path, selection.name.value],
        });
      }
    }
  }

  walk(selectionSet, { outer: [], types: [], path: [] });
  return found;
}

/** Whether no @skip, no @include and no fragment for another type leaves the selection out (GraphQL §6.3.2). */
export function isIncluded({ conditions, types }: RootSelection, { variables, schema }: Run): boolean {
  const holds = conditions.every(({ holdsIf, value, variable }) => {
    const isGiven = variable !== undefined && variables !== null && Object.hasOwn(variables, variable);
    return (isGiven ? variables[variable] : value) === holdsIf;
  });
  return holds && types.every((type) => isTypeOfRoot(type, schema));
}

function isTypeOfRoot(name: string, schema: GraphQLSchema): boolean {
  const root = schema.getQueryType();
  if (!root || root.name === name) return true;
  const type = schema.getType(name);
  // What this caller's view of the schema does not have cannot be judged.
  return type === undefined || (isAbstractType(type) && schema.isSubType(type, root));
}
