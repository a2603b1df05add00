import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { UpstreamPart } from '../plan.js';
import { listUses } from '../split.js';
import { isStreaming } from '../streaming.js';
import { type Analysis, conditionOf, returnedType } from './analyse.js';
import type { Access } from './needs.js';
import type { Policy } from './policy.js';

/** What the upstream is asked in place of what the caller wrote. */
export interface Cut {
  /** Undefined where nothing of it is left. */
  readonly part: UpstreamPart | undefined;
  /** The key under which each object of an abstract type says what it is. */
  readonly typeKey: string;
}

/** Leaves out what the caller may not have, so that the upstream never hears of it. */
export function cutDocument(analysis: Analysis, policy: Policy, access: Access): Cut {
  const { operation, root } = analysis;
  const typeKey = unusedKey(analysis);
  const fragments = new Map<string, FragmentDefinitionNode | undefined>();

  function cut({ selections }: SelectionSetNode, type: GraphQLNamedType): SelectionNode[] {
    return selections.flatMap((selection): SelectionNode | [] => {
      if (selection.kind === Kind.FIELD) return cutField(selection, type) ?? [];
      const directives = withoutStreaming(selection.directives);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return cutFragment(selection.name.value) ? { ...selection, directives } : [];
      }
      const inner = conditionOf(policy, selection.typeCondition?.name.value, type);
      const left = cut(selection.selectionSet, inner);
      return left.length > 0 ? { ...selection, directives, selectionSet: setOf(left) } : [];
    });
  }

  function cutField(node: FieldNode, type: GraphQLNamedType): FieldNode | undefined {
    const need = analysis.needs.get(node);
    if (need && !access.meets(need)) return undefined;
    const directives = withoutStreaming(node.directives);
    const returned = returnedType(type, node.name.value);
    if (!node.selectionSet || !returned) return { ...node, directives };
    const left = cut(node.selectionSet, returned);
    if (left.length === 0 || isAbstractType(returned)) left.push(typeField(typeKey));
    return { ...node, directives, selectionSet: setOf(left) };
  }

  /** Undefined where nothing is left of it. A fragment is never in itself: the document has been validated. */
  function cutFragment(name: string): FragmentDefinitionNode | undefined {
    const fragment = analysis.fragments.get(name);
    if (!fragment || fragments.has(name)) return fragments.get(name);
    const left = cut(fragment.selectionSet, conditionOf(policy, fragment.typeCondition.name.value, root));
    const whole = left.length > 0 ? { ...fragment, selectionSet: setOf(left) } : undefined;
    fragments.set(name, whole);
    return whole;
  }

  const selectionSet = setOf(cut(operation.selectionSet, root));
  const whole = [...fragments.values()].filter((fragment) => fragment !== undefined);
  const left = { ...operation, selectionSet };
  return { part: asksForData(left, fragments) ? partOf(left, whole) : undefined, typeKey };
}

/** Whether there is more at the root than `__typename`, which needs nobody to be asked. */
function asksForData(
  { selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode | undefined>,
): boolean {
  const visited = new Set<string>();
  const has = ({ selections }: SelectionSetNode): boolean =>
    selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
      if (selection.kind === Kind.INLINE_FRAGMENT) return has(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      if (!fragment || visited.has(selection.name.value)) return false;
      visited.add(selection.name.value);
      return has(fragment.selectionSet);
    });
  return has(selectionSet);
}

/** With the fragments and variables that are still used, and no others (GraphQL §5.8.4). */
function partOf(operation: OperationDefinitionNode, fragments: readonly FragmentDefinitionNode[]): UpstreamPart {
  const used = listUses(operation, new Map(fragments.map((fragment) => [fragment.name.value, fragment])));
  const isUsed = (name: string) => used.variables.has(name);
  const variableDefinitions =
    operation.variableDefinitions?.filter(({ variable }) => isUsed(variable.name.value)) ?? [];
  const definitions = [
    { ...operation, variableDefinitions },
    ...fragments.filter(({ name }) => used.fragments.has(name.value)),
  ];
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions };
  return { query: print(document), variables: variableDefinitions.map(({ variable }) => variable.name.value) };
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}

function typeField(key: string): FieldNode {
  return {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: key },
    name: { kind: Kind.NAME, value: '__typename' },
  };
}

/** The answer is read whole. */
function withoutStreaming(directives: readonly DirectiveNode[] = []): readonly DirectiveNode[] {
  return directives.filter((directive) => !isStreaming(directive));
}

/** A key that no field of the caller's has. */
function unusedKey({ operation, fragments }: Analysis): string {
  const used = new Set<string>();
  for (const definition of [operation, ...fragments.values()]) {
    visit(definition, {
      Field: ({ alias, name }) => {
        used.add(alias?.value ?? name.value);
      },
    });
  }
  let key = 'latchkeyType';
  while (used.has(key)) key += '_';
  return key;
}
