import type { Variables } from '../document.js';

/** What an expression reads: the variables, and what was computed before it. */
export interface Frame {
  readonly variables: Variables;
  readonly computed: number[];
}

export type Dynamic = (frame: Frame) => number;

/** A number that is known from the document alone, or one that a request's variables decide. Never negative. */
export type Expression = number | Dynamic;

/** Beyond every limit; what is larger counts for this, so that nothing becomes infinite or NaN. */
export const most = 1e15;

const bound = (value: number) => (value < most ? value : most);

/** As one function of any number of terms, not a tower of them: that would end at the end of the stack. */
export function sum(terms: readonly Expression[]): Expression {
  let constant = 0;
  const dynamic: Dynamic[] = [];
  for (const term of terms) {
    if (typeof term === 'number') constant = bound(constant + term);
    else dynamic.push(term);
  }
  if (dynamic.length === 0) return constant;
  const [only] = dynamic;
  if (only && dynamic.length === 1 && constant === 0) return only;
  return (frame) => {
    let total = constant;
    for (const term of dynamic) total += term(frame);
    return bound(total);
  };
}

export function product(a: Expression, b: Expression): Expression {
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number') return typeof b === 'number' ? bound(a * b) : (frame) => bound(a * b(frame));
  return typeof b === 'number' ? (frame) => bound(a(frame) * b) : (frame) => bound(a(frame) * b(frame));
}

export function maximum(terms: readonly Expression[]): Expression {
  let constant = 0;
  const dynamic: Dynamic[] = [];
  for (const term of terms) {
    if (typeof term === 'number') constant = Math.max(constant, term);
    else dynamic.push(term);
  }
  if (dynamic.length === 0) return constant;
  return (frame) => {
    let largest = constant;
    for (const term of dynamic) largest = Math.max(largest, term(frame));
    return largest;
  };
}

/** `value`, or `otherwise` where it is 0. */
export function or(value: Expression, otherwise: number): Expression {
  if (typeof value === 'number') return value || otherwise;
  return (frame) => value(frame) || otherwise;
}
