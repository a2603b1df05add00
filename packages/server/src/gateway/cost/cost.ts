import {
  type FieldNode,
  type GraphQLNamedType,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Fragments, Variables } from '../document.js';
import { readWeight } from './directives.js';
import { type Dynamic, type Expression, maximum, product, sum } from './expression.js';
import type { FieldFacts, SchemaFacts } from './facts.js';
import { sizeOf, type VariableDefaults } from './list-size.js';

/** What an operation costs: a number, or a function of the variables where these decide. */
export type Cost = number | ((variables: Variables) => number);

/** What the cost of an operation depends on besides itself. */
export interface CostRules {
  readonly facts: SchemaFacts;
  /** How many objects a list has of which nothing is known. */
  readonly listSize: number;
  /** Whether a field at the root is one of the upstream's: ours cost it nothing. */
  isUpstream(field: string): boolean;
}

/** Where `@cost` does not say: a mutation is dearer than a look. */
const mutationWeight = 10;

/** What a set of selections costs: `fixed`, and `open` once for each object of the list that the field above sizes. */
interface SetCost {
  readonly fixed: Expression;
  readonly open: Expression;
}

const free: SetCost = { fixed: 0, open: 0 };

/**
 * The cost of an operation by the GraphQL Cost Directives, never less than what it can cost: of the types that an
 * object can have the dearest is taken, and what `@skip` may leave out counts. In one walk of the document: a fragment is
 * computed once, for a document as for a request, however often it is spread.
 */
export function costOf(operation: OperationDefinitionNode, fragments: Fragments, rules: CostRules): Cost {
  const { facts, listSize } = rules;
  const { schema } = facts;
  const root = schema.getRootType(operation.operation) ?? undefined;
  const defaults: VariableDefaults = defaultsOf(operation);
  /** Undefined while it is computed: one that is in itself is refused by validation. */
  const known = new Map<string, SetCost | undefined>();
  /** What fragments cost for the variables of a request, each after those that it spreads. */
  const steps: Dynamic[] = [];

  function costOfSet({ selections }: SelectionSetNode, parent: GraphQLNamedType | undefined): SetCost {
    const always: SetCost[] = [];
    let byType: Map<string, SetCost[]> | undefined;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const cost = selection.name.value === '__typename' ? free : costOfField(selection, parent);
        if (cost !== free) always.push(cost);
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = isSpread ? fragments.get(selection.name.value) : selection;
      if (!fragment) continue;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : schema.getType(condition);
      const cost = isSpread ? costOfFragment(selection.name.value, type) : costOfSet(fragment.selectionSet, type);
      if (type === undefined || type === parent || isAbstractType(type)) always.push(cost);
      else {
        byType ??= new Map();
        const others = byType.get(type.name);
        if (others) others.push(cost);
        else byType.set(type.name, [cost]);
      }
    }
    if (!byType) return always.length === 0 ? free : add(always);
    // An object is of one type: only one of these can be what it is.
    const either = [...byType.values()].map(add);
    return add([...always, { fixed: maximum(either.map(fixedOf)), open: maximum(either.map(openOf)) }]);
  }

  function costOfFragment(name: string, type: GraphQLNamedType | undefined): SetCost {
    if (known.has(name)) return known.get(name) ?? free;
    const fragment = fragments.get(name);
    if (!fragment) return free;
    known.set(name, undefined);
    const { fixed, open } = costOfSet(fragment.selectionSet, type);
    const cost = { fixed: once(fixed), open: once(open) };
    known.set(name, cost);
    return cost;
  }

  /** Computed once for a request, however often it is read. */
  function once(expression: Expression): Expression {
    if (typeof expression === 'number') return expression;
    const index = steps.push(expression) - 1;
    return ({ computed }) => computed[index] as number;
  }

  function costOfField(node: FieldNode, parent: GraphQLNamedType | undefined): SetCost {
    const name = node.name.value;
    if (parent !== undefined && parent === root && !rules.isUpstream(name)) return free;
    const found = parent && facts.field(parent, name);
    const below = node.selectionSet ? costOfSet(node.selectionSet, found?.type) : free;
    // Validation refuses it, the upstream's if not ours; or the schema is older than the field.
    if (!found) return { fixed: sum([1, closed(below, listSize)]), open: 0 };
    const isMutation = operation.operation === 'mutation' && parent === root;
    const weight = found.weight ?? (isMutation ? mutationWeight : undefined);
    const call = (weight ?? 0) + costOfArguments(node, found);
    // Most fields: a text or a number.
    if (call === 0 && found.typeWeight === 0 && below === free) return free;
    const size = sizeOf(node, found, defaults, listSize);
    if (found.lists === 0) {
      // A connection: it is one object, and its lists are as long as its arguments say.
      const object = found.weight === undefined ? found.typeWeight : 0;
      return { fixed: sum([call, object, closed(below, size)]), open: 0 };
    }
    const each = sum([found.typeWeight, closed(below, listSize)]);
    const items = product(listSize ** (found.lists - 1), each);
    if (found.isSizedFromAbove) return { fixed: call, open: items };
    return { fixed: sum([call, product(size, items)]), open: 0 };
  }

  const total = closed(costOfSet(operation.selectionSet, root), listSize);
  if (typeof total === 'number') return total;
  return (variables) => {
    const frame = { variables, computed: [] as number[] };
    for (const step of steps) frame.computed.push(step(frame));
    return total(frame);
  };
}

/** Where the lists that were left open have `size` objects. */
function closed({ fixed, open }: SetCost, size: Expression): Expression {
  return sum([fixed, product(size, open)]);
}

function add(costs: readonly SetCost[]): SetCost {
  const [only] = costs;
  if (only && costs.length === 1) return only;
  return { fixed: sum(costs.map(fixedOf)), open: sum(costs.map(openOf)) };
}

const fixedOf = ({ fixed }: SetCost) => fixed;
const openOf = ({ open }: SetCost) => open;

function costOfArguments({ arguments: given = [] }: FieldNode, { field }: FieldFacts): number {
  if (given.length === 0) return 0;
  const weighted = field.args.map((argument) => ({ name: argument.name, weight: readWeight(argument) ?? 0 }));
  return weighted.reduce((total, { name, weight }) => {
    return given.some((argument) => argument.name.value === name) ? total + weight : total;
  }, 0);
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): VariableDefaults {
  return new Map(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, defaultValue] as const] : [],
    ),
  );
}
