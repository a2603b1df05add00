import { type ConstValueNode, type DirectiveNode, Kind } from 'graphql';

/** What may carry directives in a schema that was read from SDL. */
export interface Annotated {
  readonly astNode?: { readonly directives?: readonly DirectiveNode[] } | null | undefined;
  readonly extensionASTNodes?: readonly { readonly directives?: readonly DirectiveNode[] }[] | null | undefined;
}

/** `@listSize` as the schema has it. */
export interface ListSize {
  readonly assumedSize: number | undefined;
  /** Paths to arguments: "first", or "filter.first" for a field of an input object. */
  readonly slicingArguments: readonly string[];
  readonly sizedFields: readonly string[];
}

/**
 * The weight that `@cost` gives; undefined without one, or with one that is no number. The specification
 * (GraphQL Cost Directives) writes it as a text, others as a number. Below zero counts for zero: no field makes another cheaper.
 */
export function readWeight(annotated: Annotated): number | undefined {
  const value = argument(find(annotated, 'cost'), 'weight');
  if (value?.kind !== Kind.STRING && value?.kind !== Kind.INT && value?.kind !== Kind.FLOAT) return undefined;
  const weight = value.value.trim() === '' ? Number.NaN : Number(value.value);
  return Number.isNaN(weight) ? undefined : Math.max(0, weight);
}

export function readListSize(annotated: Annotated): ListSize | undefined {
  const directive = find(annotated, 'listSize');
  if (!directive) return undefined;
  const assumed = argument(directive, 'assumedSize');
  return {
    assumedSize: assumed?.kind === Kind.INT ? Math.max(0, Number(assumed.value)) : undefined,
    slicingArguments: texts(argument(directive, 'slicingArguments')),
    sizedFields: texts(argument(directive, 'sizedFields')),
  };
}

function find({ astNode, extensionASTNodes }: Annotated, name: string): DirectiveNode | undefined {
  for (const node of [astNode, ...(extensionASTNodes ?? [])]) {
    const found = node?.directives?.find((directive) => directive.name.value === name);
    if (found) return found;
  }
  return undefined;
}

function argument(directive: DirectiveNode | undefined, name: string): ConstValueNode | undefined {
  return directive?.arguments?.find((each) => each.name.value === name)?.value as ConstValueNode | undefined;
}

/** A list of texts, or one text, which means a list of it (GraphQL §3.11). */
function texts(value: ConstValueNode | undefined): readonly string[] {
  if (value?.kind === Kind.STRING) return [value.value];
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}
