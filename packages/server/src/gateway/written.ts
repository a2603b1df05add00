import type { ConstDirectiveNode } from 'graphql';

interface Annotated {
  readonly directives?: readonly ConstDirectiveNode[];
}

/** A part of a schema that was read from SDL: only that has directives. */
export interface Written {
  readonly astNode?: Annotated | null | undefined;
  readonly extensionASTNodes?: readonly Annotated[] | null | undefined;
}

/** The directives that stand at a part of a schema and at its extensions. */
export function directivesOf({ astNode, extensionASTNodes }: Written): readonly ConstDirectiveNode[] {
  return [astNode, ...(extensionASTNodes ?? [])].flatMap((node) => node?.directives ?? []);
}
