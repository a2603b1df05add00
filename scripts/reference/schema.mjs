import { parse, print } from 'graphql';
import { code, prose, table } from './markdown.mjs';

/** The page on the operations of Latchkey; takes its SDL. */
export function renderSchema(sdl) {
  const sections = parse(sdl).definitions.map(renderType);
  return [intro, ...sections].join('\n\n');
}

const intro = `# GraphQL schema

What Latchkey adds to the endpoint, beside what the API behind it has. The provider can give any of these another name
with the setting [rename](config.md#rename).`;

const kinds = {
  ObjectTypeDefinition: 'type',
  InputObjectTypeDefinition: 'input',
  EnumTypeDefinition: 'enum',
  ScalarTypeDefinition: 'scalar',
  InterfaceTypeDefinition: 'interface',
  UnionTypeDefinition: 'union',
};

function renderType(definition) {
  const kind = kinds[definition.kind];
  if (kind === undefined)
    throw new Error(
      `The page on the schema cannot show a ${definition.kind} yet: extend scripts/reference/schema.mjs.`,
    );
  const rows = (definition.fields ?? definition.values ?? []).flatMap(renderField);
  const parts = [
    `## ${kind} ${definition.name.value}`,
    textOf(definition),
    rows.length > 0 && table(['Field', 'Type', ''], rows),
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** A row for the field, then one for each of its arguments. */
function renderField({ name, type, arguments: args = [], description }) {
  const own = [code(name.value), type ? code(print(type)) : '', textOf({ description })];
  const argument = (arg) => [`— argument ${code(arg.name.value)}`, code(withDefault(arg)), textOf(arg)];
  return [own, ...args.map(argument)];
}

function withDefault({ type, defaultValue }) {
  return defaultValue ? `${print(type)} = ${print(defaultValue)}` : print(type);
}

function textOf({ description }) {
  return prose(description?.value ?? '');
}
