import { type DirectiveNode, type DocumentNode, parse, visit } from 'graphql';
import { findOperation, fragmentsOf } from './document.js';
import { extractPart } from './split.js';

const names = new Set(['defer', 'stream']);

/** Whether it lets an answer come in parts. Where an answer is read whole, it is not asked for: some servers refuse then. */
export function isStreaming({ name }: DirectiveNode): boolean {
  return names.has(name.value);
}

/** A document of one operation without these directives, and without the variables that only they have used (GraphQL §5.8.4). */
export function withoutStreaming(document: DocumentNode): DocumentNode {
  const freed = new Set<string>();
  const left = visit(document, {
    Directive(node) {
      if (!isStreaming(node)) return undefined;
      for (const name of listVariables(node)) freed.add(name);
      return null;
    },
  });
  if (freed.size === 0) return left;
  const used = listVariables(left);
  return visit(left, {
    VariableDefinition: ({ variable: { name } }) => (freed.has(name.value) && !used.has(name.value) ? null : false),
  });
}

/** The same of one operation of a text, which has been parsed before; undefined where there is nothing of the kind in it. */
export function findWithoutStreaming(text: string, operationName: string | null): DocumentNode | undefined {
  if (!text.includes('defer') && !text.includes('stream')) return undefined;
  const document = parse(text, { noLocation: true });
  const part = extractPart(findOperation(document, operationName), fragmentsOf(document), () => true);
  const left = withoutStreaming(part);
  return left === part ? undefined : left;
}

function listVariables(node: DocumentNode | DirectiveNode): ReadonlySet<string> {
  const variables = new Set<string>();
  visit(node, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      variables.add(name.value);
    },
  });
  return variables;
}
