import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Fragments, fragmentsOf } from '../document.js';
import type { Need } from './needs.js';
import type { Policy } from './policy.js';

/** What the upstream's part of an operation needs. */
export interface Analysis {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  /** The type that the operation starts at. */
  readonly root: GraphQLNamedType;
  /** Of each field that needs something. A fragment has one type condition, so the way to it makes no difference. */
  readonly needs: ReadonlyMap<FieldNode, Need>;
  /** The needs of all fields. */
  readonly all: ReadonlySet<Need>;
  /** The needs of types that may turn out to stand behind an abstract one. */
  readonly behind: ReadonlySet<Need>;
}

/** `document` is one operation with its fragments, and fits the policy's schema. Each fragment is looked at once. */
export function analyseDocument(document: DocumentNode, policy: Policy): Analysis {
  const { schema } = policy;
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) throw new TypeError('The document has no operation of the schema.');
  const fragments = fragmentsOf(document);
  const needs = new Map<FieldNode, Need>();
  const all = new Set<Need>();
  const behind = new Set<Need>();

  function walk({ selections }: SelectionSetNode, type: GraphQLNamedType): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) look(selection, type);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet, conditionOf(policy, selection.typeCondition?.name.value, type));
      }
    }
  }

  function look(node: FieldNode, type: GraphQLNamedType): void {
    const name = node.name.value;
    if (name === '__typename') return;
    // The query root can be reached from below, and introspection there would be the upstream's own, of everything.
    const need = name.startsWith('__') ? policy.denied : policy.needOfField(type.name, name);
    all.add(need);
    if (need !== policy.nothing) needs.set(node, need);
    const returned = returnedType(type, name);
    if (!returned || !node.selectionSet) return;
    if (isAbstractType(returned)) for (const each of policy.needsBehind(returned.name)) behind.add(each);
    walk(node.selectionSet, returned);
  }

  walk(operation.selectionSet, root);
  for (const fragment of fragments.values())
    walk(fragment.selectionSet, conditionOf(policy, fragment.typeCondition.name.value, root));
  return { operation, fragments, root, needs, all, behind };
}

/** The type that the selections of a fragment are asked through. */
export function conditionOf(
  { schema }: Policy,
  condition: string | undefined,
  outer: GraphQLNamedType,
): GraphQLNamedType {
  return (condition === undefined ? undefined : schema.getType(condition)) ?? outer;
}

/** What a field answers with, less lists and `!`; undefined for one that is not there, and for introspection. */
export function returnedType(type: GraphQLNamedType, field: string): GraphQLNamedType | undefined {
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const definition = type.getFields()[field];
  return definition && getNamedType(definition.type);
}
