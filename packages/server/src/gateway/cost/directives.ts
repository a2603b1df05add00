import { type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql';
import { directivesOf, type Written } from '../written.js';

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
export function readWeight(written: Written): number | undefined {
  const value = argument(find(written, 'cost'), 'weight');
  if (value?.kind !== Kind.STRING && value?.kind !== Kind.INT && value?.kind !== Kind.FLOAT) return undefined;
  const weight = value.value.trim() === '' ? Number.NaN : Number(value.value);
  return Number.isNaN(weight) ? undefined : Math.max(0, weight);
}

export function readListSize(written: Written): ListSize | undefined {
  const directive = find(written, 'listSize');
  if (!directive) return undefined;
  const assumed = argument(directive, 'assumedSize');
  return {
    assumedSize: assumed?.kind === Kind.INT ? Math.max(0, Number(assumed.value)) : undefined,
    slicingArguments: texts(argument(directive, 'slicingArguments')),
    sizedFields: texts(argument(directive, 'sizedFields')),
  };
}

function find(written: Written, name: string): ConstDirectiveNode | undefined {
  return directivesOf(written).find((directive) => directive.name.value === name);
}

function argument(directive: ConstDirectiveNode | undefined, name: string): ConstValueNode | undefined {
  return directive?.arguments?.find((each) => each.name.value === name)?.value;
}

/** A list of texts, or one text, which means a list of it (GraphQL §3.11). */
function texts(value: ConstValueNode | undefined): readonly string[] {
  if (value?.kind === Kind.STRING) return [value.value];
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}
