import { type GraphQLNamedType, type GraphQLSchema, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { nearest } from '../../lib/nearest.js';
import { rootAliases, typesOf } from './policy.js';
import { type Pattern, parseRules, type Rules } from './rules.js';

/** A coordinate of the configuration that nothing in the schema has. */
export interface UnknownCoordinate {
  readonly coordinate: string;
  readonly nearest: string | undefined;
  /** One line for the operator. */
  readonly message: string;
}

/** The patterns that match nothing: each is a rule that somebody believes in and that does not hold. */
export function findUnknownCoordinates(rules: Rules, schema: GraphQLSchema): readonly UnknownCoordinate[] {
  const aliases = rootAliases(schema);
  // Rules are about what is read: one for an input type would hold for nothing.
  const types = typesOf(schema).filter((type) => !isInputObjectType(type));
  const names = types.flatMap((type) => (aliases.get(type.name) ?? [type.name]).map((name) => ({ name, type })));
  const unknown = parseRules(rules).filter((pattern) => !names.some(({ name, type }) => matches(pattern, name, type)));
  return unknown.map(({ text, type, field }) => {
    const ofType = field && names.filter(({ name }) => type.matches(name));
    const candidates = ofType
      ? (ofType.length > 0 ? ofType : names).flatMap((each) =>
          fieldsOf(each.type).map((name) => `${each.name}.${name}`),
        )
      : names.map(({ name }) => name);
    const near = text.includes('*') ? undefined : nearest(text, candidates);
    const meant = near ? ` Did you mean ${near}?` : '';
    const what = text.includes('*')
      ? `Nothing in the schema of the upstream matches ${text}.`
      : `The schema of the upstream has no ${text}${isInputObjectType(schema.getType(text)) ? ' that is read: it is an input type' : ''}.`;
    return { coordinate: text, nearest: near, message: what + meant };
  });
}

function matches({ type: typePart, field }: Pattern, name: string, type: GraphQLNamedType): boolean {
  return typePart.matches(name) && (!field || fieldsOf(type).some((each) => field.matches(each)));
}

function fieldsOf(type: GraphQLNamedType): readonly string[] {
  return isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
}
