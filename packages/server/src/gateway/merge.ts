import type { SplitPlan } from './plan.js';
import { isIncluded, type Run } from './root-order.js';

/** An answer as GraphQL §7 has it, ready to be written as JSON. */
export interface Answer {
  readonly errors?: readonly unknown[];
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The two parts of an answer as one, with the keys in the order of the caller's document. Where one side's
 * data is null because something at its root was null that must not be, the whole is null (GraphQL §6.4.4).
 */
export function mergeAnswers(plan: SplitPlan, run: Run, own: Answer, upstream: Answer): Answer {
  const errors = [...(own.errors ?? []), ...(withoutLocations(upstream).errors ?? [])];
  const data = own.data && upstream.data ? mergeData(plan, run, own.data, upstream.data) : null;
  return {
    ...(errors.length > 0 && { errors }),
    data,
    ...(upstream.extensions && { extensions: upstream.extensions }),
  };
}

/** Less the lines and columns of the document that was made for the upstream: in the caller's, they are wrong. */
export function withoutLocations(answer: Answer): Answer {
  if (!answer.errors) return answer;
  const errors = answer.errors.map((error) => {
    const { locations, ...rest } = error as { readonly locations?: unknown };
    return rest;
  });
  return { ...answer, errors };
}

function mergeData(
  plan: SplitPlan,
  run: Run,
  own: Readonly<Record<string, unknown>>,
  upstream: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // No prototype: "__proto__" is a fine alias.
  const data: Record<string, unknown> = Object.create(null);
  for (const selection of plan.order) {
    const { key, isUpstream } = selection;
    const side = isUpstream ? upstream : own;
    // A skipped field has no key.
    if (Object.hasOwn(side, key) && isIncluded(selection, run)) data[key] = side[key];
  }
  return data;
}
