import { type DirectiveNode, type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import type { Fragments } from './root-fields.js';

/** A field at the root as often as the document has it, each time with the conditions that it stands under. */
export interface RootSelection {
  readonly key: string;
  readonly name: string;
  readonly isUpstream: boolean;
  readonly conditions: readonly Condition[];
}

/** An `@skip` or `@include`: whether it holds where its `if` is true, and the value or the variable of that. */
interface Condition {
  readonly holdsIf: boolean;
  readonly value: boolean | undefined;
  readonly variable: string | undefined;
}

type Variables = Readonly<Record<string, unknown>> | null;

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

  function walk({ selections }: SelectionSetNode, outer: readonly Condition[], path: readonly string[]): void {
    for (const selection of selections) {
      const conditions = outer.concat(conditionsOf(selection.directives));
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const key = selection.alias?.value ?? name;
        found.push({ key, name, isUpstream: isUpstream(selection), conditions });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet, conditions, path);
      } else if (!path.includes(selection.name.value)) {
        const fragment = fragments.get(selection.name.value);
        if (fragment) walk(fragment.selectionSet, conditions, [...path, selection.name.value]);
      }
    }
  }

  walk(selectionSet, [], []);
  return found;
}

/** Whether no @skip and no @include leaves the selection out, with these variables. */
export function isIncluded({ conditions }: RootSelection, variables: Variables): boolean {
  return conditions.every(({ holdsIf, value, variable }) => {
    const isGiven = variable !== undefined && variables !== null && Object.hasOwn(variables, variable);
    return (isGiven ? variables[variable] : value) === holdsIf;
  });
}
